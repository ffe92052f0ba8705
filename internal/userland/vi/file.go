package vi

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// open puts a file into the editor. What can't be read begins empty.
func (e *editor) open(name string) (newFile bool) {
	data, err := readFile(name)
	if name != "" {
		e.rename(name)
	}
	e.t.load(string(data))
	e.screen.top, e.screen.offset, e.column = 0, 0, 0
	e.original.line = -1
	if e.screen.shown != nil {
		e.forget()
	}
	switch {
	case name == "" || err == syscall.ENOENT:
		e.readonly = e.c.Has("R")
		return true
	case err == errNotRegular:
		e.warn("'" + name + "' is not a regular file")
	case err != nil:
		e.warnError(name, err)
	}
	e.readonly = e.c.Has("R") || !writable(name)
	return false
}

type failure string

func (f failure) Error() string { return string(f) }

const errNotRegular = failure("not a regular file")

// readFile reads a regular file: a device or a pipe might never end.
func readFile(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	fd, err := applet.OpenFile(name, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nil, errNotRegular
	}
	return applet.ReadAll(fd)
}

// writable says whether a file may be written to. Root always may, so that the
// permissions are looked at, too.
func writable(name string) bool {
	var st syscall.Stat_t
	return syscall.Access(name, 2) == nil && syscall.Stat(name, &st) == nil && st.Mode&0o222 != 0
}

func (e *editor) rename(name string) {
	if name != e.name {
		e.other, e.name = e.name, name
	}
}

// save writes lines to a file: over what it has, so that it stays the same file with the
// same owner and permissions. Room is made for all of it first, so that a full disk
// doesn't leave it half written.
func save(name string, lines []string) (written int, err error) {
	data := []byte(strings.Join(lines, "\n") + "\n")
	fd, err := applet.OpenFile(name, syscall.O_WRONLY|syscall.O_CREAT, 0o666)
	if err != nil {
		return 0, err
	}
	const keepSize = 1
	if err := unix.Fallocate(fd, keepSize, 0, int64(len(data))); err == syscall.ENOSPC || err == syscall.EDQUOT {
		syscall.Close(fd)
		return 0, err
	}
	err = applet.WriteFd(fd, data)
	if err == nil {
		// Devices can't be cut.
		if e := syscall.Ftruncate(fd, int64(len(data))); e != nil && e != syscall.EINVAL {
			err = e
		}
	}
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	return len(data), err
}

// expand puts the names of this and the other file in place of % and #.
func (e *editor) expand(args string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(args); i++ {
		name := ""
		switch c := args[i]; {
		case c == '\\' && i+1 < len(args):
			i++
			b.WriteByte(args[i])
			continue
		case c == '%':
			name = e.name
		case c == '#':
			name = e.other
		default:
			b.WriteByte(c)
			continue
		}
		if name == "" {
			e.warn("No previous filename")
			return "", false
		}
		b.WriteString(name)
	}
	return b.String(), true
}
