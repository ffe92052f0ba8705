package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// NotFound is docker's error for a container that is not there.
type NotFound struct{ Name string }

func (e *NotFound) Error() string { return "No such container: " + e.Name }

// Find resolves a full id, a name or an unambiguous prefix of an id, in that order.
func (s *Store) Find(text string) (Folder, error) {
	text = strings.TrimPrefix(text, "/")
	if text == "" || strings.ContainsAny(text, "/\x00") {
		return Folder{}, &NotFound{text}
	}
	if len(text) == 64 && s.has(text) {
		return s.Folder(text), nil
	}
	if id, err := s.Owner(text); err == nil && s.has(id) {
		return s.Folder(id), nil
	}
	return s.prefix(text)
}

func (s *Store) has(id string) bool {
	return unix.Access(s.Folder(id).Path(recordFile), unix.F_OK) == nil
}

func (s *Store) prefix(text string) (Folder, error) {
	ids, err := s.ids()
	if err != nil {
		return Folder{}, err
	}
	var found string
	for _, id := range ids {
		if !strings.HasPrefix(id, text) || !s.has(id) {
			continue
		}
		if found != "" {
			return Folder{}, fmt.Errorf("multiple IDs found with provided prefix: %s", text)
		}
		found = id
	}
	if found == "" {
		return Folder{}, &NotFound{text}
	}
	return s.Folder(found), nil
}

func (s *Store) ids() ([]string, error) {
	d, err := os.Open(s.Root + "/containers")
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// List returns every container. Folders left by a killed creation or removal are
// cleared away; those that someone is working on are passed over.
func (s *Store) List() ([]Folder, error) {
	all, err := s.All()
	if err != nil {
		return nil, err
	}
	list := all[:0]
	for _, f := range all {
		if s.has(f.ID()) {
			list = append(list, f)
		} else if err := s.Sweep(f); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// All returns every folder; one without a record is for Sweep.
func (s *Store) All() ([]Folder, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	list := make([]Folder, len(ids))
	for i, id := range ids {
		list[i] = s.Folder(id)
	}
	return list, nil
}

// Sweep clears a folder without a record away, unless someone is working on it.
func (s *Store) Sweep(f Folder) error {
	l, err := f.TryLock()
	if errors.Is(err, ErrBusy) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.Free()
	if id := f.ID(); !s.has(id) {
		s.Remove(f, "")
		s.releaseAll(id)
	}
	return nil
}
