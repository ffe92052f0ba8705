package systemd

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

func TestExpandSlice(t *testing.T) {
	for in, want := range map[string]string{
		"-.slice":        "/",
		"a.slice":        "/a.slice",
		"test-a-b.slice": "/test.slice/test-a.slice/test-a-b.slice",
		"user.slice":     "/user.slice",
		"":               "error", ".slice": "error", "a--b.slice": "error", "-a.slice": "error", "a": "error", "../x.slice": "error", "a/b.slice": "error",
	} {
		got, err := ExpandSlice(in)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestSplitPath(t *testing.T) {
	for _, c := range []struct{ path, slice, unit, err string }{
		{"", "system.slice", "bantam-c1.scope", ""},
		{"machine.slice:libpod:abc", "machine.slice", "libpod-abc.scope", ""},
		{"::", "system.slice", "c1.scope", ""},
		{"a.slice:x:y.slice", "a.slice", "y.slice", ""},
		{"/a/b", "", "", "is not SLICE:PREFIX:NAME"},
		{"a.slice:x:../../y", "", "", "invalid unit name"},
		{"../..:x:y", "", "", "invalid slice name"},
	} {
		slice, unit, err := SplitPath(c.path, "c1", false)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v", c.path, err)
			}
			continue
		}
		if slice != c.slice || unit != c.unit || err != nil {
			t.Errorf("%s: got %s %s %v", c.path, slice, unit, err)
		}
	}
}

