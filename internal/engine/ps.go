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
}

// List returns the running containers, or all of them, newest first.
func (e *Engine) List(all bool) ([]Container, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	folders, err := s.List()
	if err != nil {
		return nil, err
	}
	var list []Container
	for _, f := range folders {
		c, err := e.look(s, f)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if all || c.State.Status == folder.Running {
			list = append(list, Container{c.Record, c.State, c.State.Status == folder.Running && c.marked(paused)})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Created.After(list[j].Created) })
	return list, nil
}
