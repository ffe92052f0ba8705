// Package trace watches what the processes of a container ask of the kernel: files opened, programs
// executed, connections made, and how often each system call is used.
//
// How it watches is a [Tracer]'s matter (packages ebpf and ptrace); what comes out is a stream of [Event] and, at the
// end, a [Summary], from which [Profile] makes the seccomp profile of exactly these calls.
package trace

import (
	"io"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// Tracer watches a pid namespace.
type Tracer interface {
	// Start makes everything ready and watches nobody yet.
	Start() (Session, error)
}

// Fallback is a tracer that is one of two: the second where the first can't start, of which Tell is told.
type Fallback struct {
	First, Then Tracer
	Tell        func(error)
}

// Start starts one of them.
func (f *Fallback) Start() (Session, error) {
	s, err := f.First.Start()
	if err == nil {
		return s, nil
	}
	f.Tell(err)
	return f.Then.Start()
}

// Session is one tracing. Next may run beside the others.
type Session interface {
	// Watch watches the processes of the pid namespace that a file of /proc/PID/ns names.
	Watch(dev, ino uint64) error
	// Next is the next event; io.EOF after Close.
	Next() (Event, error)
	// Calls is how often each system call was used, by its number.
	Calls() (map[int]uint64, error)
	// Lost is how many events were dropped because nobody fetched them in time.
	Lost() uint64
	// Flush makes Next return io.EOF when it has returned what there is.
	Flush() error
	// Close ends it.
	Close() error
}

// Collect fetches all events of a session, tells each of them (nil: nobody), and adds them up if that is wanted. The system calls are
// always counted.
func Collect(s Session, each func(*Event), addUp bool) (*Summary, error) {
	var r Recorder
	for {
		e, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if addUp {
			r.Add(&e)
		}
		if each != nil {
			each(&e)
		}
	}
	calls, err := s.Calls()
	if err != nil {
		return nil, err
	}
	return r.Summary(calls, s.Lost()), nil
}

// Kind is what an event is about.
type Kind string

// The kinds of events.
const (
	Open    Kind = "open"
	Exec    Kind = "exec"
	Connect Kind = "connect"
	Bind    Kind = "bind"
	Send    Kind = "send" // to an address, without a connection
)

// Event is one system call that has come back.
type Event struct {
	Time time.Time
	// Pid is the process's number in its own namespace.
	Pid     int
	Command string // the thread's name, 15 bytes at most
	Kind    Kind
	// Text is the path or the address.
	Text  string
	Flags uint64        // of open(2)
	Errno syscall.Errno // 0: it succeeded
}

// Summary is what was seen altogether.
type Summary struct {
	Files       []Count
	Programs    []Count
	Connections []Count
	Calls       []Count
	Lost        uint64 `json:",omitempty"`
}

// Count is a thing and how often it was seen.
type Count struct {
	Name  string
	Count uint64
	// Failed is how often it was asked for in vain.
	Failed uint64 `json:",omitempty"`
}

// Recorder adds events up.
type Recorder struct{ seen map[thing]*Count }

// thing is what is counted.
type thing struct {
	kind Kind
	text string
}

// Add counts an event.
func (r *Recorder) Add(e *Event) {
	if r.seen == nil {
		r.seen = map[thing]*Count{}
	}
	c := r.seen[thing{e.Kind, e.Text}]
	if c == nil {
		c = &Count{Name: e.Text}
		r.seen[thing{e.Kind, e.Text}] = c
	}
	c.Count++
	if e.Errno != 0 && e.Errno != syscall.EINPROGRESS { // a socket that does not wait
		c.Failed++
	}
}

// Summary is what has been counted, with the calls that a session has seen.
func (r *Recorder) Summary(calls map[int]uint64, lost uint64) *Summary {
	s := &Summary{Lost: lost}
	s.Files, s.Programs = r.list(Open), r.list(Exec)
	s.Connections = append(append(r.list(Connect), r.list(Send)...), r.list(Bind)...)
	for nr, n := range calls {
		s.Calls = append(s.Calls, Count{Name: Name(nr), Count: n})
	}
	sort.Slice(s.Calls, func(i, j int) bool {
		a, b := s.Calls[i], s.Calls[j]
		return a.Count > b.Count || a.Count == b.Count && a.Name < b.Name
	})
	return s
}

func (r *Recorder) list(k Kind) []Count {
	list := []Count{}
	for t, c := range r.seen {
		if t.kind == k {
			list = append(list, *c)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// String is an event as a line of strace, without the noise.
func (e *Event) String() string { return string(e.Append(nil)) }

// Append appends it. There may be many: what it takes is time that a busy machine takes from those who are watched.
func (e *Event) Append(b []byte) []byte {
	b = e.Time.AppendFormat(b, "15:04:05.000 ")
	for n := e.Pid; n < 10000; n = max(n, 1) * 10 {
		b = append(b, ' ')
	}
	b = padded(append(strconv.AppendInt(b, int64(e.Pid), 10), ' '), e.Command, 15)
	b = append(padded(b, string(e.Kind), 7), e.Text...)
	if e.Kind == Open {
		b = append(b, access(e.Flags)...)
	}
	if e.Errno != 0 {
		b = append(append(b, ": "...), e.Errno.Error()...)
	}
	return b
}

// padded appends a word and spaces up to a width, and one more.
func padded(b []byte, word string, width int) []byte {
	b = append(b, word...)
	for n := utf8.RuneCountInString(word); n < width; n++ {
		b = append(b, ' ')
	}
	return append(b, ' ')
}

// access says what a file was opened for, unless it is reading.
func access(flags uint64) string {
	var words []string
	switch flags & syscall.O_ACCMODE {
	case syscall.O_WRONLY:
		words = append(words, "write")
	case syscall.O_RDWR:
		words = append(words, "read, write")
	}
	if flags&syscall.O_CREAT != 0 {
		words = append(words, "create")
	}
	if flags&syscall.O_TRUNC != 0 {
		words = append(words, "truncate")
	}
	if flags&syscall.O_APPEND != 0 {
		words = append(words, "append")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}
