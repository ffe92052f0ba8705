package folder

import (
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Lock is the lock of a container's folder: its monitor's, and before that the command's.
type Lock = statefile.Lock

// ErrBusy says that someone else, usually the monitor, holds the lock.
var ErrBusy = statefile.ErrBusy

// Lock waits for the lock. A folder removed meanwhile is os.ErrNotExist.
func (f Folder) Lock() (*Lock, error) { return statefile.LockDir(f.Dir) }

// TryLock takes the lock or fails with ErrBusy.
func (f Folder) TryLock() (*Lock, error) { return statefile.TryLockDir(f.Dir) }

// Turn is for who changes the record of a container, which may run: the monitor holds the
// other lock then. It waits until nobody else does so.
func (f Folder) Turn() (*Lock, error) {
	path := f.Path("turn")
	if err := unix.Mkdir(path, 0o700); err != nil && err != unix.EEXIST {
		return nil, &os.PathError{Op: "make", Path: path, Err: err}
	}
	return statefile.LockDir(path)
}
