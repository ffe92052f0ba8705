package folder

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NameTaken says who has the name.
type NameTaken struct{ Name, ID string }

func (e *NameTaken) Error() string {
	return fmt.Sprintf("Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that container to be able to reuse that name.", "/"+e.Name, e.ID)
}

// Reserve takes a name for a container, or says who has it. A name left by a
// creation that was killed is taken over.
func (s *Store) Reserve(name, id string) error {
	for {
		err := unix.Symlink(id, s.name(name))
		if err != unix.EEXIST {
			if err != nil {
				err = fmt.Errorf("reserve name %s: %w", name, err)
			}
			return err
		}
		owner, err := s.Owner(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		s.Settle(s.Folder(owner))
		if now, err := s.Owner(name); errors.Is(err, os.ErrNotExist) {
			continue
		} else if err == nil && now == owner && s.alive(owner) {
			return &NameTaken{name, owner}
		}
		if err := s.takeAway(name, owner); err != nil {
			return err
		}
	}
}

// takeAway frees a name whose container is dead. Those who want to do so at the same
// time take turns, or the slower one would take it from the quicker one's container.
func (s *Store) takeAway(name, owner string) error {
	fd, err := unix.Open(s.Root+"/names", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: s.Root + "/names", Err: err}
	}
	defer unix.Close(fd)
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, unix.LOCK_EX)
	}
	if err != nil {
		return &os.PathError{Op: "lock", Path: s.Root + "/names", Err: err}
	}
	if !s.alive(owner) {
		s.Release(name, owner)
	}
	return nil
}

// Owner returns the id behind a name.
func (s *Store) Owner(name string) (string, error) { return os.Readlink(s.name(name)) }

// Release gives a name back if the container still has it.
func (s *Store) Release(name, id string) {
	if owner, err := s.Owner(name); err == nil && owner == id {
		unix.Unlink(s.name(name))
	}
}

// releaseAll frees the names of a container that is no more, and whose record doesn't tell them.
func (s *Store) releaseAll(id string) {
	links, _ := os.ReadDir(s.Root + "/names")
	for _, l := range links {
		s.Release(l.Name(), id)
	}
}

func (s *Store) name(name string) string { return s.Root + "/names/" + name }

// alive: the container has a record, or someone is still making or removing it.
func (s *Store) alive(id string) bool {
	if s.has(id) {
		return true
	}
	l, err := s.Folder(id).TryLock()
	defer l.Free()
	// Who held the lock a moment ago may have written the record by now.
	return errors.Is(err, ErrBusy) || s.has(id)
}

// CheckName reports whether docker would accept the name: [a-zA-Z0-9][a-zA-Z0-9_.-]+.
func CheckName(name string) error {
	ok := len(name) > 1 && len(name) < 256
	for i := 0; i < len(name) && ok; i++ {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = alnum || i > 0 && (c == '_' || c == '.' || c == '-')
	}
	if !ok {
		return fmt.Errorf("Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", name)
	}
	return nil
}
