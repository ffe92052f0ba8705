package cgroup

import (
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openFile opens a file of a group and tries again where a signal interrupts.
func openFile(dir int, path string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, path, flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// readAt returns a file's text.
func readAt(dir int, path string) (string, error) {
	fd, err := openFile(dir, path, unix.O_RDONLY)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	n := 0
	for {
		m, err := unix.Read(fd, buf[n:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return "", &os.PathError{Op: "read", Path: path, Err: err}
		case m == 0:
			return string(buf[:n]), nil
		default:
			if n += m; n == len(buf) {
				buf = append(buf, make([]byte, len(buf))...)
			}
		}
	}
}

func readFile(path string) (string, error) { return readAt(unix.AT_FDCWD, path) }

// readShort returns the one line that a file of at most 128 bytes holds, with
// one read instead of two.
func readShort(dir int, path string) (string, error) {
	fd, err := openFile(dir, path, unix.O_RDONLY)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	var buf [128]byte
	n, err := readRetry(fd, buf[:])
	unix.Close(fd)
	if err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	if n == len(buf) {
		return readAt(dir, path)
	}
	return strings.TrimSpace(string(buf[:n])), nil
}

func readRetry(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Read(fd, b)
		if err != unix.EINTR {
			return n, err
		}
	}
}

func writeRetry(fd int, s string) error {
	for {
		_, err := unix.Write(fd, unsafe.Slice(unsafe.StringData(s), len(s)))
		if err != unix.EINTR {
			return err
		}
	}
}

// WriteError says which value a file of a group refused.
type WriteError struct {
	Path, Value string
	Err         error
}

func (e *WriteError) Error() string {
	return "write " + quote(e.Value) + " to " + e.Path + ": " + e.Err.Error()
}

func (e *WriteError) Unwrap() error { return e.Err }

// write writes a value to a file in one write(2), as the kernel wants it.
func write(path, value string) error {
	fd, err := openFile(unix.AT_FDCWD, path, unix.O_WRONLY)
	if err != nil {
		return &WriteError{path, value, err}
	}
	err = writeRetry(fd, value)
	unix.Close(fd)
	if err != nil {
		return &WriteError{path, value, err}
	}
	return nil
}

func exists(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.F_OK, 0) == nil
}

func itoa(n int64) string  { return strconv.FormatInt(n, 10) }
func utoa(n uint64) string { return strconv.FormatUint(n, 10) }
func quote(s string) string {
	return strconv.Quote(s)
}
