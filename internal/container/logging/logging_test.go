package logging

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bantam/internal/container/folder"
)

var id = strings.Repeat("0123456789abcdef", 4)

func info(t *testing.T, c folder.LogConfig) Info {
	t.Helper()
	return Info{
		Record: &folder.Record{ID: id, Name: "hen", Config: folder.Config{Image: "box"}, Host: folder.HostConfig{LogConfig: c}},
		Folder: folder.Folder{Dir: t.TempDir()},
	}
}

func open(t *testing.T, in Info) Log {
	t.Helper()
	l, err := Open(in)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func add(t *testing.T, l Log, e Entry) {
	t.Helper()
	if err := l.Add(&e); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, l Log) {
	t.Helper()
	if err := errors.Join(l.Flush(), l.Close()); err != nil {
		t.Fatal(err)
	}
}

// entries reads a file of the format whole.
func entries(t *testing.T, b []byte, f Format) (list []Entry) {
	t.Helper()
	for len(b) > 0 {
		n, err := f.Split(b)
		if err != nil || n == 0 {
			t.Fatalf("split %.40q: %d, %v", b, n, err)
		}
		var e Entry
		if err := f.Decode(b[:n], &e); err != nil {
			t.Fatal(err)
		}
		list, b = append(list, e), b[n:]
	}
	return list
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var now = time.Unix(1_700_000_000, 123456789)

func TestBothFormatsReadBack(t *testing.T) {
	for _, c := range []folder.LogConfig{{Type: "json-file"}, {Type: "local", MaxFile: 1}} {
		in := info(t, c)
		l := open(t, in)
		want := []Entry{
			{Stream: "stdout", Line: []byte("a \"line\" <&> ü\n"), Time: now},
			{Stream: "stderr", Line: []byte("\n"), Time: now.Add(1)},
			{Stream: "stdout", Line: []byte("half"), Time: now, Part: &Part{ID: "x", Ordinal: 1}},
			{Stream: "stdout", Line: []byte("rest\n"), Time: now, Part: &Part{ID: "x", Ordinal: 2, Last: true}},
		}
		for _, e := range want {
			add(t, l, e)
		}
		finish(t, l)
		f := Local
		if IsJSON(&c) {
			f = JSON
		}
		got := entries(t, read(t, Path(&c, in.Folder)), f)
		if len(got) != len(want) {
			t.Fatalf("%s: %d entries, want %d", c.Type, len(got), len(want))
		}
		for i, g := range got {
			if w := want[i]; g.Stream != w.Stream || string(g.Line) != string(w.Line) || !g.Time.Equal(w.Time) {
				t.Errorf("%s: entry %d is %q %v, want %q", c.Type, i, g.Line, g.Time, w.Line)
			}
		}
	}
}

func TestSameAsEncodingJSON(t *testing.T) {
	for c := range 256 {
		in := []byte{'x', byte(c), 'y'}
		want, _ := json.Marshal(string(in))
		if got := appendJSON(nil, in); string(got) != string(want) {
			t.Errorf("byte %#x: %s, want %s", c, got, want)
		}
	}
}

func TestAttributes(t *testing.T) {
	c := folder.LogConfig{Type: "json-file", Attrs: map[string]string{"tag": "a\"b", "a": "1"}}
	in := info(t, c)
	l := open(t, in)
	add(t, l, Entry{Stream: "stdout", Line: []byte("x\n"), Time: now})
	finish(t, l)
	want := `{"log":"x\n","stream":"stdout","attrs":{"a":"1","tag":"a\"b"},"time":"2023-11-14T22:13:20.123456789Z"}` + "\n"
	if got := string(read(t, in.Folder.Log())); got != want {
		t.Errorf("got %s", got)
	}
}

func TestRotation(t *testing.T) {
	for _, compress := range []bool{false, true} {
		c := folder.LogConfig{Type: "json-file", MaxSize: 300, MaxFile: 3, Compress: compress}
		in := info(t, c)
		l := open(t, in)
		for i := range 12 {
			add(t, l, Entry{Stream: "stdout", Line: []byte(strings.Repeat(string(rune('a'+i)), 40) + "\n"), Time: now})
		}
		finish(t, l)
		files, _ := filepath.Glob(in.Folder.Dir + "/*")
		if len(files) != 3 {
			t.Errorf("compress %v: files %v, want three", compress, files)
		}
		if _, err := os.Stat(in.Folder.Log() + ".2.gz"); (err == nil) != compress {
			t.Errorf("compress %v: %v", compress, files)
		}
		if compress {
			continue
		}
		var all string
		for _, suffix := range []string{".2", ".1", ""} {
			b := read(t, in.Folder.Log()+suffix)
			for _, e := range entries(t, b, JSON) {
				all += string(e.Line[:1])
			}
			if len(b) > 400 {
				t.Errorf("%s has %d bytes", suffix, len(b))
			}
		}
		if !strings.HasSuffix("abcdefghijkl", all) || len(all) < 6 {
			t.Errorf("kept %q, want the newest entries in order", all)
		}
	}
}

// socket listens for datagrams.
func socket(t *testing.T, network, at string) (*net.UnixConn, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), at)
	c, err := net.ListenUnixgram(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, path
}

func packet(t *testing.T, c net.Conn) string {
	t.Helper()
	b := make([]byte, 64<<10)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestSyslogFormats(t *testing.T) {
	c, path := socket(t, "unixgram", "log")
	host, _ := os.Hostname()
	host = regexp.QuoteMeta(host)
	for format, want := range map[string]string{
		"":             `^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d hen\[\d+\]: a line\n$`,
		"rfc3164":      `^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d ` + host + ` hen\[\d+\]: a line\n$`,
		"rfc5424":      `^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) ` + host + ` hen \d+ hen - a line\n$`,
		"rfc5424micro": `^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d) ` + host + ` hen \d+ hen - a line\n$`,
	} {
		l := open(t, info(t, folder.LogConfig{Type: "syslog", Tag: "hen", Config: map[string]string{"syslog-address": "unixgram://" + path, "syslog-format": format}}))
		add(t, l, Entry{Stream: "stdout", Line: []byte("a line\n"), Time: now})
		if got := packet(t, c); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%q: got %q", format, got)
		}
		finish(t, l)
	}
}

func TestSyslogOverTheNetwork(t *testing.T) {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	l := open(t, info(t, folder.LogConfig{Type: "syslog", Config: map[string]string{"syslog-address": "udp://" + udp.LocalAddr().String(), "syslog-facility": "local3"}}))
	add(t, l, Entry{Stream: "stderr", Line: []byte("bad\n"), Time: now})
	if got := packet(t, udp); !strings.HasPrefix(got, "<155>") || !strings.HasSuffix(got, ": bad\n") {
		t.Errorf("got %q", got)
	}
	finish(t, l)

	tcp, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	defer tcp.Close()
	l = open(t, info(t, folder.LogConfig{Type: "syslog", Config: map[string]string{"syslog-address": "tcp://" + tcp.Addr().String()}}))
	conn, err := tcp.Accept()
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, Entry{Stream: "stdout", Line: []byte("no newline"), Time: now})
	if got := packet(t, conn); !strings.HasSuffix(got, ": no newline\n") {
		t.Errorf("got %q", got)
	}
	// The daemon is restarted: one more connection, and nothing lost from then on.
	conn.Close()
	finish(t, l)
}

