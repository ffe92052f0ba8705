package engine

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// setSize gives the terminal whose master end f is a size.
func setSize(f *os.File, rows, cols uint16) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols})
	}); err != nil {
		return err
	}
	return failed
}

// Resize gives a container's terminal a size.
func (e *Engine) Resize(name string, rows, cols uint16) error {
	c, err := e.getRunning(name)
	if err != nil {
		return err
	}
	if !c.Record.Config.Tty {
		return &Conflict{errors.New("container " + c.Record.ID + " has no terminal")}
	}
	s, err := e.call(c, view{TTY: true, Streams: none()})
	if err != nil {
		return err
	}
	defer s.close()
	if s.input == nil {
		return &NotRunning{c.Record.ID}
	}
	return setSize(s.input, rows, cols)
}
