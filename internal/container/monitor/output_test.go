package monitor

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

type entry struct {
	Log, Stream string
	Time        time.Time
}

func entries(t *testing.T, path string) []entry {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []entry
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// jsonLog makes a container's log, and says where it is.
func jsonLog(t *testing.T, maxSize int64, maxFile int) (logging.Log, string) {
	t.Helper()
	f := folder.Folder{Dir: t.TempDir()}
	r := &folder.Record{Host: folder.HostConfig{LogConfig: folder.LogConfig{Type: "json-file", MaxSize: maxSize, MaxFile: maxFile}}}
	l, err := logging.Open(logging.Info{Record: r, Folder: f})
	if err != nil {
		t.Fatal(err)
	}
	return l, f.Log()
}

// copied runs an output over one pipe that gets the text, and returns log path and what the sink got.
func copied(t *testing.T, text string, maxSize int64, maxFile int) (string, string) {
	t.Helper()
	log, path := jsonLog(t, maxSize, maxFile)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, _ := unix.Dup(int(r.Fd()))
	r.Close()
	out, err := os.Create(path + ".sink")
	if err != nil {
		t.Fatal(err)
	}
	to, _ := unix.Dup(int(out.Fd()))
	out.Close()
	o := newOutput([]*stream{{name: "stdout", from: from}}, log)
	o.connect([2]*sink{newSink(to, -1)})
	go o.run()
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
	w.Close()
	<-o.done
	if o.logErr != nil {
		t.Fatal(o.logErr)
	}
	got, err := os.ReadFile(path + ".sink")
	if err != nil {
		t.Fatal(err)
	}
	return path, string(got)
}

func TestLinesAndOddBytes(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	text := "a\n\nquote \" back \\ tab\t<&>\x01\r\n" + "\u2028 ü\n" + long + "yz\nno end"
	path, sunk := copied(t, text, 0, 1)
	if sunk != text {
		t.Errorf("the command got %d bytes that differ from the %d written", len(sunk), len(text))
	}
	want := []string{"a\n", "\n", "quote \" back \\ tab\t<&>\x01\r\n", "\u2028 ü\n", long, "yz\n", "no end"}
	got := entries(t, path)
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i, e := range got {
		if e.Log != want[i] || e.Stream != "stdout" || e.Time.IsZero() {
			t.Errorf("entry %d: %.40q %s, want %.40q", i, e.Log, e.Stream, want[i])
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	path, _ := copied(t, "a\xffb\n", 0, 1)
	if e := entries(t, path); len(e) != 1 || e[0].Log != "a\ufffdb\n" {
		t.Errorf("logged %+v", e)
	}
}

func TestSilenceMakesNoLog(t *testing.T) {
	path, _ := copied(t, "", 0, 1)
	if _, err := os.Stat(path); err == nil {
		t.Error("a log file was made for no output")
	}
}

// A command that is gone must not hold the log up, though its pipe is full and never read.
func TestDeafReader(t *testing.T) {
	log, path := jsonLog(t, 0, 1)
	var in, deaf [2]int
	if unix.Pipe2(in[:], unix.O_CLOEXEC) != nil || unix.Pipe2(deaf[:], unix.O_CLOEXEC) != nil {
		t.Fatal("pipe")
	}
	defer unix.Close(deaf[0])
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(wake)
	o := newOutput([]*stream{{name: "stdout", from: in[0]}}, log)
	o.connect([2]*sink{newSink(deaf[1], wake)})
	go o.run()
	line := strings.Repeat("z", 99) + "\n"
	written := make(chan error)
	go func() {
		for range 3000 { // more than both pipes hold
			if err := write(in[1], line); err != nil {
				written <- err
				return
			}
		}
		unix.Close(in[1])
		written <- nil
	}()
	unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	<-o.done
	if n := len(entries(t, path)); n != 3000 {
		t.Errorf("%d lines logged, want 3000", n)
	}
}

func write(fd int, text string) error {
	for b := []byte(text); len(b) > 0; {
		n, err := unix.Write(fd, b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// A fast container's log must not feed the garbage collector, which is run often in a monitor.
func TestLinesCostNoMemory(t *testing.T) {
	log, _ := jsonLog(t, 1<<20, 1)
	o := newOutput(nil, log)
	s := &stream{name: "stdout"}
	text := bytes.Repeat([]byte("a line of \"text\"\n"), 1000)
	o.lines(s, text) // the buffers grow
	o.flush()
	per := testing.AllocsPerRun(10, func() {
		o.lines(s, text)
		o.flush()
	})
	if o.logErr != nil {
		t.Fatal(o.logErr)
	}
	if per > 5 { // those of a rotation
		t.Errorf("%v allocations for 1000 lines", per)
	}
}

// A pipe that is found full is made wide, and what went through it is all there.
func TestPipeOfFastContainerGrows(t *testing.T) {
	log, path := jsonLog(t, 0, 1)
	from, to, _, err := sturdyPipe()
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("0123456789\n"), 20000)
	if n, err := unix.Write(to, text); err != nil || n != len(text) {
		t.Fatalf("%d of %d bytes, %v", n, len(text), err)
	}
	s := &stream{name: "stdout", from: from}
	o := newOutput([]*stream{s}, log)
	go o.run()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if n, _ := unix.IoctlGetInt(to, unix.TIOCINQ); n == 0 {
			break
		}
	}
	size, err := unix.FcntlInt(uintptr(to), unix.F_GETPIPE_SZ, 0)
	unix.Close(to)
	<-o.done
	if err != nil || size != widePipe {
		t.Errorf("the pipe holds %d bytes, %v", size, err)
	}
	if n := len(entries(t, path)); n != 20000 {
		t.Errorf("%d entries", n)
	}
}

// A pipe takes as much as it has room for, without being made one that does not block for the command that gave it.
func TestSinkPipe(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	theirs, err := unix.FcntlInt(uintptr(p[1]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(theirs)
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(wake)
	s := newSink(p[1], wake)
	if !s.plain {
		t.Error("the pipe is asked before each piece")
	}
	if flags, err := unix.FcntlInt(uintptr(theirs), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("the command's end has the flags %#x: %v", flags, err)
	}
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // four times what fits
	got := make(chan []byte)
	go func() {
		b := make([]byte, 0, len(text))
		for len(b) < len(text) {
			n, err := unix.Read(p[0], b[len(b):cap(b)])
			if err != nil || n == 0 {
				break
			}
			b = b[:len(b)+n]
		}
		got <- b
	}()
	s.write(text)
	if b := <-got; !bytes.Equal(b, text) {
		t.Errorf("%d bytes of %d came through", len(b), len(text))
	}
	// Nobody reads any more: the wait ends when the command is gone.
	if _, err := unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	s.write(text)
	if s.fd >= 0 {
		t.Error("it is written to although its command is gone")
	}
	unix.Close(p[0])
}

// Who leaves has no descriptor held any more, also while a write waits for it.
func TestLeaverIsClosed(t *testing.T) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{conn: wire.Conn{FD: -1}, wake: wake}
	var idle, busy [2]int
	for i, p := range []*[2]int{&idle, &busy} {
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[0])
		c.sinks[i] = newSink(p[1], wake)
	}
	written := make(chan struct{})
	go func() {
		c.sinks[1].write(make([]byte, 1<<20)) // more than the pipe holds
		close(written)
	}()
	for b := make([]byte, 1); ; { // until it has begun
		if n, err := unix.Read(busy[0], b); n == 1 && err == nil {
			break
		}
	}
	m := &monitor{job: &wire.Job{}, clients: []*client{c}}
	m.detach(c)
	<-written
	p := []unix.PollFd{{Fd: int32(idle[0]), Events: unix.POLLIN}}
	if n, err := unix.Poll(p, 0); n != 1 || p[0].Revents&unix.POLLHUP == 0 {
		t.Errorf("the pipe of one that left is still open: %#x, %v", p[0].Revents, err)
	}
}

// served is an output over pipes that the test serves as the monitor's loop does; turn does one round and says whether there was anything.
type served struct {
	*output
	to   [2]int // where the container writes
	path string
}

func newServed(t *testing.T) *served {
	t.Helper()
	log, path := jsonLog(t, 0, 1)
	s := &served{path: path}
	var streams []*stream
	for i, name := range []string{"stdout", "stderr"} {
		from, to, _, err := sturdyPipe()
		if err != nil {
			t.Fatal(err)
		}
		s.to[i] = to
		streams = append(streams, &stream{name: name, from: from})
	}
	s.output = newOutput(streams, log)
	s.begin()
	return s
}

func (s *served) turn(t *testing.T) bool {
	t.Helper()
	p := s.polled(nil)
	if len(p) == 0 {
		return false
	}
	n, err := unix.Poll(p, 1000)
	if err != nil {
		t.Fatal(err)
	}
	s.serve(p)
	return n > 0
}

// A container that prints now and then has no goroutine for that.
func TestOutputFromTheLoop(t *testing.T) {
	old := slowRound
	slowRound = time.Minute
	defer func() { slowRound = old }()
	s := newServed(t)
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	s.connect([2]*sink{newSink(p[1], -1)})
	for i := range 200 { // the test is about as quick as a container can be
		time.Sleep(2 * restless)
		if _, err := unix.Write(s.to[i%2], []byte("line\n")); err != nil || !s.turn(t) {
			t.Fatal(err)
		}
	}
	if s.apart {
		t.Error("it has a goroutine")
	}
	unix.Close(s.to[1])
	for !s.turn(t) {
	}
	if len(s.streams) != 1 {
		t.Errorf("%d streams have not ended", len(s.streams))
	}
	if _, err := unix.Write(s.to[0], []byte("at last")); err != nil {
		t.Fatal(err)
	}
	unix.Close(s.to[0])
	s.finish()
	if s.apart || s.logErr != nil {
		t.Error(s.apart, s.logErr)
	}
	if n := len(entries(t, s.path)); n != 201 {
		t.Errorf("%d entries", n)
	}
	if b := readAll(p[0])(); b != strings.Repeat("line\n", 100)+"at last" {
		t.Errorf("the command got %d bytes", len(b))
	}
}

// What would hold the loop up gets a goroutine, and nothing is lost on the way.
func TestOutputDeparts(t *testing.T) {
	const lines = 1 << 19
	text := bytes.Repeat([]byte("0123456789abcde\n"), lines) // many times what a pipe holds
	for _, c := range []struct {
		name string
		sink func(t *testing.T) (to int, got func() string)
		slow bool // the test doesn't read before it has departed
	}{
		{name: "a full pipe", slow: true, sink: func(t *testing.T) (int, func() string) {
			var p [2]int
			if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			return p[1], readAll(p[0])
		}},
		{name: "a socket", slow: true, sink: func(t *testing.T) (int, func() string) {
			p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			return p[1], readAll(p[0])
		}},
		{name: "a container that writes without pause", sink: func(t *testing.T) (int, func() string) {
			f, err := os.Create(t.TempDir() + "/file")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			fd, err := unix.Dup(int(f.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			return fd, func() string {
				b, _ := os.ReadFile(f.Name())
				return string(b)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !c.slow { // the test is slower than a container may be
				old := restless
				restless = time.Minute
				defer func() { restless = old }()
			}
			s := newServed(t)
			to, got := c.sink(t)
			s.connect([2]*sink{newSink(to, -1)})
			written := make(chan error)
			go func() {
				for b := text; len(b) > 0; b = b[1<<16:] {
					if _, err := unix.Write(s.to[0], b[:1<<16]); err != nil {
						written <- err
					}
				}
				unix.Close(s.to[0])
				unix.Close(s.to[1])
				written <- nil
			}()
			for s.turn(t) {
			}
			if !s.apart {
				t.Error("it has no goroutine")
			}
			all := make(chan string, 1)
			if c.slow {
				go func() { all <- got() }()
			}
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			s.finish()
			if !c.slow {
				all <- got()
			}
			if b := <-all; b != string(text) {
				t.Errorf("%d bytes of %d, or others", len(b), len(text))
			}
			if n := len(entries(t, s.path)); n != lines {
				t.Errorf("%d entries", n)
			}
		})
	}
}

func readAll(fd int) func() string {
	return func() string {
		f := os.NewFile(uintptr(fd), "pipe")
		defer f.Close()
		b, _ := io.ReadAll(f)
		return string(b)
	}
}
