package engine

import (
	"io"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"
)

// Explain prints the plan of what Run would start, without starting or writing
// anything. It needs no privilege.
func (e *Engine) Explain(o *RunOptions, w io.Writer) error {
	img, err := e.image(o.Image)
	if err != nil {
		return err
	}
	r, err := o.draft(img)
	if err != nil {
		return err
	}
	profile, err := o.profile()
	if err != nil {
		return err
	}
	f := folder.Folder{Dir: e.Root + "/containers/" + r.ID}
	p, err := monitor.Plan(r, f, profile)
	if err != nil {
		return err
	}
	p.Explain(w)
	return nil
}
