package container

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// readFile reads a file with the fewest system calls; "-" is standard input.
func readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(os.Stdin)
	}
	var fd int
	var err error
	for err = unix.EINTR; err == unix.EINTR; {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	b := make([]byte, 0, 16<<10)
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := unix.Read(fd, b[len(b):cap(b)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return b, nil
		default:
			b = b[:len(b)+n]
		}
	}
}

// writePidFile writes the pid so that nobody ever reads half of it.
func writePidFile(path string, pid int) error {
	if path == "" {
		return nil
	}
	dir, name := filepath.Split(path)
	next := dir + "." + name + "." + strconv.Itoa(os.Getpid())
	fd, err := unix.Open(next, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o666)
	if err != nil {
		return &os.PathError{Op: "create pid file", Path: next, Err: err}
	}
	_, err = unix.Write(fd, strconv.AppendInt(nil, int64(pid), 10))
	unix.Close(fd)
	if err == nil {
		err = unix.Rename(next, path)
	}
	if err != nil {
		_ = unix.Unlink(next)
		return &os.PathError{Op: "write pid file", Path: path, Err: err}
	}
	return nil
}

// checkPreserved refuses to promise descriptors that are not there: their numbers would
// go to files of ours.
func checkPreserved(n int) error {
	for fd := 3; fd < 3+n; fd++ {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return errors.New("preserve-fds: descriptor " + strconv.Itoa(fd) + " is not open")
		}
	}
	keepToOurselves(3 + n)
	return nil
}

// keepToOurselves makes what the caller has left open from descriptor first on end with us: hooks get their three alone.
func keepToOurselves(first int) {
	_ = unix.CloseRange(uint(first), ^uint(0)>>32, unix.CLOSE_RANGE_CLOEXEC)
}
