package folder

import "bantam/internal/statefile"

// Lock is the lock of a container's folder: its monitor's, and before that the command's.
type Lock = statefile.Lock

// ErrBusy says that someone else, usually the monitor, holds the lock.
var ErrBusy = statefile.ErrBusy

// Lock waits for the lock. A folder removed meanwhile is os.ErrNotExist.
func (f Folder) Lock() (*Lock, error) { return statefile.LockDir(f.Dir) }

// TryLock takes the lock or fails with ErrBusy.
func (f Folder) TryLock() (*Lock, error) { return statefile.TryLockDir(f.Dir) }
