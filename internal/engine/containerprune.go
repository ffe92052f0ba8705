package engine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"bantam/internal/container/folder"
)

// ContainerPrune removes the containers that don't run. Filters are until, label and label!.
func (e *Engine) ContainerPrune(f Filters) (*Pruned, error) {
	if err := f.Check("until", "label", "label!"); err != nil {
		return nil, err
	}
	until, err := f.Until()
	if err != nil {
		return nil, err
	}
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	list, err := e.List(true)
	if err != nil {
		return nil, err
	}
	p := &Pruned{}
	for i := range list {
		l := &list[i]
		if l.Status == folder.Running || l.Status == folder.Restarting || !l.Created.Before(until) || !f.PruneLabels(l.Config.Labels) {
			continue
		}
		c := &container{Folder: s.Folder(l.ID), Record: l.Record}
		size, err := treeSize(c.Path("upper"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return p, err
		}
		err = e.Remove(l.ID, RemoveOptions{})
		var missing *folder.NotFound
		var conflict *Conflict
		switch {
		case errors.As(err, &missing), errors.As(err, &conflict):
			continue // somebody was quicker to remove it or to start it
		case err != nil:
			return p, err
		}
		p.Names = append(p.Names, l.ID)
		p.Space += size
	}
	e.event("container", "prune", "", map[string]string{"reclaimed": strconv.FormatInt(p.Space, 10)})
	return p, nil
}

// Until is the time that prune's filter until names; without one it is now.
func (f Filters) Until() (time.Time, error) {
	now := time.Now()
	switch len(f["until"]) {
	case 0:
		return now, nil
	case 1:
		t, err := ParseTime(f["until"][0], now)
		if err != nil {
			return t, &Invalid{err}
		}
		return t, nil
	}
	return now, &Invalid{fmt.Errorf("more than one until filter specified")}
}
