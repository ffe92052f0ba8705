package monitor

import (
	"fmt"
	"os"
	"strconv"

	"bantam/internal/container/terminal"

	"golang.org/x/sys/unix"
)

// stdio is the container's side of its standard files, between their making and the fork.
type stdio struct {
	child   [3]int // what the container gets, -1 where a terminal takes their place
	console int    // socket that the terminal's master end is sent through, or -1
	master  int    // our end of that socket
	input   int    // write end of the container's standard input, or -1
	streams []*stream
}

// pipes makes the standard files of a container without a terminal.
func (m *monitor) pipes() (*stdio, error) {
	io := &stdio{child: [3]int{-1, -1, -1}, console: -1, master: -1, input: -1}
	var err error
	if io.child[0], io.input, err = m.openInput(); err != nil {
		return nil, err
	}
	for i, name := range [...]string{"stdout", "stderr"} {
		from, to, ino, err := sturdyPipe()
		if err != nil {
			return nil, err
		}
		io.child[i+1] = to
		m.state.Pipes[i] = ino
		io.streams = append(io.streams, &stream{name: name, from: from})
	}
	return io, nil
}

// openInput makes the container's standard input: a pipe for -i, else /dev/null.
func (m *monitor) openInput() (child, ours int, err error) {
	if !m.record.Config.OpenStdin {
		child, err = unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return child, -1, err
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, fmt.Errorf("pipe: %w", err)
	}
	return p[0], p[1], nil
}

// sturdyPipe makes a pipe whose container end is open for reading and writing. So
// the container holds a reader itself: when the monitor is killed, a write neither
// fails nor kills the writer, it waits in the pipe for the next monitor, which
// knows the pipe by its inode.
func sturdyPipe() (from, to int, ino uint64, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, 0, fmt.Errorf("pipe: %w", err)
	}
	defer unix.Close(p[1])
	// A writer of much has to wait less often. Where it is refused the pipe stays as it is.
	_, _ = unix.FcntlInt(uintptr(p[0]), unix.F_SETPIPE_SZ, pipeSize)
	to, err = unix.Open("/proc/self/fd/"+strconv.Itoa(p[1]), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		unix.Close(p[0])
		return -1, -1, 0, fmt.Errorf("open pipe for reading and writing: %w", err)
	}
	return p[0], to, inode(to), nil
}

// What a container may write ahead of its monitor: at first, and once it has written much at a time.
const (
	pipeSize = 256 << 10
	widePipe = 1 << 20
)

func inode(fd int) uint64 {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Ino
}

// terminal makes the socket that the terminal's master end will come through.
func (m *monitor) terminal() (*stdio, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket pair for the terminal: %w", err)
	}
	return &stdio{child: [3]int{-1, -1, -1}, master: p[0], console: p[1], input: -1}, nil
}

// takeTerminal receives the master end, which the container has sent while it was set up.
func (m *monitor) takeTerminal(io *stdio) error {
	defer unix.Close(io.master)
	fd, err := terminal.Receive(io.master)
	if err != nil {
		return fmt.Errorf("receive the container's terminal: %w", err)
	}
	io.streams = []*stream{{name: "stdout", from: fd}}
	io.input, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return err
}

// closeChild closes what the container has inherited.
func (io *stdio) closeChild() {
	for _, fd := range [...]int{io.child[0], io.child[1], io.child[2], io.console} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
