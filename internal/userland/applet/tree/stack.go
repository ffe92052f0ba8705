// Package tree walks folders and all that is below them without ever leaving the
// tree, whoever renames what in it meanwhile. Every step is relative to a
// descriptor and refuses symbolic links (O_NOFOLLOW), so a folder that is swapped
// for a link is an error and not a way out. Paths are for messages only; a tree may
// be deeper than PATH_MAX and than there are descriptors.
package tree

import (
	"syscall"

	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

// ErrMoved is the error for a folder that was moved elsewhere while it was worked on.
const ErrMoved = syscall.ESTALE

// mostOpen is how many folders of a stack stay open. Those further up are closed
// and opened again as ".." of the one below, which must then be the same folder.
const mostOpen = 96

// Stack is a chain of folders, each entered from the one before. The zero Stack
// stands in the current directory.
type Stack struct {
	levels []level
	open   int
}

type level struct {
	fd       int // -1 while closed
	dev, ino uint64
	linked   bool // entered through a link: its ".." is not the level above
}

// Top is the descriptor of the last folder, AT_FDCWD for an empty stack.
func (s *Stack) Top() int {
	if len(s.levels) == 0 {
		return unix.AT_FDCWD
	}
	return s.levels[len(s.levels)-1].fd
}

// Depth is how many folders have been entered.
func (s *Stack) Depth() int { return len(s.levels) }

// Enter opens a folder in the last one and makes it the last one. Only with follow
// may the name be a symbolic link.
func (s *Stack) Enter(name string, follow bool) error {
	flags := syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_NONBLOCK
	if !follow {
		flags |= syscall.O_NOFOLLOW
	}
	for s.open >= mostOpen && s.closeOne() {
	}
	fd, err := applet.OpenAt(s.Top(), name, flags, 0)
	for err == syscall.EMFILE && s.closeOne() {
		fd, err = applet.OpenAt(s.Top(), name, flags, 0)
	}
	if err != nil {
		return err
	}
	s.levels = append(s.levels, level{fd: fd, linked: follow})
	s.open++
	return nil
}

// closeOne closes the uppermost folder that can be found again.
func (s *Stack) closeOne() bool {
	for i := 0; i+1 < len(s.levels); i++ {
		l := &s.levels[i]
		if l.fd < 0 || s.levels[i+1].linked {
			continue
		}
		var err error
		if l.dev, l.ino, err = identity(l.fd); err != nil {
			continue
		}
		syscall.Close(l.fd)
		l.fd = -1
		s.open--
		return true
	}
	return false
}

func identity(fd int) (dev, ino uint64, err error) {
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	return uint64(st.Dev), st.Ino, err
}

// Leave goes back to the folder above. The error says that it can't be found again;
// nothing of the stack is usable then.
func (s *Stack) Leave() error {
	last := len(s.levels) - 1
	var err error
	if last > 0 && s.levels[last-1].fd < 0 {
		err = s.reopen(&s.levels[last-1], s.levels[last].fd)
	}
	if fd := s.levels[last].fd; fd >= 0 {
		syscall.Close(fd)
		s.open--
	}
	s.levels = s.levels[:last]
	return err
}

func (s *Stack) reopen(l *level, below int) error {
	fd, err := applet.OpenAt(below, "..", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	dev, ino, err := identity(fd)
	if err == nil && (dev != l.dev || ino != l.ino) {
		err = ErrMoved
	}
	if err != nil {
		syscall.Close(fd)
		return err
	}
	l.fd = fd
	s.open++
	return nil
}

// Holds says whether the folder is one of the stack's.
func (s *Stack) Holds(dev, ino uint64) bool {
	for _, l := range s.levels {
		d, i := l.dev, l.ino
		if l.fd >= 0 {
			d, i, _ = identity(l.fd)
		}
		if d == dev && i == ino {
			return true
		}
	}
	return false
}

// Close closes all folders.
func (s *Stack) Close() {
	for _, l := range s.levels {
		if l.fd >= 0 {
			syscall.Close(l.fd)
		}
	}
	s.levels, s.open = s.levels[:0], 0
}
