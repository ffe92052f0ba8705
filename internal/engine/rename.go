package engine

import (
	"errors"
	"fmt"
	"strings"

	"bantam/internal/container/folder"
)

// Rename gives a container another name.
func (e *Engine) Rename(old, name string) error {
	s, c, err := e.get(old)
	if err != nil {
		return err
	}
	name = strings.TrimPrefix(name, "/")
	if name == "" {
		return &Invalid{errors.New("new name cannot be empty")}
	}
	if name == c.Record.Name {
		return &Invalid{errors.New("Renaming a container with the same name as its current name")}
	}
	if err := folder.CheckName(name); err != nil {
		return &Invalid{err}
	}
	if err := s.Reserve(name, c.Record.ID); err != nil {
		return fmt.Errorf("Error when allocating new name: %w", err)
	}
	was := ""
	err = c.change(func(r *folder.Record) error {
		was, r.Name = r.Name, name
		return nil
	})
	if err != nil {
		s.Release(name, c.Record.ID)
		return err
	}
	s.Release(was, c.Record.ID)
	e.containerEvent(c.Record, "rename", "oldName", "/"+was)
	return nil
}
