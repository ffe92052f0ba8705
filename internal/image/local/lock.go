package local

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A layer is deleted when no configuration names it, and an import makes the layer
// first and the configuration after it; a run reads the configuration first and
// writes its container's record after it. ROOT/images/.lock keeps these apart: it
// is shared by imports and runs, and only for those moments, and held alone to delete.

// Share keeps every image from being deleted until the returned function is called.
func (s *Store) Share() (free func(), err error) { return s.flock(unix.LOCK_SH) }

// Lock waits for those who share and keeps others from beginning. Delete wants it held.
func (s *Store) Lock() (free func(), err error) { return s.flock(unix.LOCK_EX) }

func (s *Store) flock(how int) (func(), error) {
	path := s.Root + "/images/.lock"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if errors.Is(err, unix.ENOENT) { // nothing was ever imported
		return func() {}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	for {
		switch err := unix.Flock(fd, how); err {
		case nil:
			return func() { unix.Close(fd) }, nil
		case unix.EINTR:
		default:
			unix.Close(fd)
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}