func TestRangeToBits(t *testing.T) {
	for in, want := range map[string][]byte{"0": {1}, "0-3,7": {0x8f}, "8": {0, 1}, "1, ": {2}, "": nil, "3-1": nil, "x": nil, "9999": nil, "0,2,": {5}} {
		got, err := RangeToBits(in)
		if want == nil != (err != nil) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
}

func TestVersionNumber(t *testing.T) {
	for in, want := range map[string]int{"v245.4-1.fc32": 245, "252.17-1~deb12u1": 252, `"255"`: 255, "x": 0} {
		if got, err := versionNumber(in); got != want || (want == 0) != (err != nil) {
			t.Errorf("%s: got %d, %v", in, got, err)
		}
	}
}

func TestParseText(t *testing.T) {
	for in, want := range map[string]Value{
		"true":                  Bool(true),
		"-5":                    {Sig: "i", Num: ^uint64(4)},
		"uint64 123456789":      Uint64(123456789),
		"byte 0x10":             {Sig: "y", Num: 16},
		"1.5":                   {Sig: "d", Num: 0x3ff8000000000000},
		"'inactive-or-failed'":  String("inactive-or-failed"),
		`"a\"b\n"`:              String("a\"b\n"),
		"['a', 'b']":            Strings("a", "b"),
		"@as []":                Strings(),
		"@au [1,2]":             PIDs(1, 2),
		"[('/dev/null', 'rw')]": Pairs([][2]string{{"/dev/null", "rw"}}),
		"<5>":                   variant(Value{Sig: "i", Num: 5}),
		"objectpath '/a'":       {Sig: "o", Str: "/a"},
		"{'k': uint32 1}":       {Sig: "a{su}", Items: []Value{{Sig: "{su}", Items: []Value{String("k"), Uint32(1)}}}},
		"(uint32 1,)":           Struct(Uint32(1)),
	} {
		got, err := ParseText(in)
		if err != nil || got.Sig != want.Sig || string(appendValue(nil, &got)) != string(appendValue(nil, &want)) {
			t.Errorf("%s: got %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "[]", "'a", "5 6", "uint32 -1", "byte 256", "[1, 'a']", "()", "tru", "@a [1]", "(1 2)", "{1}", "<1", "'\x00'", strings.Repeat("[", 100)} {
		if v, err := ParseText(in); err == nil {
			t.Errorf("%q accepted: %+v", in, v)
		}
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{"[('a', <uint64 5>)]", "@a{sv} {'x': <true>}", `"\u00e9"`, "(1, -0x7f, 1e9)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseText(s)
		if err != nil {
			return
		}
		// What is accepted is a value that the wire carries unchanged.
		m := message{kind: signal, serial: 1, path: "/x", iface: "a.b", member: "C", body: []Value{v}}
		b := m.encode()
		if n, err := messageLength(b); err != nil || n != len(b) {
			t.Fatalf("%q: length %d of %d, %v", s, n, len(b), err)
		}
		got, err := decodeMessage(b)
		if err != nil || string(got.encode()) != string(b) {
			t.Fatalf("%q: %+v, %v", s, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	m := message{kind: methodReturn, serial: 3, reply: 2, body: []Value{Strings("a"), Uint64(1), properties([]Property{{"A", Bytes([]byte{1})}})}}
	f.Add(m.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 16 {
			return
		}
		n, err := messageLength(b)
		if err != nil || n > len(b) {
			return
		}
		m, err := decodeMessage(b[:n])
		if err == nil && m == nil {
			t.Fatal("neither message nor error")
		}
	})
}

func TestAnnotations(t *testing.T) {
	props, err := FromAnnotations(map[string]string{
		"other": "x", annotationPrefix + "CollectMode": "'inactive-or-failed'",
		annotationPrefix + "TimeoutStopSec": "1.5", annotationPrefix + "TimeoutStopUSec": "uint64 7",
	})
	want := []Property{{"CollectMode", String("inactive-or-failed")}, {"TimeoutStopUSec", Uint64(1500000)}, {"TimeoutStopUSec", Uint64(7)}}
	if err != nil || !reflect.DeepEqual(props, want) {
		t.Errorf("got %+v, %v", props, err)
	}
	for name, value := range map[string]string{"PIDs": "@au [1]", "Slice": "'-.slice'", "a/b": "1", "X": "1", "MemoryMax": "uint64", "TimeoutSec": "'x'", "WaitSec": "-1"} {
		if _, err := FromAnnotations(map[string]string{annotationPrefix + name: value}); err == nil {
			t.Errorf("%s=%s accepted", name, value)
		}
	}
}

// fake is a manager of units behind a unix socket.
type fake struct {
	t       *testing.T
	conn    net.Conn
	in      *bufio.Reader
	version string
	existed bool // the unit is there and failed
	result  string
	calls   []*message
}

func (f *fake) serve() {
	line, _ := f.in.ReadString('\n')
	if !strings.HasPrefix(line, "\x00AUTH EXTERNAL ") {
		f.conn.Write([]byte("REJECTED\r\n"))
		return
	}
	f.conn.Write([]byte("OK 0123456789abcdef0123456789abcdef\r\n"))
	f.in.ReadString('\n') // BEGIN
	for {
		head, err := f.in.Peek(16)
		if err != nil {
			return
		}
		n, err := messageLength(head)
		if err != nil {
			f.t.Errorf("bad message: %v", err)
			return
		}
		b := make([]byte, n)
		for at := 0; at < n; {
			k, err := f.in.Read(b[at:])
			if err != nil {
				return
			}
			at += k
		}
		m, err := decodeMessage(b)
		if err != nil {
			f.t.Errorf("bad message: %v", err)
			return
		}
		f.calls = append(f.calls, m)
		f.answer(m)
	}
}

func (f *fake) send(m message) { f.conn.Write(m.encode()) }

func (f *fake) answer(m *message) {
	ok := message{kind: methodReturn, serial: 99, reply: m.serial}
	switch m.member {
	case "Hello":
		ok.body = []Value{String(":1.5")}
	case "Get":
		ok.body = []Value{variant(String(f.version))}
	case "StartTransientUnit", "StopUnit":
		if f.existed && m.member[2] == 'a' {
			f.send(message{kind: errorReply, serial: 99, reply: m.serial, errorName: service + ".UnitExists", body: []Value{String("Unit x already exists.")}})
			return
		}
		job := Value{Sig: "o", Str: "/job/7"}
		// Another job's end, and ours before the reply: both orders happen.
		f.send(message{kind: signal, serial: 98, path: managerPath, iface: managerIface, member: "JobRemoved", body: []Value{Uint32(6), {Sig: "o", Str: "/job/6"}, String("y"), String("failed")}})
		f.send(message{kind: signal, serial: 98, path: managerPath, iface: managerIface, member: "JobRemoved", body: []Value{Uint32(7), job, m.body[0], String(f.result)}})
		ok.body = []Value{job}
	case "ResetFailedUnit":
		f.existed = false
	}
	f.send(ok)
}

func dialFake(t *testing.T, f *fake) *Conn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if f.conn, err = l.Accept(); err == nil {
			f.in = bufio.NewReader(f.conn)
			f.serve()
		}
	}()
	f.t = t
	c, err := Dial("unix:path=/nonexistent/bus", "unix:path="+path+",guid=00")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); <-done; f.conn.Close(); l.Close() })
	return c
}

func TestUnitLife(t *testing.T) {
	f := &fake{version: "v252.1", result: "done", existed: true}
	c := dialFake(t, f)
	if v, err := c.Version(); v != 252 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
	props := []Property{{"PIDs", PIDs(1, 2)}, {"Slice", String("a.slice")}, {"MemoryMax", Uint64(5)}, {"DeviceAllow", Pairs([][2]string{{"/dev/null", "rw"}})}, {"AllowedCPUs", Bytes([]byte{3})}}
	if err := c.StartUnit("x.scope", props); err != nil {
		t.Fatal(err)
	}
	if err := c.SetProperties("x.scope", props[2:3]); err != nil {
		t.Fatal(err)
	}
	if err := c.StopUnit("x.scope"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range f.calls {
		names = append(names, m.member)
	}
	want := "Hello Get Subscribe AddMatch StartTransientUnit ResetFailedUnit StartTransientUnit SetUnitProperties Subscribe AddMatch StopUnit ResetFailedUnit"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("calls\n%s\nwant\n%s", got, want)
	}
	started := f.calls[4]
	if started.signature != "ssa(sv)a(sa(sv))" || started.body[0].Str != "x.scope" || len(started.body[2].Items) != len(props) {
		t.Errorf("StartTransientUnit: %+v", started)
	}
	last := started.body[2].Items[4]
	if last.Items[0].Str != "AllowedCPUs" || last.Items[1].Items[0].Sig != "ay" || last.Items[1].Items[0].Items[0].Num != 3 {
		t.Errorf("last property: %+v", last)
	}
}

func TestJobFails(t *testing.T) {
	c := dialFake(t, &fake{result: "failed"})
	err := c.StartUnit("x.scope", nil)
	if err == nil || err.Error() != `start systemd unit x.scope: the job ended with "failed"` {
		t.Errorf("got %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	_, err := Dial("unix:path=/nonexistent/bus")
	if err == nil || err.Error() != "connect to systemd: /nonexistent/bus: no such file or directory" {
		t.Errorf("got %v", err)
	}
	if _, err := Dial("tcp:host=x"); err == nil {
		t.Error("tcp address accepted")
	}
}

func TestSocketPath(t *testing.T) {
	for in, want := range map[string]string{"unix:path=/a%20b": "/a b", "unix:guid=1,path=/x;unix:path=/y": "/x", "unix:abstract=/z": "@/z", "unix:path=/a%2": "error", "unix:dir=/": "error"} {
		got, err := socketPath(in)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// The reference implementation of D-Bus understands us: authentication, Hello,
// a match rule, and an error for a service that is not there.
func TestRealBus(t *testing.T) {
	daemon := testenv.Program(t, "dbus-daemon")
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	text := `<busconfig><type>session</type><listen>unix:path=` + dir + `/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		testenv.Skip(t, "dbus-daemon-start", err.Error())
	}
	c, err := Dial(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", String("org.freedesktop.DBus"))
	if err != nil || len(r) != 1 || r[0].Num != 1 {
		t.Errorf("NameHasOwner: %+v, %v", r, err)
	}
	r, err = c.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")
	if err != nil || len(r) != 1 || r[0].Sig != "as" || len(r[0].Items) < 2 {
		t.Errorf("ListNames: %+v, %v", r, err)
	}
	var e *Error
	if err := c.StartUnit("x.scope", nil); !errors.As(err, &e) || !strings.HasSuffix(e.Name, ".ServiceUnknown") {
		t.Errorf("StartUnit without systemd: %v", err)
	}
}
