// Package ptrace is a tracer by ptrace(2), for where the kernel lets nobody use eBPF. Each system call stops its process twice,
// which makes a program that does little else several times slower. One process can have one tracer: a debugger in the
// container finds the place taken.
package ptrace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"

	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// Tracer is a trace.Tracer.
type Tracer struct{}

// session is a trace.Session. One thread traces (the kernel knows a tracer by its thread), and for each
// thread that is traced a goroutine waits for its stops.
type session struct {
	do     chan func()
	stops  chan stop
	events chan trace.Event
	unread chan struct{} // closed: nobody fetches events any more
	done   chan struct{} // closed: nobody is traced any more
	flush  sync.Once
	close  sync.Once

	// Of the tracing thread alone:
	threads  map[int]*thread
	vanished map[int]*thread // those that were gone within a system call
	ending   bool

	mu    sync.Mutex
	calls map[int]uint64
}

// stop is a stop, or the end, of a thread.
type stop struct {
	tid    int
	status unix.WaitStatus
}

// thread is one that is traced.
type thread struct {
	pid   int // of its process, in its own namespace
	begun *trace.Event
}

// waiting is how many events may wait; a program that makes more of them waits itself, so that none is lost.
const waiting = 4096

// Start begins to trace nobody.
func (Tracer) Start() (trace.Session, error) {
	s := &session{
		do: make(chan func()), stops: make(chan stop), events: make(chan trace.Event, waiting),
		unread: make(chan struct{}), done: make(chan struct{}),
		threads: map[int]*thread{}, vanished: map[int]*thread{}, calls: map[int]uint64{},
	}
	go s.trace()
	return s, nil
}

// trace is the tracing thread. It ends with all that it traces let go; were it killed, the kernel would do that.
func (s *session) trace() {
	runtime.LockOSThread() // and never unlocked: the thread ends
	defer close(s.events)
	defer close(s.done)
	for !s.ending || len(s.threads) > 0 {
		select {
		case f := <-s.do:
			f()
		case st := <-s.stops:
			s.stopped(st)
		}
	}
}

// Watch seizes all threads of a pid namespace; their children are followed.
func (s *session) Watch(dev, ino uint64) (err error) {
	done := make(chan struct{})
	s.do <- func() {
		err = s.seizeAll(dev, ino)
		close(done)
	}
	<-done
	return err
}

// seizeAll looks until it finds no thread more: they may have children meanwhile.
func (s *session) seizeAll(dev, ino uint64) error {
	for before := -1; before < len(s.threads); {
		before = len(s.threads)
		proc, err := os.ReadDir("/proc")
		if err != nil {
			return err
		}
		for _, e := range proc {
			var st unix.Stat_t
			if unix.Stat("/proc/"+e.Name()+"/ns/pid", &st) != nil || st.Dev != dev || st.Ino != ino {
				continue
			}
			tasks, _ := os.ReadDir("/proc/" + e.Name() + "/task") // it may have ended
			for _, t := range tasks {
				tid, _ := strconv.Atoi(t.Name())
				if err := s.seize(tid); err != nil {
					return err
				}
			}
		}
	}
	if len(s.threads) == 0 {
		return errors.New("trace with ptrace: no process of the container is there")
	}
	return nil
}

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC

func (s *session) seize(tid int) error {
	if s.threads[tid] != nil {
		return nil
	}
	err := request(unix.PTRACE_SEIZE, tid, 0, options)
	switch {
	case errors.Is(err, unix.ESRCH):
		return nil
	case err != nil:
		return fmt.Errorf("trace process %d with ptrace: %w (root or the same user may, while nobody else traces it)", tid, err)
	}
	s.follow(tid)
	return request(unix.PTRACE_INTERRUPT, tid, 0, 0)
}

// follow waits for the stops of a thread.
func (s *session) follow(tid int) {
	if s.threads[tid] != nil {
		return
	}
	delete(s.vanished, tid) // its number is used again
	s.threads[tid] = &thread{pid: ownPid(tid)}
	go func() {
		for {
			var status unix.WaitStatus
			_, err := unix.Wait4(tid, &status, unix.WALL, nil)
			if err == unix.EINTR {
				continue
			}
			if err != nil { // another thread has taken its place with an execve(2), or its parent has reaped it
				status = 0
			}
			select {
			case s.stops <- stop{tid, status}:
			case <-s.done:
				return
			}
			if !status.Stopped() {
				return
			}
		}
	}()
}

// Next is the next event.
func (s *session) Next() (trace.Event, error) {
	e, ok := <-s.events
	if !ok {
		return e, io.EOF
	}
	return e, nil
}

// Calls is how often each system call was used.
func (s *session) Calls() (map[int]uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, nil
}

// Lost is none: see waiting.
func (s *session) Lost() uint64 { return 0 }

// Flush lets all threads go.
func (s *session) Flush() error {
	s.flush.Do(func() {
		s.do <- func() {
			s.ending = true
			for tid := range s.threads {
				_ = request(unix.PTRACE_INTERRUPT, tid, 0, 0) // and its stop lets it go
			}
		}
	})
	return nil
}

// Close is Flush, and throws away what was not fetched.
func (s *session) Close() error {
	s.close.Do(func() { close(s.unread) })
	return s.Flush()
}
