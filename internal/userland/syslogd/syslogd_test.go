package syslogd

import (
	"strconv"
	"strings"
	"testing"

	"bantam/internal/userland/applet/syslog"
)

func TestPriority(t *testing.T) {
	for m, want := range map[string]string{
		"<13>x": "13 x", "x": "7 x", "<>x": "7 x", "<1024>x": "7 x", "<5x": "5 x", "<191><3>": "191 <3>", "<": "7 ", "<99999999999999999999>y": "7 y",
	} {
		n, text := priorityOf(m, 7)
		if got := strconv.Itoa(n) + " " + text; got != want {
			t.Errorf("%q: %q, want %q", m, got, want)
		}
	}
	for n, want := range map[int]string{0: "kern.emerg", 13: "user.notice", 191: "local7.debug", 12 << 3: "<96>", 24 << 3: "<192>", 1023: "<1023>"} {
		if got := syslog.Name(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestKernelLines(t *testing.T) {
	var got []string
	send := func(priority int, text string) { got = append(got, strconv.Itoa(priority)+" "+text) }
	rest := kernelLines([]byte("<4>[ 0.1] one\n\nno priority\n<30>user\n<6>par"), 100, send)
	rest = kernelLines(append(rest, "t\n"...), 100, send)
	rest = kernelLines(append(rest, strings.Repeat("x", 10)...), 10, send)
	want := "4 [ 0.1] one|6 no priority|30 user|6 part|6 xxxxxxxxxx"
	if strings.Join(got, "|") != want || len(rest) != 0 {
		t.Errorf("%q, rest %q", got, rest)
	}
}

func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		"kern.err":         "kern.emerg kern.err",
		"*.=info":          "mail.info",
		"mail.*;mail.!err": "mail.info",
		"*.*;mail.none":    "kern.emerg kern.err kern.debug",
		"kern.!=err":       "",
		"*.*;kern.!=err":   "kern.emerg kern.debug mail.info mail.err",
		"kern,mail.err":    "kern.emerg kern.err mail.err",
		"mark.*":           "",
		"kern":             "bad",
		"x.err":            "bad",
		"kern.x":           "bad",
		"kern.err;":        "bad",
	} {
		r := rule{}
		got := "bad"
		if r.parse(text) {
			got = ""
			for _, p := range []int{0, 3, 7, 22, 19} {
				if r.wants(p) {
					got = strings.TrimSpace(got + " " + syslog.Name(p))
				}
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// What is read is always the end of what was put, in whole messages.
func TestOldest(t *testing.T) {
	data := make([]byte, 64)
	tail, written := 0, ""
	put := func(text string) {
		for _, b := range append([]byte(text), 0) {
			data[tail] = b
			tail = (tail + 1) % len(data)
		}
		written += text
	}
	for i := range 500 {
		put(strings.Repeat("m", i%13) + strconv.Itoa(i) + "\n")
		from := oldest(data, tail)
		var got []byte
		for at := from; at != tail; at = (at + 1) % len(data) {
			if data[at] != 0 {
				got = append(got, data[at])
			}
		}
		if !strings.HasSuffix(written, string(got)) || i > 10 && len(got) < 20 {
			t.Fatalf("after %d: %q of %q", i, got, written[max(0, len(written)-70):])
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add("<13>Jan  1 00:00:00 x: y", "kern.err;*.=info")
	f.Fuzz(func(t *testing.T, m, selectors string) {
		n, text := priorityOf(m, 13)
		printable(text)
		r := rule{}
		if r.parse(selectors) {
			r.wants(n)
		}
		kernelLines([]byte(m), 50, func(int, string) {})
	})
}
