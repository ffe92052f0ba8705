package folder

import (
	"errors"
	"fmt"
	"io"
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Remove deletes the container's name and files. The caller holds the lock.
func (s *Store) Remove(f Folder, name string) error {
	s.Forget(f, name)
	return f.Clear()
}

// goneRecord is what becomes of the record of a container that is gone: to give a file's blocks back can take the disk's time, to rename it doesn't.
const goneRecord = "record.gone"

// Forget lets the container be gone: its record goes first, from then on the folder is no container, and then
// its name. What is left for [Folder.Clear] is cleared away by [Store.Sweep] should that be interrupted. The caller holds the lock.
func (s *Store) Forget(f Folder, name string) {
	// Whoever changes the record has done so by then, and nobody does afterwards.
	if turn, err := statefile.LockDir(f.Path("turn")); err == nil {
		defer turn.Free()
	}
	if owner, err := s.Owner(name); name != "" && (err != nil || owner != f.ID()) {
		// It has been renamed since the caller read its record.
		if r, err := f.ReadRecord(); err == nil {
			name = r.Name
		}
	}
	if unix.Rename(f.Path("record.json"), f.Path(goneRecord)) != nil {
		unix.Unlink(f.Path("record.json"))
	}
	s.settle(f)
	if name != "" {
		s.Release(name, f.ID())
	}
}

// Clear deletes the files of a container that is gone.
func (f Folder) Clear() error {
	f.ForgetVolatile()
	// What an ordinary container leaves, without listing; then whatever is still there.
	for _, n := range [...]string{goneRecord, "state.json", "hosts", "hostname", "resolv.conf", "stopped"} {
		unix.Unlink(f.Path(n))
	}
	for _, n := range [...]string{"work/work", "work", "upper", "turn", marksFolder} {
		unix.Rmdir(f.Path(n))
	}
	if unix.Rmdir(f.Dir) == nil {
		return nil
	}
	if err := os.RemoveAll(f.Dir); err != nil {
		return fmt.Errorf("remove container folder %s: %w", f.Dir, err)
	}
	return nil
}

// Unwritten says that the container's layer has nothing in it.
func (f Folder) Unwritten() bool {
	d, err := os.Open(f.Path("upper"))
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	defer d.Close()
	_, err = d.ReadDir(1)
	return err == io.EOF
}

// ForgetVolatile removes what overlayfs leaves of a volatile mount, which keeps it from being mounted again: after a power cut its files may be
// any (Documentation/filesystems/overlayfs.rst, volatile mount).
func (f Folder) ForgetVolatile() {
	if unix.Unlink(f.Path("work/work/incompat/volatile/dirty")) == nil {
		unix.Rmdir(f.Path("work/work/incompat/volatile"))
		unix.Rmdir(f.Path("work/work/incompat"))
	}
}