func TestBadSyslog(t *testing.T) {
	for text, want := range map[string]string{
		"nowhere":           "should be in form proto://address",
		"unix:///no/such":   "no such file",
		"http://1.2.3.4":    "unsupported protocol",
		"tcp+tls://1.2.3.4": "no TLS",
		"udp://1.2.3.4:x":   "invalid port",
		"udp://no.such":     "neither an IP address",
		"tcp://":            "neither an IP address",
	} {
		if _, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if a, err := ParseAddress("udp://[::1]"); err != nil || a.To.String() != "[::1]:514" {
		t.Errorf("%v, %v", a, err)
	}
	if b, err := os.ReadFile("/etc/hosts"); err != nil || !strings.Contains(string(b), "localhost") {
		return // a machine without names
	}
	if a, err := ParseAddress("tcp://localhost:99"); err != nil || a.To.Port() != 99 || !a.To.Addr().IsLoopback() {
		t.Errorf("%v, %v", a, err)
	}
}

func TestJournald(t *testing.T) {
	c, path := socket(t, "unixgram", "socket")
	in := info(t, folder.LogConfig{Type: "journald", Tag: "tag", Attrs: map[string]string{"com.example/a": "1\n2"}})
	j, err := newJournald(in, path)
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, Entry{Stream: "stderr", Line: []byte("a piece"), Time: now, Part: &Part{ID: "p", Ordinal: 1}})
	got := packet(t, c)
	for _, want := range []string{
		"CONTAINER_ID=" + id[:12] + "\n", "CONTAINER_ID_FULL=" + id + "\n", "CONTAINER_NAME=hen\n", "CONTAINER_TAG=tag\n", "SYSLOG_IDENTIFIER=tag\n",
		"IMAGE_NAME=box\n", "PRIORITY=3\n", "COM_EXAMPLE_A\n\x03\x00\x00\x00\x00\x00\x00\x001\n2\n", "CONTAINER_PARTIAL_MESSAGE=true\n",
		"CONTAINER_PARTIAL_ID=p\n", "CONTAINER_LOG_ORDINAL=1\n", "MESSAGE=a piece\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	finish(t, j)
}

// slow is a log that waits until it is let go.
type slow struct {
	Log
	gate chan struct{}
	got  int
}

func (s *slow) Add(*Entry) error { <-s.gate; s.got++; return nil }

func TestRingNeverWaits(t *testing.T) {
	s := &slow{Log: None, gate: make(chan struct{})}
	r := newRing(s, 100)
	for range 1000 {
		if err := r.Add(&Entry{Line: []byte("0123456789")}); err != nil {
			t.Fatal(err)
		}
	}
	close(s.gate)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	// Ten wait; one round more may have been taken out while they came in.
	if s.got < 10 || s.got > 21 {
		t.Errorf("%d entries came through, want about as many as the buffer holds", s.got)
	}
}

func FuzzFormats(f *testing.F) {
	f.Add([]byte("{\"log\":\"x\\n\"}\n"))
	l := &localLog{file: &file{fd: -1}}
	_ = l.Add(&Entry{Stream: "stdout", Line: []byte("x\n"), Time: now, Part: &Part{ID: "a", Ordinal: 1}})
	f.Add(l.buf)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, format := range []Format{JSON, Local} {
			n, err := format.Split(b)
			if err != nil || n == 0 {
				continue
			}
			if n < 0 || n > len(b) {
				t.Fatalf("a record of %d bytes in %d", n, len(b))
			}
			var e Entry
			_ = format.Decode(b[:n], &e)
		}
	})
}

