package docker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"bantam/internal/engine"

	"golang.org/x/sys/unix"
)

// The content types of attached streams.
const (
	rawStream   = "application/vnd.docker.raw-stream"
	multiplexed = "application/vnd.docker.multiplexed-stream"
)

// line is a client's end of attached streams: bytes come from it and frames go to it.
type line interface {
	io.Reader
	// frame sends a part of an output, 1 or 2. It begins after headerSize bytes of room.
	frame(stream byte, b []byte) error
	Close() error
}

// headerSize is that of docker's frames: stream, three zeroes, length.
const headerSize = 8

// tube connects a client with what the engine attaches to: pipes for the outputs, whose
// write ends the engine gives to whoever writes, and a reader for the input.
type tube struct {
	engine.Streams
	from  [2]*os.File // read ends
	to    [2]int      // write ends, -1 once given back
	in    lateReader
	leave chan struct{}
	once  sync.Once
	done  sync.WaitGroup
}

// lateReader is an input whose source comes with the hijacked connection.
type lateReader struct{ io.Reader }

func newTube(stdin, stdout, stderr bool) (*tube, error) {
	t := &tube{leave: make(chan struct{}), to: [2]int{-1, -1}}
	t.Streams = engine.Streams{Out: -1, Err: -1, Pipes: true, Leave: t.leave}
	if stdin {
		t.In = &t.in
	}
	for i, on := range [...]bool{stdout, stderr} {
		if !on {
			continue
		}
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.close()
			return nil, err
		}
		// Only our end: the other one may become a process's standard output.
		_ = unix.SetNonblock(p[0], true)
		_, _ = unix.FcntlInt(uintptr(p[0]), unix.F_SETPIPE_SZ, pipeSize)
		t.from[i], t.to[i] = os.NewFile(uintptr(p[0]), "output"), p[1]
	}
	t.Out, t.Err = t.to[0], t.to[1]
	return t, nil
}

// pipeSize is how much output is on its way at once.
const pipeSize = 256 << 10

// run copies between the client and the streams while attend runs, and the rest of the
// output after it.
func (t *tube) run(l line, attend func() (int, error)) (int, error) {
	t.in.Reader = l
	for i, f := range t.from {
		if f != nil {
			t.done.Add(1)
			go t.pump(l, byte(i+1), f)
		}
	}
	stop := t.watch(l)
	code, err := attend()
	t.giveBack()
	t.done.Wait()
	close(stop)
	return code, err
}

// goAway detaches.
func (t *tube) goAway() { t.once.Do(func() { close(t.leave) }) }

// giveBack closes the write ends, so that the outputs end with the last one who holds them.
func (t *tube) giveBack() {
	for i, fd := range t.to {
		if fd >= 0 {
			unix.Close(fd)
			t.to[i] = -1
		}
	}
}

func (t *tube) close() {
	t.giveBack()
	for _, f := range t.from {
		f.Close()
	}
}

// lookEvery is how often a connection is looked at whose client sends nothing.
const lookEvery = time.Second

// watch notices a client that has vanished. The end of its input alone says nothing: a
// client without input closes that direction at once.
func (t *tube) watch(l line) (stop chan struct{}) {
	stop = make(chan struct{})
	s, ok := l.(interface{ vanished() bool })
	if !ok {
		return stop
	}
	go func() {
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		for {
			select {
			case <-stop:
				return
			case <-look.C:
				if s.vanished() {
					t.goAway()
					l.Close()
					return
				}
			}
		}
	}()
	return stop
}

// hijacked is a connection taken over from HTTP.
type hijacked struct {
	net.Conn
	socket syscall.RawConn // nil with TLS
	r      *bufio.Reader
	mux    bool
	mu     sync.Mutex
}

// hijack takes the connection over. A client that asks for an upgrade gets 101, as
// docker's does; mux frames the outputs.
func (c *call) hijack(mux bool) (*hijacked, error) {
	conn, rw, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return nil, err
	}
	c.begun = true
	_ = conn.SetDeadline(time.Time{})
	kind := rawStream
	if mux && c.minor >= 42 {
		kind = multiplexed
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n\r\n"
	if c.r.Header.Get("Upgrade") != "" {
		head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: " + kind + "\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
	}
	if _, err := io.WriteString(conn, head); err != nil {
		conn.Close()
		return nil, err
	}
	h := &hijacked{Conn: conn, r: rw.Reader, mux: mux}
	if s, ok := conn.(syscall.Conn); ok {
		h.socket, err = s.SyscallConn()
	}
	return h, err
}

func (h *hijacked) Read(b []byte) (int, error) { return h.r.Read(b) }

func (h *hijacked) frame(stream byte, b []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mux {
		copy(b, []byte{stream, 0, 0, 0})
		binary.BigEndian.PutUint32(b[4:], uint32(len(b)-headerSize))
	} else {
		b = b[headerSize:]
	}
	_, err := h.Write(b)
	return err
}

// vanished says that the client has closed both directions.
func (h *hijacked) vanished() bool {
	if h.socket == nil {
		return false
	}
	var gone bool
	err := h.socket.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd)}}
		_, perr := unix.Poll(p, 0)
		gone = perr == nil && p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || errors.Is(err, net.ErrClosed)
}
