package folder

import (
	"errors"
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Mark is a file in a container's folder by which one command tells others what is going on for a while. The folder of marks
// is there as long as there is one, so that who looks at a thousand containers, of which few have any, asks once for each.
type Mark string

// Paused says that the container's processes are frozen.
const Paused Mark = "paused"

// kept says that the container stays when it ends, though it is one of --rm: it is being restarted. It counts as long as who has made it lives.
const kept Mark = "kept"

const marksFolder = "marks"

// MarkPath is where a mark is, if it is there.
func (f Folder) MarkPath(m Mark) string { return f.Path(marksFolder) + "/" + string(m) }

// Mark makes a mark by make, which is called again if somebody has taken the last other one away meanwhile.
func (f Folder) Mark(m Mark, make func(path string) error) error {
	path := f.MarkPath(m)
	for {
		if err := unix.Mkdir(f.Path(marksFolder), 0o700); err != nil && err != unix.EEXIST {
			return &os.PathError{Op: "make", Path: f.Path(marksFolder), Err: err}
		}
		err := make(path)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			err = &os.PathError{Op: "make", Path: path, Err: err}
		}
		return err
	}
}

// Unmark takes a mark away, be it a file or an empty folder.
func (f Folder) Unmark(m Mark) {
	if unix.Unlink(f.MarkPath(m)) == unix.EISDIR {
		unix.Rmdir(f.MarkPath(m))
	}
	unix.Rmdir(f.Path(marksFolder))
}

// Marked says whether there is such a mark.
func (f Folder) Marked(m Mark) bool { return unix.Access(f.MarkPath(m), unix.F_OK) == nil }

// Keep has the container stay when it ends, whatever its record says, until release is called or this process ends.
func (f Folder) Keep() (release func(), err error) {
	for {
		err := f.Mark(kept, func(path string) error {
			if err := unix.Mkdir(path, 0o700); err != unix.EEXIST {
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		lock, err := statefile.ShareDir(f.MarkPath(kept))
		if errors.Is(err, os.ErrNotExist) {
			continue // another one's release was quicker
		}
		if err != nil {
			return nil, err
		}
		return func() {
			if _, err := statefile.TryLock(lock.FD); err == nil { // else somebody else needs it, too
				f.Unmark(kept)
			}
			lock.Free()
		}, nil
	}
}

// Kept says that somebody keeps the container.
func (f Folder) Kept() bool {
	lock, err := statefile.TryLockDir(f.MarkPath(kept))
	if err == nil {
		lock.Free()
	}
	return errors.Is(err, ErrBusy)
}
