package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"
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
	_, err := os.Lstat(s.Folder(id).Path("record.json"))
	return err == nil
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
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	list := make([]Folder, 0, len(ids))
	for _, id := range ids {
		f := s.Folder(id)
		if s.has(id) {
			list = append(list, f)
			continue
		}
		if l, err := f.TryLock(); err == nil {
			if !s.has(id) {
				s.Remove(f, "")
				s.releaseAll(id)
			}
			l.Free()
		} else if !errors.Is(err, ErrBusy) && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return list, nil
}
