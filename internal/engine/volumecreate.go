package engine

import (
	"cmp"
	"time"

	"bantam/internal/container/volumes"
	"bantam/internal/volume"
)

// VolumeOptions are those of docker volume create.
type VolumeOptions struct {
	Name    string // drawn where empty
	Driver  string // local where empty
	Labels  map[string]string
	Options map[string]string // type, device, o
}

// VolumeJSON is what docker volume inspect prints, in docker's names and order.
type VolumeJSON struct {
	CreatedAt  string
	Driver     string
	Labels     map[string]string
	Mountpoint string
	Name       string
	Options    map[string]string
	Scope      string
	UsageData  *VolumeUsage `json:",omitempty"`
}

// VolumeUsage is what system df knows of a volume.
type VolumeUsage struct {
	RefCount int64 // containers that have it
	Size     int64 // bytes; -1 where the content is elsewhere
}

// VolumeCreate makes a volume. One that is there already is returned as it is, as docker does.
func (e *Engine) VolumeCreate(o *VolumeOptions) (*VolumeJSON, error) {
	if _, err := e.containers(); err != nil { // makes the root absolute
		return nil, err
	}
	r := volume.Record{Name: o.Name, Driver: cmp.Or(o.Driver, volume.Driver), CreatedAt: time.Now().UTC(), Labels: o.Labels, Options: o.Options}
	if r.Name == "" {
		r.Name = volume.NewName()
		r.Labels = mergeLabels(r.Labels, map[string]string{volume.AnonymousLabel: ""})
	}
	if err := r.Check(); err != nil {
		return nil, &Invalid{err}
	}
	v, made, err := e.volumes().Ensure(r)
	if err != nil {
		return nil, err
	}
	if made {
		e.volumeEvent("create", r.Name)
	}
	return volumeJSON(v), nil
}

func volumeJSON(v *volume.Volume) *VolumeJSON {
	return &VolumeJSON{
		CreatedAt: v.CreatedAt.Format(time.RFC3339), Driver: v.Driver, Labels: v.Labels, Mountpoint: v.Data(), Name: v.Name, Options: v.Options, Scope: "local",
	}
}

// VolumeInspect returns one volume.
func (e *Engine) VolumeInspect(name string) (*VolumeJSON, error) {
	if _, err := e.containers(); err != nil {
		return nil, err
	}
	v, err := e.volumes().Get(name)
	if err != nil {
		return nil, err
	}
	return volumeJSON(v), nil
}

// VolumeRemove removes a volume that no container has. force: one that isn't there is no error.
func (e *Engine) VolumeRemove(name string, force bool) error {
	s, err := e.containers()
	if err != nil {
		return err
	}
	err = e.volumes().Remove(name, func() ([]string, error) { return volumes.Users(s, name) })
	if isNoVolume(err) && force {
		return nil
	}
	if err == nil {
		e.volumeEvent("destroy", name)
	}
	return err
}

func (e *Engine) volumeEvent(action, name string) {
	e.event("volume", action, name, map[string]string{"driver": volume.Driver})
}
