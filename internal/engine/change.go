package engine

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
)

// change alters a container's record. Commands that do so at the same time take turns,
// and each begins with what the one before it has written.
func (c *container) change(do func(r *folder.Record) error) error {
	turn, err := c.Turn()
	if errors.Is(err, os.ErrNotExist) {
		return &folder.NotFound{Name: c.Record.ID}
	}
	if err != nil {
		return err
	}
	defer turn.Free()
	r, err := c.ReadRecord()
	if errors.Is(err, os.ErrNotExist) {
		return &folder.NotFound{Name: c.Record.ID}
	}
	if err != nil {
		return err
	}
	if err := do(r); err != nil {
		return err
	}
	if err := c.WriteRecord(r, true); err != nil {
		return fmt.Errorf("change container %s: %w", r.Name, err)
	}
	c.Record = r
	return nil
}
