package folder

import (
	"fmt"
	"os"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Remove deletes the container's files and then its name. The caller holds the
// lock. The record goes first: from then on the folder is no container, and an
// interrupted removal is finished by [Store.List].
func (s *Store) Remove(f Folder, name string) error {
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
	unix.Unlink(f.Path("record.json"))
	s.settle(f)
	if name != "" {
		s.Release(name, f.ID())
	}
	f.ForgetVolatile()
	// What an ordinary container leaves, without listing; then whatever is still there.
	for _, n := range [...]string{"state.json", "hosts", "hostname", "resolv.conf", "stopped"} {
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

// ForgetVolatile removes what overlayfs leaves of a volatile mount, which keeps it from being mounted again: after a power cut its files may be
// any (Documentation/filesystems/overlayfs.rst, volatile mount).
func (f Folder) ForgetVolatile() {
	if unix.Unlink(f.Path("work/work/incompat/volatile/dirty")) == nil {
		unix.Rmdir(f.Path("work/work/incompat/volatile"))
		unix.Rmdir(f.Path("work/work/incompat"))
	}
}
