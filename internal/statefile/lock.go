package statefile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock is a held flock on a folder. It belongs to the open file, so it goes over to
// whoever inherits the descriptor, without a gap, and ends with its last holder.
type Lock struct{ FD int }

// ErrBusy says that someone else holds the lock.
var ErrBusy = errors.New("it is looked after by another process")

// LockDir waits for the lock of a folder. One removed meanwhile is os.ErrNotExist.
func LockDir(dir string) (*Lock, error) { return lock(dir, unix.LOCK_EX) }

// ShareDir is LockDir, but with others who share it.
func ShareDir(dir string) (*Lock, error) { return lock(dir, unix.LOCK_SH) }

// TryLockDir takes the lock or fails with ErrBusy.
func TryLockDir(dir string) (*Lock, error) { return lock(dir, unix.LOCK_EX|unix.LOCK_NB) }

// TryLock is TryLockDir for an open folder. The lock keeps the descriptor, which otherwise stays the caller's.
func TryLock(fd int) (*Lock, error) { return lockOpen(fd, unix.LOCK_EX|unix.LOCK_NB) }

func lock(dir string, how int) (*Lock, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", dir, err)
	}
	l, err := lockOpen(fd, how)
	if err != nil {
		unix.Close(fd)
	}
	if err != nil && err != ErrBusy {
		err = fmt.Errorf("lock folder %s: %w", dir, err)
	}
	return l, err
}

func lockOpen(fd, how int) (*Lock, error) {
	err := error(unix.EINTR)
	for err == unix.EINTR {
		err = unix.Flock(fd, how)
	}
	if err == unix.EWOULDBLOCK {
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
		return nil, err
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
