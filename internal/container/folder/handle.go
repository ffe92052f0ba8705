package folder

import (
	"errors"
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Handle is a container's open folder. What is in it is reached without looking up the folder's path
// each time, which is half of the work where there are a thousand of them.
type Handle struct{ fd int }

// Open opens the folder.
func (f Folder) Open() (Handle, error) {
	fd, err := unix.Open(f.Dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Handle{-1}, &os.PathError{Op: "open", Path: f.Dir, Err: err}
	}
	return Handle{fd}, nil
}

// Close closes it, unless it has become a lock.
func (h *Handle) Close() {
	if h.fd >= 0 {
		unix.Close(h.fd)
		h.fd = -1
	}
}

// Record is [Folder.ReadRecord] into a record that may be another's.
func (h *Handle) Record(r *Record) error {
	*r = Record{}
	return statefile.ReadAt(h.fd, recordFile, r.members)
}

// State is [Folder.ReadState] into a state that may be another's.
func (h *Handle) State(st *State) error {
	*st = State{Status: Created}
	err := statefile.ReadAt(h.fd, stateFile, st.members)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return err
}

// Marked says whether there are any marks: see [Mark].
func (h *Handle) Marked() bool {
	var st unix.Stat_t
	return unix.Fstatat(h.fd, marksFolder, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// TryLock is [Folder.TryLock]. The lock takes the handle over.
func (h *Handle) TryLock() (*Lock, error) {
	l, err := statefile.TryLock(h.fd)
	if err == nil {
		h.fd = -1
	}
	return l, err
}
