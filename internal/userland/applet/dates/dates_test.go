package dates

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// All letters, against GNU date.
func TestAppendAsDate(t *testing.T) {
	const letters = "aAbBcCdDeFgGhHIjklmMNnpPrRsStTuUVwWxXyYzZ%"
	var format strings.Builder
	for _, flags := range []string{"", "-", "_", "0", "^", "5", "_9", "012"} {
		for _, c := range letters {
			if c == 'N' && flags != "" || strings.ContainsRune("ntz%pPDsc", c) && flags != "" {
				continue
			}
			format.WriteString("[%" + flags + string(c) + "]")
		}
	}
	for _, tz := range []string{"UTC", "Europe/Berlin", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0545>-5:45"} {
		for _, at := range []string{"0", "1700000000", "951782400", "1720000001", "-1", "1483228799"} {
			cmd := exec.Command("date", "-d", "@"+at, "+"+format.String())
			cmd.Env = []string{"TZ=" + tz, "LC_ALL=C"}
			want, err := cmd.Output()
			if err != nil {
				t.Skip("no GNU date")
			}
			moment, _ := Parse("@"+at, time.Now())
			got := Format(format.String(), moment.In(Zone(tz))) + "\n"
			if got != string(want) {
				g, w := strings.Split(got, "]"), strings.Split(string(want), "]")
				f := strings.Split(format.String(), "]")
				for i := range min(len(g), len(w)) {
					if g[i] != w[i] {
						t.Errorf("%s @%s %s: got %q, want %q", tz, at, f[i], g[i], w[i])
					}
				}
			}
		}
	}
}

func TestParse(t *testing.T) {
	zone := Zone("Europe/Berlin")
	base := time.Date(2024, 2, 3, 4, 5, 6, 0, zone)
	for text, want := range map[string]string{
		"12:34":                     "2024-02-03 12:34:06 +0100",
		"12:34:56":                  "2024-02-03 12:34:56 +0100",
		"07.08-12:34":               "2024-07-08 12:34:06 +0200",
		"1999.07.08-12:34:01":       "1999-07-08 12:34:01 +0200",
		"Jul 8 12:34:01 1999":       "1999-07-08 12:34:01 +0200",
		"2001-12-31 23:59":          "2001-12-31 23:59:06 +0100",
		"2001-12-31 23:59:58 +0000": "2002-01-01 00:59:58 +0100",
		"2001-12-31 23:59 -03:30":   "2002-01-01 04:29:06 +0100",
		"2001-12-31 05":             "2001-12-31 05:05:06 +0100",
		"2001-12-31":                "2001-12-31 04:05:06 +0100",
		"@0":                        "1970-01-01 01:00:00 +0100",
		"59":                        "2024-02-03 04:59:00 +0100",
		"0102.03":                   "2024-02-03 01:02:03 +0100",
		"12310102":                  "2024-12-31 01:02:00 +0100",
		"7612310102":                "1976-12-31 01:02:00 +0100",
		"7312310102":                "2073-12-31 01:02:00 +0100",
		"199912310102.60":           "1999-12-31 01:03:00 +0100",
	} {
		got, ok := Parse(text, base)
		if s := Format("%F %T %z", got); !ok || s != want {
			t.Errorf("%q: %s, not %s", text, s, want)
		}
	}
	for _, bad := range []string{"", "x", "1", "123", "20180923", "12:34:", "@", "@x", "99", "2001-13-01", "0102.0x", " 102", "12:34 x"} {
		if got, ok := Parse(bad, base); ok {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestBy(t *testing.T) {
	base := time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ format, text, want, rest string }{
		{"%d/%b/%y %I:%M %p", "5/August/99 12:30 am x", "1999-08-05 00:30:00", " x"},
		{"%s", "86400", "1970-01-02 00:00:00", ""},
		{"%Y %j", "2024 366", "2024-12-31 00:00:00", ""},
		{"%A %D", "friday 01/02/03", "2003-01-02 00:00:00", ""},
		{"%C%y", "1850", "1850-02-03 00:00:00", ""},
	} {
		got, rest, ok := By(c.format, c.text, base)
		if s := Format("%F %T", got); !ok || s != c.want || rest != c.rest {
			t.Errorf("%q: %s %q %v", c.text, s, rest, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2001-12-31 23:59 -03:30", "%s %Y %z")
	f.Add("@12", "%10%")
	f.Fuzz(func(t *testing.T, text, format string) {
		base := time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC)
		Parse(text, base)
		By(format, text, base)
		Format(format, base)
		Zone(text)
	})
}
