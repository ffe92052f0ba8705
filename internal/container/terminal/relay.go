package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// Relay copies between this process's standard input and output and a
// container's terminal.
type Relay struct {
	master *os.File
	saved  *unix.Termios
	output chan struct{}
}

// Attach starts to copy. The caller's terminal becomes raw: the container's does
// the editing and makes signals of keys.
func Attach(master int) (*Relay, error) {
	if err := unix.SetNonblock(master, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	r := &Relay{master: os.NewFile(uintptr(master), "terminal"), output: make(chan struct{})}
	r.Resize()
	if err := r.raw(); err != nil {
		r.master.Close()
		return nil, err
	}
	go func() {
		defer close(r.output)
		copyAll(os.Stdout, r.master)
	}()
	go copyAll(r.master, os.Stdin)
	return r, nil
}

// copyAll copies until the end of either; a terminal whose last slave is closed reads as EIO.
func copyAll(to, from *os.File) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// raw sets the caller's terminal as cfmakeraw(3) does; without a terminal there is nothing to set.
func (r *Relay) raw() error {
	t, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return nil
	}
	saved := *t
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(0, unix.TCSETS, t); err != nil {
		return os.NewSyscallError("set the terminal to raw mode", err)
	}
	r.saved = &saved
	return nil
}

// Resize gives the container's terminal the size of the caller's.
func (r *Relay) Resize() {
	size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return
	}
	conn, err := r.master.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
}

// Close waits for the rest of the output, once the container has ended, and
// gives the caller's terminal back as it was.
func (r *Relay) Close() {
	<-r.output
	if r.saved != nil {
		_ = unix.IoctlSetTermios(0, unix.TCSETS, r.saved)
	}
	r.master.Close()
}
