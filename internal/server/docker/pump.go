package docker

import (
	"cmp"
	"encoding/binary"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// chunk is how much of an output is read at once. A reader who gets all of it has a writer who
// is faster: from then on the rest goes by splice(2), which copies nothing.
const chunk = 16 << 10

// pump sends one output to the client, until its end or the client's.
func (t *tube) pump(l line, stream byte, f *os.File) {
	defer t.done.Done()
	b := make([]byte, headerSize+chunk)
	for {
		n, err := f.Read(b[headerSize:])
		if n > 0 && l.frame(stream, b[:headerSize+n]) != nil || n == chunk && bulk(l, stream, f) != nil {
			t.goAway()
			f.Close()
			return
		}
		if err != nil {
			return
		}
	}
}

// bulk moves what is in a pipe, while it is much.
func bulk(l line, stream byte, f *os.File) error {
	h, ok := l.(*hijacked)
	if !ok || h.socket == nil {
		return nil
	}
	pipe, err := f.SyscallConn()
	if err != nil {
		return err
	}
	for {
		n := 0
		if err := pipe.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil || n <= chunk {
			return err
		}
		if err := h.splice(stream, pipe, n); err != nil {
			return err
		}
	}
}

// splice sends the next n bytes of a pipe as one frame. They are there, and nobody else reads them.
func (h *hijacked) splice(stream byte, pipe syscall.RawConn, n int) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mux {
		head := [headerSize]byte{stream}
		binary.BigEndian.PutUint32(head[4:], uint32(n))
		if _, err := h.Write(head[:]); err != nil {
			return err
		}
	}
	gone := pipe.Control(func(from uintptr) {
		waited := h.socket.Write(func(to uintptr) (done bool) {
			n, err = move(int(from), int(to), n)
			return err != unix.EAGAIN
		})
		err = cmp.Or(err, waited)
	})
	return cmp.Or(err, gone)
}

// move moves n bytes, or as many as find room, and says how many are left.
func move(pipe, socket, n int) (left int, err error) {
	for n > 0 {
		m, err := unix.Splice(pipe, nil, socket, nil, n, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, unix.EPIPE
		default:
			n -= int(m)
		}
	}
	return 0, nil
}
