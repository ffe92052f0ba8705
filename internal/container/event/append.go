package event

import (
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// maxSize is where the log is rotated: with the one before it, some thousands of
// events are kept. docker keeps 256.
const maxSize = 1 << 20

func dir(root string) string { return root + "/events" }

// Append writes an event to the log of a root. The kernel orders concurrent writers.
func Append(root string, e *Event) error {
	fd, err := openLog(root)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	b := e.encode()
	if _, err := unix.Write(fd, b); err != nil {
		return &os.PathError{Op: "write", Path: dir(root) + "/log", Err: err}
	}
	if end, err := unix.Seek(fd, 0, unix.SEEK_CUR); err == nil && end >= maxSize {
		rotate(root)
	}
	return nil
}

func openLog(root string) (int, error) {
	path := dir(root) + "/log"
	for {
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o640)
		switch err {
		case nil:
			return fd, nil
		case unix.ENOENT:
			if err := os.MkdirAll(dir(root), 0o710); err != nil {
				return -1, err
			}
		case unix.EINTR:
		default:
			return -1, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// rotate begins a new log. Who finds that another one does so, or reads, leaves it to
// the next writer. An event that is on its way into the old log meanwhile gets there.
func rotate(root string) {
	lock, err := statefile.TryLockDir(dir(root))
	if err != nil {
		return
	}
	defer lock.Free()
	var st unix.Stat_t
	path := dir(root) + "/log"
	if unix.Stat(path, &st) == nil && st.Size >= maxSize {
		unix.Rename(path, path+".1")
	}
}
