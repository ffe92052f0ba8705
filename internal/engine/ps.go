package engine

import (
	"errors"
	"os"
	"sort"

	"bantam/internal/container/folder"
)

// Container is one line of a listing.
type Container struct {
	*folder.Record
	*folder.State
	Paused bool
	// SizeRw and SizeRootFs are bytes, of the writable layer and of all files, if they were asked for.
	SizeRw, SizeRootFs int64
}

// ListOptions are those of docker ps.
type ListOptions struct {
	All     bool // not just those that run
	Last    int  // so many of the newest, whatever their state; 0 is no limit
	Size    bool
	Filters Filters
}

// List returns the running containers, or all of them, newest first.
func (e *Engine) List(all bool) ([]Container, error) {
	return e.Containers(&ListOptions{All: all})
}

// Containers lists containers, newest first.
func (e *Engine) Containers(o *ListOptions) ([]Container, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	fits, err := e.containerFilter(o.Filters)
	if err != nil {
		return nil, err
	}
	folders, err := s.List()
	if err != nil {
		return nil, err
	}
	all := o.All || o.Last > 0 || o.Filters.Has("status")
	var list []Container
	for _, f := range folders {
		c, err := e.look(s, f)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		line := Container{Record: c.Record, State: c.State, Paused: c.State.Status == folder.Running && c.marked(paused)}
		if (all || c.State.Status == folder.Running) && fits(&line) {
			list = append(list, line)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Created.After(list[j].Created) })
	if o.Last > 0 && len(list) > o.Last {
		list = list[:o.Last]
	}
	if o.Size {
		err = e.measure(s, list)
	}
	return list, err
}

// measure fills in the sizes.
func (e *Engine) measure(s *folder.Store, list []Container) (err error) {
	for i := range list {
		l := &list[i]
		c := &container{Folder: s.Folder(l.ID), Record: l.Record}
		if l.SizeRw, l.SizeRootFs, err = e.sizes(c); err != nil {
			return err
		}
	}
	return nil
}
