package network

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Store is all networks below one root.
type Store struct{ Root string }

// Folder is one network's place on disk.
type Folder struct{ Dir string }

// NotFound is docker's error for a network that is not there.
type NotFound struct{ Name string }

func (e *NotFound) Error() string { return "network " + e.Name + " not found" }

// Folder returns the place of the network with that full id.
func (s *Store) Folder(id string) Folder { return Folder{s.Root + "/networks/" + id} }

// ID is the network's.
func (f Folder) ID() string { return filepath.Base(f.Dir) }

// Read reads the network's record.
func (f Folder) Read() (*Network, error) {
	n := new(Network)
	return n, statefile.Read(f.Dir+"/network.json", n.members)
}

func (f Folder) exists() bool { return unix.Access(f.Dir+"/network.json", unix.F_OK) == nil }

// Lock takes the lock that orders creation, removal and setting up of networks.
func (s *Store) Lock() (*statefile.Lock, error) {
	for _, d := range [...]string{"/networks", "/network-names"} {
		if err := os.MkdirAll(s.Root+d, 0o710); err != nil {
			return nil, fmt.Errorf("prepare root %s: %w", s.Root, err)
		}
	}
	return statefile.LockDir(s.Root + "/networks")
}

// NameTaken says that there is a network of that name.
type NameTaken struct{ Name string }

func (e *NameTaken) Error() string { return "network with name " + e.Name + " already exists" }

// Create writes a new network to disk; the caller holds the lock. What a killed creation
// left of that name gives way.
func (s *Store) Create(n *Network) error {
	if s.has(n.Name) {
		return &NameTaken{n.Name}
	}
	f, link := s.Folder(n.ID), s.name(n.Name)
	unix.Unlink(link)
	err := unix.Symlink(n.ID, link)
	for _, d := range [...]string{"", "/leases", "/endpoints", "/names"} {
		if err == nil {
			err = unix.Mkdir(f.Dir+d, 0o710)
		}
	}
	if err == nil {
		err = s.Write(n)
	}
	if err != nil {
		s.Remove(n)
		return fmt.Errorf("create network %s: %w", n.Name, err)
	}
	return nil
}

// Write replaces the network's record; the caller holds the lock.
func (s *Store) Write(n *Network) error {
	return statefile.Replace(s.Folder(n.ID).Dir, "network.json", statefile.Encode(n.members), 0o600, true)
}

// Remove deletes a network's files; the caller holds the lock. The record goes first: from then on
// the network is none.
func (s *Store) Remove(n *Network) error {
	f := s.Folder(n.ID)
	unix.Unlink(f.Dir + "/network.json")
	if id, err := os.Readlink(s.name(n.Name)); err == nil && id == n.ID {
		unix.Unlink(s.name(n.Name))
	}
	return os.RemoveAll(f.Dir)
}

func (s *Store) name(name string) string { return s.Root + "/network-names/" + name }

func (s *Store) has(name string) bool {
	id, err := os.Readlink(s.name(name))
	return err == nil && s.Folder(id).exists()
}

// Find resolves a full id, a name or an unambiguous prefix of an id, in that order.
func (s *Store) Find(text string) (*Network, error) {
	if text == "" || strings.ContainsAny(text, "/\x00") || text == "." || text == ".." {
		return nil, &NotFound{text}
	}
	if len(text) == 64 {
		if n, err := s.Folder(text).Read(); err == nil {
			return n, nil
		}
	}
	if id, err := os.Readlink(s.name(text)); err == nil {
		if n, err := s.Folder(id).Read(); !errors.Is(err, os.ErrNotExist) {
			return n, err
		}
	}
	return s.prefix(text)
}

func (s *Store) prefix(text string) (*Network, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return !strings.HasPrefix(id, text) })
	switch len(ids) {
	case 0:
		return nil, &NotFound{text}
	case 1:
		return s.Folder(ids[0]).Read()
	}
	return nil, fmt.Errorf("network %s is ambiguous (%d matches found based on ID prefix)", text, len(ids))
}

// ids are those of the networks that there are, without what a killed creation left.
func (s *Store) ids() ([]string, error) {
	ids, err := names(s.Root + "/networks")
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !s.Folder(id).exists() }), nil
}

// List returns every network.
func (s *Store) List() ([]*Network, error) {
	ids, err := s.ids()
	if err != nil {
		return nil, err
	}
	var list []*Network
	for _, id := range ids {
		n, err := s.Folder(id).Read()
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// names lists a folder; one that isn't there is empty.
func names(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}
