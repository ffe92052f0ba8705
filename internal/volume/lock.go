package volume

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock is a held flock on a volume's folder.
type Lock struct{ fd int }

// Free gives the lock up.
func (l *Lock) Free() {
	if l != nil && l.fd >= 0 {
		unix.Close(l.fd)
		l.fd = -1
	}
}

// Lock waits until nobody else fills, mounts or removes the volume. One removed meanwhile is os.ErrNotExist.
func (v *Volume) Lock() (*Lock, error) { return v.lock(unix.LOCK_EX) }

func (v *Volume) lock(how int) (*Lock, error) { return lock(v.Dir, how) }

// lock locks the folder that has that name when the lock is got.
func lock(dir string, how int) (*Lock, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, how)
	}
	var own, there unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &own)
	}
	if err == nil {
		err = unix.Lstat(dir, &there)
	}
	if err == nil && (own.Ino != there.Ino || own.Dev != there.Dev) {
		err = unix.ENOENT
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("lock: %w", &os.PathError{Op: "lock", Path: dir, Err: err})
	}
	return &Lock{fd}, nil
}
