// Package ebpf watches a container with two small programs in the kernel (bpf(2)). The kernel checks them before it
// takes them; they cost each system call a fraction of a microsecond, and they go with the descriptors that hold them.
package ebpf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"bantam/internal/container/trace"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// ringSize is how many bytes of records may wait: some 13,000 events.
const ringSize = 4 << 20

// Tracer is a trace.Tracer.
type Tracer struct{}

// every is how often the ring is looked at: nobody tells of a record in it.
const every = 20 * time.Millisecond

// session is a trace.Session.
type session struct {
	maps
	progs  []*ebpf.Program
	links  []link.Link
	reader *ringbuf.Reader
	record ringbuf.Record // its memory is used again
	decoder
}

// Start loads the programs and attaches them.
func (Tracer) Start() (trace.Session, error) {
	s := &session{}
	if err := s.start(); err != nil {
		_ = s.Close()
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("%w: tracing wants root, or CAP_BPF and CAP_PERFMON", err)
		}
		return nil, fmt.Errorf("trace with eBPF: %w", err)
	}
	return s, nil
}

func (s *session) start() (err error) {
	if s.config, err = ebpf.NewMap(&ebpf.MapSpec{Name: "bantam_config", Type: ebpf.Array, KeySize: 4, ValueSize: 16, MaxEntries: 1}); err != nil {
		return err
	}
	if s.calls, err = ebpf.NewMap(&ebpf.MapSpec{Name: "bantam_calls", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: maxCalls + 1}); err != nil {
		return err
	}
	if s.ring, err = ebpf.NewMap(&ebpf.MapSpec{Name: "bantam_ring", Type: ebpf.RingBuf, MaxEntries: ringSize}); err != nil {
		return err
	}
	if s.reader, err = ringbuf.NewReader(s.ring); err != nil {
		return err
	}
	s.reader.SetDeadline(time.Now()) // else the first Next would wait for somebody to tell
	if err := s.attach("sys_exit", s.exit()); err != nil {
		return err
	}
	return s.attach("sys_enter", s.enter())
}

// attach loads a program and attaches it to a raw tracepoint. What reads other processes' memory is for
// programs under the GPL alone: these few instructions are under both licences.
func (s *session) attach(point string, code asm.Instructions) error {
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: "bantam_" + point, Type: ebpf.RawTracepoint, Instructions: code, License: "Dual MIT/GPL"})
	if err != nil {
		return fmt.Errorf("program for %s: %w", point, err)
	}
	s.progs = append(s.progs, p)
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: point, Program: p})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", point, err)
	}
	s.links = append(s.links, l)
	return nil
}

// Watch sets the filter.
func (s *session) Watch(dev, ino uint64) error {
	if err := s.config.Put(uint32(0), [2]uint64{dev, ino}); err != nil {
		return fmt.Errorf("trace with eBPF: %w", err)
	}
	return nil
}

// Next reads records until an event is whole.
func (s *session) Next() (trace.Event, error) {
	for {
		err := s.reader.ReadInto(&s.record)
		switch {
		case err == nil:
			if e, ok := s.decode(s.record.RawSample); ok {
				return e, nil
			}
		case errors.Is(err, os.ErrDeadlineExceeded): // the ring is empty
			s.reader.SetDeadline(time.Now().Add(every))
		case errors.Is(err, os.ErrClosed), errors.Is(err, ringbuf.ErrFlushed):
			return trace.Event{}, io.EOF
		default:
			return trace.Event{}, fmt.Errorf("read the trace: %w", err)
		}
	}
}

// Calls reads the counters.
func (s *session) Calls() (map[int]uint64, error) {
	used := map[int]uint64{}
	for nr := range uint32(maxCalls) {
		n, err := s.count(nr)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			used[int(nr)] = n
		}
	}
	return used, nil
}

func (s *session) count(nr uint32) (n uint64, err error) {
	if err := s.maps.calls.Lookup(nr, &n); err != nil {
		return 0, fmt.Errorf("read the trace's counters: %w", err)
	}
	return n, nil
}

// Lost is how many records found no room.
func (s *session) Lost() uint64 {
	n, _ := s.count(maxCalls)
	return n
}

// Flush makes Next return io.EOF when it has read what is there.
func (s *session) Flush() error { return s.reader.Flush() }

// Close detaches the programs.
func (s *session) Close() error {
	var err error
	for _, l := range s.links {
		err = errors.Join(err, l.Close())
	}
	for _, p := range s.progs {
		err = errors.Join(err, p.Close())
	}
	if s.reader != nil {
		err = errors.Join(err, s.reader.Close())
	}
	for _, m := range [...]*ebpf.Map{s.config, s.maps.calls, s.ring} {
		if m != nil {
			err = errors.Join(err, m.Close())
		}
	}
	return err
}
