package engine

import (
	"errors"
	"os"
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
	was, err := s.Rename(c.Folder, name)
	if errors.Is(err, os.ErrNotExist) {
		return &folder.NotFound{Name: c.Record.ID}
	}
	if err != nil {
		return err
	}
	c.Record.Name = name
	e.containerEvent(c.Record, "rename", "oldName", "/"+was)
	return nil
}