func FuzzAddress(f *testing.F) {
	f.Add("udp://[::1]:514")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParseAddress(text); err == nil && (a.Network == "tcp" || a.Network == "udp") && !a.To.IsValid() {
			t.Errorf("%q is %v", text, a)
		}
	})
}

// Eight bytes at a time gives what one character at a time gives.
func TestAppendJSON(t *testing.T) {
	for c := range 256 {
		for at := range 17 {
			b := []byte(strings.Repeat("a~ z", 5)[:17])
			b[at] = byte(c)
			want, _ := json.Marshal(string(b))
			if got := appendJSON(nil, b); string(got) != string(want) {
				t.Errorf("%q: %s, want %s", b, got, want)
			}
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	l := &jsonLog{file: &file{fd: -1}}
	line := []byte(strings.Repeat("x", 99) + "\n")
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		l.buf = l.buf[:0]
		_ = l.Add(&Entry{Stream: "stdout", Line: line, Time: now})
	}
}

// Entries of empty lines are eighty times as long as these: what waits for Flush is bounded.
func TestBufferIsBounded(t *testing.T) {
	for _, kind := range []string{"json-file", "local"} {
		l := open(t, info(t, folder.LogConfig{Type: kind, MaxFile: 1}))
		for range 100_000 {
			add(t, l, Entry{Stream: "stdout", Line: []byte("\n"), Time: time.Unix(1, 0)})
		}
		var f *file
		switch l := l.(type) {
		case *jsonLog:
			f = l.file
		case *localLog:
			f = l.file
		}
		if cap(f.buf) > 2*maxBuffer {
			t.Errorf("%s keeps %d bytes", kind, cap(f.buf))
		}
		finish(t, l)
	}
}
