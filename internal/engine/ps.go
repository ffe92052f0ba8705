package engine

import (
	"errors"
	"os"
	"sort"
	"sync"
	"time"

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
	return Rows(e, o, kept)
}

// kept is a container that stays when the call is over.
func kept(c *Container) Container {
	own := *c
	r, st := *c.Record, *c.State
	own.Record, own.State = &r, &st
	return own
}

// Lines makes a text of every container that is asked for, as [Rows] does.
func (e *Engine) Lines(o *ListOptions, do func(c *Container) []byte) ([][]byte, error) {
	return Rows(e, o, do)
}

// row is what is made of a container, and what it is sorted by.
type row[T any] struct {
	created time.Time
	made    T
}

// Rows makes something of every container that is asked for, newest first. A container is there
// for the call alone, the next one takes its memory, as of a thousand that would be the most of what a list costs. Calls
// are made side by side. Those that are to be measured are kept until it is known which they are.
func Rows[T any](e *Engine, o *ListOptions, do func(c *Container) T) ([]T, error) {
	if !o.Size {
		return rowsOf(e, o, do)
	}
	list, err := rowsOf(e, o, kept)
	if err == nil {
		err = e.measure(list)
	}
	if err != nil {
		return nil, err
	}
	made := make([]T, len(list))
	for i := range list {
		made[i] = do(&list[i])
	}
	return made, nil
}

func rowsOf[T any](e *Engine, o *ListOptions, do func(c *Container) T) ([]T, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	fits, err := e.containerFilter(o.Filters)
	if err != nil {
		return nil, err
	}
	all := o.All || o.Last > 0 || o.Filters.Has("status")
	var mu sync.Mutex
	var rows []row[T]
	err = e.everyContainer(s, func(c *container) {
		line := Container{Record: c.Record, State: c.State, Paused: c.paused}
		if (all || c.State.Status == folder.Running) && fits(&line) {
			made := do(&line)
			mu.Lock()
			rows = append(rows, row[T]{c.Record.Created, made})
			mu.Unlock()
		}
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].created.After(rows[j].created) })
	if o.Last > 0 && len(rows) > o.Last {
		rows = rows[:o.Last]
	}
	var list []T
	for i := range rows {
		list = append(list, rows[i].made)
	}
	return list, nil
}

// everyContainer shows all of them, in no order; a container is to be looked at during the call alone.
func (e *Engine) everyContainer(s *folder.Store, visit func(c *container)) error {
	folders, err := s.All()
	if err != nil {
		return err
	}
	orphans := make([]*container, len(folders))
	locks := make([]*folder.Lock, len(folders))
	err = inRows(len(folders), func() func(i int) error {
		c := &container{Record: new(folder.Record), State: new(folder.State)}
		return func(i int) (err error) {
			c.Folder = folders[i]
			locks[i], err = c.glance(s)
			switch {
			case errors.Is(err, os.ErrNotExist): // it is being removed, or a killed command has left it
				return s.Sweep(folders[i])
			case locks[i] != nil:
				orphans[i] = &container{Folder: c.Folder}
			case err == nil:
				visit(c)
			}
			return err
		}
	})
	for i, c := range orphans {
		if c == nil {
			continue
		}
		if err != nil {
			locks[i].Free()
		} else if c, err = e.putRight(s, c, locks[i]); err == nil {
			visit(c)
		} else if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	return err
}

// measure fills in the sizes.
func (e *Engine) measure(list []Container) (err error) {
	s := &folder.Store{Root: e.Root}
	for i := range list {
		l := &list[i]
		c := &container{Folder: s.Folder(l.ID), Record: l.Record}
		if l.SizeRw, l.SizeRootFs, err = e.sizes(c); err != nil {
			return err
		}
	}
	return nil
}
