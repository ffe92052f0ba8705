package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/container/trace"
	"bantam/internal/engine"
)

// traceFlags are the options of trace.
type traceFlags struct {
	format, profile, method string
	summary, quiet          bool
	pid                     int64
	line                    []byte // of the last event; its memory is used again
}

func (c *call) traceCommand() *command {
	f := &traceFlags{format: "text", method: "auto"}
	return &command{
		name: "trace", args: "[OPTIONS] CONTAINER", min: 0, max: 1, heavy: true,
		short: "Watch what a container asks of the kernel",
		long: "Prints each file opened, program executed and connection made by the container's processes, until it ends or Ctrl-C is\n" +
			"typed. A container that does not run is started, and watched from its first system call on. With --seccomp-profile\n" +
			"the system calls that were used become a profile: run --security-opt seccomp=FILE then allows these and no others.\n" +
			"CONTAINER is one of bantam's, or a running one of docker, podman or containerd; --pid names a process of one in its place.",
		options: option.Set{Options: []option.Option{
			option.String(&f.format, "format", 0, "Format of the output: text or json (a line per event)"),
			option.String(&f.method, "method", 0, "How to watch: ebpf, ptrace (slower), or auto: eBPF where the kernel permits it"),
			option.Int(&f.pid, "pid", 0, "Watch all processes in this process's pid namespace in place of a container"),
			option.Bool(&f.quiet, "quiet", 'q', "Don't print events"),
			option.String(&f.profile, "seccomp-profile", 0, "Write the profile of exactly the system calls seen to this file"),
			option.Bool(&f.summary, "summary", 0, "At the end print what was seen altogether"),
		}},
		run: func(args []string) int {
			switch {
			case f.pid == 0 && len(args) == 0:
				return c.fail(errors.New("trace: name a container, or a process with --pid"))
			case f.pid != 0 && len(args) > 0:
				return c.fail(errors.New("trace: name a container or --pid, not both"))
			}
			return c.trace(strings.Join(args, ""), f)
		},
	}
}

func (c *call) trace(name string, f *traceFlags) int {
	if f.format != "text" && f.format != "json" {
		return c.fail(fmt.Errorf("invalid format %q: it must be text or json", f.format))
	}
	tracer, err := c.tracer(f.method)
	if err != nil {
		return c.fail(err)
	}
	ctx, stop := untilInterrupt()
	defer stop()
	o := &engine.TraceOptions{Pid: int(f.pid), AddUp: f.summary}
	out := &lazyWriter{w: bufio.NewWriter(c.out)}
	if !f.quiet {
		o.Each = func(e *trace.Event) { f.event(out, e) }
	}
	s, err := c.engine().Trace(ctx, tracer, name, o)
	out.flush()
	if err != nil {
		return c.fail(err)
	}
	if s.Lost > 0 {
		c.complain(fmt.Sprintf("bantam: %d events came faster than they could be printed and are missing: use --quiet", s.Lost))
	}
	if f.summary {
		f.print(c.out, s)
	}
	if f.profile != "" {
		if err := writeProfile(f.profile, s); err != nil {
			return c.fail(err)
		}
	}
	return 0
}

// tracer is the tracer of a method.
func (c *call) tracer(method string) (trace.Tracer, error) {
	switch method {
	case "auto":
		return &trace.Fallback{First: c.heavy.EBPF, Then: c.heavy.Ptrace, Tell: func(err error) {
			c.complain("bantam: " + err.Error() + "; tracing with ptrace, which makes the container slower")
		}}, nil
	case "ebpf":
		return c.heavy.EBPF, nil
	case "ptrace":
		return c.heavy.Ptrace, nil
	}
	return nil, fmt.Errorf("invalid method %q: it must be auto, ebpf or ptrace", method)
}

// lazyWriter writes a little later, in one piece: a system call for each line would keep
// up with hardly any program.
type lazyWriter struct {
	mu sync.Mutex
	w  *bufio.Writer
}

func (l *lazyWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w.Buffered() == 0 {
		time.AfterFunc(50*time.Millisecond, l.flush)
	}
	return l.w.Write(b)
}

func (l *lazyWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.w.Flush()
}

func writeProfile(path string, s *trace.Summary) error {
	if len(s.Calls) == 0 {
		return errors.New("no system call was seen, so there is no profile to write")
	}
	b, err := trace.Profile(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// traceLine is an event as a line of JSON.
type traceLine struct {
	Time    string `json:"time"`
	Pid     int    `json:"pid"`
	Command string `json:"command"`
	Event   string `json:"event"`
	Name    string `json:"name"`
	Flags   uint64 `json:"flags,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (f *traceFlags) event(w io.Writer, e *trace.Event) {
	if f.format == "text" {
		f.line = e.Append(f.line[:0])
		if !plain(f.line) {
			f.line = append(f.line[:0], printable(string(f.line))...)
		}
		f.line = append(f.line, '\n')
		_, _ = w.Write(f.line)
		return
	}
	l := traceLine{e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00"), e.Pid, e.Command, string(e.Kind), e.Text, e.Flags, ""}
	if e.Errno != 0 {
		l.Error = e.Errno.Error()
	}
	b, _ := json.Marshal(&l)
	_, _ = w.Write(append(b, '\n'))
}

// plain says that a text is of ASCII's printable letters alone, as nearly all are.
func plain(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c >= 0x7f })
}

// printable keeps a hostile name from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

func (f *traceFlags) print(w io.Writer, s *trace.Summary) {
	if f.format == "json" {
		b, _ := json.Marshal(s)
		_, _ = w.Write(append(b, '\n'))
		return
	}
	for _, part := range [...]struct {
		title string
		list  []trace.Count
	}{{"FILES", s.Files}, {"PROGRAMS", s.Programs}, {"CONNECTIONS", s.Connections}, {"SYSTEM CALLS", s.Calls}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(w, "%8s %8s %s\n", "COUNT", "FAILED", part.title)
		for _, n := range part.list {
			fmt.Fprintf(w, "%8d %8d %s\n", n.Count, n.Failed, printable(n.Name))
		}
	}
}
