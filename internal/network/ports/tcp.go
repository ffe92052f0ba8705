package ports

import (
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Serve passes what comes to the port on to the container, from now on and until Close. Called again it
// leads elsewhere.
func (s *Socket) Serve(to netip.AddrPort) {
	if s.file == nil || !to.IsValid() {
		return
	}
	switch first := s.to.Swap(&to) == nil; {
	case !first:
	case s.Port.Proto == "tcp":
		go s.accept()
	case s.Port.Proto == "udp":
		go newRelay(s).run()
	}
}

// accept ends when the socket is closed.
func (s *Socket) accept() {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return
	}
	for {
		var fd int
		var errno error
		err := raw.Read(func(on uintptr) bool {
			fd, _, errno = unix.Accept4(int(on), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return errno != unix.EAGAIN
		})
		switch {
		case err != nil:
			return
		case errno == unix.EMFILE || errno == unix.ENFILE || errno == unix.ENOBUFS || errno == unix.ENOMEM:
			time.Sleep(10 * time.Millisecond) // until others are closed
		case errno == nil:
			go s.pass(os.NewFile(uintptr(fd), "tcp"))
		}
	}
}

// pass is one connection.
func (s *Socket) pass(from *os.File) {
	defer from.Close()
	to, err := dial(*s.to.Load())
	if err != nil {
		reset(from)
		return
	}
	defer to.Close()
	back := make(chan struct{})
	go func() {
		splice(from, to)
		close(back)
	}()
	splice(to, from)
	<-back
}

// reset makes the end of a connection that leads nowhere look like a refusal.
func reset(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		})
	}
}

// dial connects to the container.
func dial(to netip.AddrPort) (*os.File, error) {
	fd, err := socket("tcp", to.Addr())
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "tcp")
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return nil, err
	}
	started := false
	var errno error
	err = raw.Write(func(fd uintptr) bool {
		if !started {
			started = true
			errno = unix.Connect(int(fd), sockaddr(to))
			return errno != unix.EINPROGRESS
		}
		n, e := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if errno = e; e == nil && n != 0 {
			errno = syscall.Errno(n)
		}
		return true
	})
	if err == nil {
		err = errno
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// atOnce is what goes through the pipe in one piece.
const atOnce = 1 << 20

// splice moves bytes from one connection to the other until their end, which it passes on.
func splice(to, from *os.File) {
	var pipe [2]int
	if unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		return
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	_, _ = unix.FcntlInt(uintptr(pipe[0]), unix.F_SETPIPE_SZ, atOnce)
	in, err := from.SyscallConn()
	if err != nil {
		return
	}
	out, err := to.SyscallConn()
	if err != nil {
		return
	}
	for {
		n := move(in.Read, func(fd uintptr) (int64, error) { return unix.Splice(int(fd), nil, pipe[1], nil, atOnce, flags) })
		if n <= 0 {
			break
		}
		for n > 0 {
			m := move(out.Write, func(fd uintptr) (int64, error) { return unix.Splice(pipe[0], nil, int(fd), nil, int(n), flags) })
			if m <= 0 {
				reset(from)
				_ = in.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RD) })
				return
			}
			n -= m
		}
	}
	_ = out.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) })
}

const flags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK

// move calls once when the connection is ready; 0 is the end, negative an error.
func move(when func(func(uintptr) bool) error, once func(uintptr) (int64, error)) int64 {
	var n int64
	var errno error
	err := when(func(fd uintptr) bool {
		for {
			n, errno = once(fd)
			if errno != unix.EINTR {
				return errno != unix.EAGAIN
			}
		}
	})
	if err != nil || errno != nil {
		return -1
	}
	return n
}
