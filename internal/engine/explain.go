package engine

import (
	"fmt"
	"io"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Explain prints the plan of what Run would start, without starting or writing
// anything. It needs no privilege.
func (e *Engine) Explain(o *RunOptions, w io.Writer) error {
	d, err := e.drafted(o)
	if err != nil {
		return err
	}
	s, err := d.spec()
	if err != nil {
		return err
	}
	p, err := monitor.Plan(d.record, d.folder, s)
	if err != nil {
		return err
	}
	p.Explain(w)
	return nil
}

// draft is a container that may be on paper only.
type draft struct {
	record  *folder.Record
	folder  folder.Folder
	profile *specs.LinuxSeccomp // nil: docker's
}

// drafted is the container that Run would make.
func (e *Engine) drafted(o *RunOptions) (*draft, error) {
	img, err := e.image(o.Image, o.Platform)
	if err != nil {
		return nil, err
	}
	r, err := o.draft(img)
	if err != nil {
		return nil, err
	}
	store, err := e.containers()
	if err != nil {
		return nil, err
	}
	if err := e.peers(store, r); err != nil {
		return nil, err
	}
	if err := e.placeVolumes(store, r); err != nil {
		return nil, err
	}
	profile, err := o.profile()
	if err != nil {
		return nil, err
	}
	return &draft{r, folder.Folder{Dir: e.Root + "/containers/" + r.ID}, profile}, nil
}

// draft is the container as it is on disk.
func (c *container) draft() (*draft, error) {
	profile, err := monitor.ReadProfile(c.Folder)
	if err != nil {
		return nil, err
	}
	return &draft{c.Record, c.Folder, profile}, nil
}

// spec is what the container's runtime is told.
func (d *draft) spec() (*specs.Spec, error) {
	init, err := monitorProgram()
	if err != nil {
		return nil, err
	}
	s, err := monitor.Spec(d.record, d.folder, d.profile, init)
	if err != nil {
		return nil, fmt.Errorf("make the container's spec: %w", err)
	}
	return s, nil
}
