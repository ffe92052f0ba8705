package folder

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock is a held flock on a container's folder. It belongs to the open file, so
// it goes over to whoever inherits the descriptor: client to monitor, no gap.
type Lock struct{ FD int }

// ErrBusy says that someone else, usually the monitor, holds the lock.
var ErrBusy = errors.New("container is looked after by another process")

// Lock waits for the lock. A folder removed meanwhile is os.ErrNotExist.
func (f Folder) Lock() (*Lock, error) { return f.lock(unix.LOCK_EX) }

// TryLock takes the lock or fails with ErrBusy.
func (f Folder) TryLock() (*Lock, error) { return f.lock(unix.LOCK_EX | unix.LOCK_NB) }

func (f Folder) lock(how int) (*Lock, error) {
	fd, err := unix.Open(f.Dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open container folder %s: %w", f.Dir, err)
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, how)
	}
	if err == unix.EWOULDBLOCK {
		unix.Close(fd)
		return nil, ErrBusy
	}
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err == nil && st.Nlink == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("lock container folder %s: %w", f.Dir, err)
	}
	return &Lock{fd}, nil
}

// Free gives the lock up.
func (l *Lock) Free() {
	if l != nil && l.FD >= 0 {
		unix.Close(l.FD)
		l.FD = -1
	}
}
