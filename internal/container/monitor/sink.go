package monitor

import (
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// sink is the attached command's descriptor. A writer that stops reading must not
// stop the log once the command is gone: wake ends a wait for it. Who detaches closes it at
// once: nobody's terminal is kept open until the container next prints something.
type sink struct {
	mu    sync.Mutex // of a write, or of the closing
	fd    int        // -1 once it is closed
	plain bool       // never blocks for long: a regular file, /dev/null, or a pipe that says where it is full
	wake  int        // copy of the client's eventfd, readable when the command is gone
}

// nullDevice is /dev/null's number.
const nullDevice = 1<<8 | 3

func newSink(fd, wake int) *sink {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	kind := st.Mode & unix.S_IFMT
	own, dup := unix.FcntlInt(uintptr(wake), unix.F_DUPFD_CLOEXEC, 0)
	if dup != nil {
		own = -1 // poll passes it over
	}
	s := &sink{fd: fd, wake: own, plain: err == nil && (kind == unix.S_IFREG || kind == unix.S_IFCHR && st.Rdev == nullDevice)}
	if err == nil && kind == unix.S_IFIFO {
		s.open()
	}
	return s
}

// open opens a pipe again, for a description of our own that does not block: the command's is not ours to change.
func (s *sink) open() {
	again, err := unix.Open("/proc/self/fd/"+strconv.Itoa(s.fd), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil { // nobody reads from it, or it is another user's
		return
	}
	unix.Close(s.fd)
	s.fd, s.plain = again, true
}

// pipeAtom is what a pipe takes whole once poll calls it writable (pipe(7), PIPE_BUF).
const pipeAtom = 4096

// write passes output on; after an error, or once the command is gone, the sink is closed.
func (s *sink) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(b) > 0 && s.fd >= 0 {
		n := len(b)
		if !s.plain {
			if !s.writable() {
				s.shut()
				return
			}
			n = min(n, pipeAtom)
		}
		n, err := unix.Write(s.fd, b[:n])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if !s.writable() {
				s.shut()
			}
		case err != nil:
			s.shut()
		default:
			b = b[n:]
		}
	}
}

// try is write without waiting: it returns what did not fit. Only a plain sink can be tried.
func (s *sink) try(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(b) > 0 && s.fd >= 0 {
		n, err := unix.Write(s.fd, b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return b
		case err != nil:
			s.shut()
		default:
			b = b[n:]
		}
	}
	return nil
}

func (s *sink) writable() bool {
	p := [2]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}, {Fd: int32(s.wake), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(p[:], -1)
		if err == unix.EINTR {
			continue
		}
		return err == nil && p[1].Revents == 0
	}
}

// close closes it, if it is there; a write that waits has been woken.
func (s *sink) close() {
	if s != nil {
		s.mu.Lock()
		s.shut()
		s.mu.Unlock()
	}
}

// closed says that nothing can be written any more.
func (s *sink) closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fd < 0
}

// shut closes it for who has locked it.
func (s *sink) shut() {
	if s.fd >= 0 {
		unix.Close(s.fd)
		unix.Close(s.wake)
		s.fd, s.wake = -1, -1
	}
}
