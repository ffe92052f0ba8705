package folder

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Remove deletes the container's files and then its name. The caller holds the
// lock. The record goes first: from then on the folder is no container, and an
// interrupted removal is finished by [Store.List].
func (s *Store) Remove(f Folder, name string) error {
	unix.Unlink(f.Path("record.json"))
	if name != "" {
		s.Release(name, f.ID())
	}
	// What an ordinary container leaves, without listing; then whatever is still there.
	for _, n := range [...]string{"state.json", "hosts", "hostname", "resolv.conf"} {
		unix.Unlink(f.Path(n))
	}
	for _, n := range [...]string{"work/work", "work", "upper"} {
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
