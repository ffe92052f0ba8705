package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// renaming is a link in a container's folder while it is renamed, to "OLD/NEW". One that is found after its
// command was killed tells which names the container may hold besides its own.
const renaming Mark = "renaming"

// Rename gives a container another name and returns the one that it had.
func (s *Store) Rename(f Folder, to string) (was string, err error) {
	turn, err := f.Turn()
	if err != nil {
		return "", err
	}
	defer turn.Free()
	s.settle(f)
	r, err := f.ReadRecord()
	if err != nil {
		return "", err
	}
	was = r.Name
	if err := f.Mark(renaming, func(path string) error { return unix.Symlink(was+"/"+to, path) }); err != nil {
		return was, err
	}
	defer s.settle(f)
	if err := s.Reserve(to, r.ID); err != nil {
		return was, fmt.Errorf("Error when allocating new name: %w", err)
	}
	r.Name = to
	return was, f.WriteRecord(r, true)
}

// Settle gives back what a rename that was killed has left.
func (s *Store) Settle(f Folder) {
	var st unix.Stat_t
	if unix.Lstat(f.MarkPath(renaming), &st) != nil {
		return
	}
	if turn, err := statefile.TryLockDir(f.Path("turn")); err == nil {
		s.settle(f)
		turn.Free()
	}
}

// settle keeps the name of the record and frees the other; the caller has the turn, or removes the container.
func (s *Store) settle(f Folder) {
	names, err := os.Readlink(f.MarkPath(renaming))
	if err != nil {
		return
	}
	r, err := f.ReadRecord()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return
	}
	for name := range strings.SplitSeq(names, "/") {
		if name != r.Name {
			s.Release(name, f.ID())
		}
	}
	f.Unmark(renaming)
}
