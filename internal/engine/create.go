package engine

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/container/names"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/statefile"
)

func cpus() int { return runtime.NumCPU() }

// image is what a container needs of its image.
type image struct {
	ID       string
	Platform manifest.Platform
	Layers   []string // folders, topmost first
	Config   imageConfig
}

// imageConfig is the part of the OCI image configuration that a container inherits.
type imageConfig struct {
	User         string
	Env          []string
	Entrypoint   []string
	Cmd          []string
	WorkingDir   string
	Labels       map[string]string
	StopSignal   string
	Healthcheck  *local.Healthcheck
	Volumes      []string
	ExposedPorts map[string]struct{}
}

// draft checks the options against the image and makes the record, without touching the disk.
func (o *RunOptions) draft(img *image) (*folder.Record, error) {
	host, mounts, err := o.hostConfig()
	if err != nil {
		return nil, err
	}
	if _, err := dockerspec.Capabilities(o.Privileged, o.CapAdd, o.CapDrop); err != nil {
		return nil, err
	}
	if o.Name != "" {
		if err := folder.CheckName(o.Name); err != nil {
			return nil, err
		}
	}
	r := &folder.Record{ID: statefile.NewID(), Created: time.Now().UTC(), Image: img.ID, Layers: img.Layers, Host: host, Mounts: mounts}
	if r.Config, err = o.config(img); err != nil {
		return nil, err
	}
	if o.of != nil {
		o.of.lend(r)
	}
	if r.Config.ExposedPorts, err = o.ports(&r.Host, img.Config.ExposedPorts); err != nil {
		return nil, err
	}
	if r.Config.Hostname == "" {
		r.Config.Hostname = r.ID[:12]
		if host.NetworkMode == "host" || host.UTSMode == "host" {
			r.Config.Hostname, _ = os.Hostname()
		}
	}
	argv := append(append([]string{}, r.Config.Entrypoint...), r.Config.Cmd...)
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("no command specified")
	}
	r.Path, r.Args = argv[0], argv[1:]
	return r, o.systemd(r)
}

// config merges image and options as docker does: --entrypoint drops the image's
// command too, arguments replace it.
func (o *RunOptions) config(img *image) (folder.Config, error) {
	c := folder.Config{
		Hostname: o.Hostname, User: o.User, Tty: o.TTY, OpenStdin: o.Stdin,
		AttachStdin: o.Stdin && !o.Detach, StdinOnce: o.Stdin && !o.Detach,
		Image: o.Image, WorkingDir: o.Workdir, Cmd: o.Command,
		StopSignal: o.StopSignal, StopTimeout: o.StopTimeout, Domainname: o.Domainname,
	}
	var err error
	if c.Labels, err = o.allLabels(); err != nil {
		return c, err
	}
	if c.Healthcheck, err = o.Health.healthcheck(img.Config.Healthcheck); err != nil {
		return c, err
	}
	own, err := o.environment()
	if err != nil {
		return c, err
	}
	c.Env = mergeEnv(img.Config.Env, own)
	switch {
	case len(o.Entrypoint) == 0:
		c.Entrypoint = img.Config.Entrypoint
		if len(c.Cmd) == 0 {
			c.Cmd = img.Config.Cmd
		}
	case o.Entrypoint[0] != "":
		c.Entrypoint = o.Entrypoint
	}
	c.Volumes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(img.Config.Volumes, o.places))))
	inherit(&c.User, img.Config.User)
	inherit(&c.WorkingDir, img.Config.WorkingDir)
	inherit(&c.StopSignal, img.Config.StopSignal)
	for k, v := range img.Config.Labels {
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		if _, ok := c.Labels[k]; !ok {
			c.Labels[k] = v
		}
	}
	return c, nil
}

func inherit(own *string, image string) {
	if *own == "" {
		*own = image
	}
}

// mergeEnv lays the user's variables over the image's; a bare name takes one away.
func mergeEnv(base, over []string) []string {
	env := append([]string{}, base...)
	for _, o := range over {
		name, _, has := strings.Cut(o, "=")
		at := -1
		for i, e := range env {
			if strings.HasPrefix(e, name+"=") {
				at = i
			}
		}
		switch {
		case at >= 0 && has:
			env[at] = o
		case at >= 0:
			env = append(env[:at], env[at+1:]...)
		case has:
			env = append(env, o)
		}
	}
	return env
}

// create writes a container to disk and returns it locked.
func (e *Engine) create(s *folder.Store, o *RunOptions, r *folder.Record) (folder.Folder, *folder.Lock, error) {
	if err := e.peers(s, r); err != nil {
		return folder.Folder{}, nil, err
	}
	if err := e.placeVolumes(s, r); err != nil {
		return folder.Folder{}, nil, err
	}
	if err := e.attach(&o.NetworkOptions, r); err != nil {
		return folder.Folder{}, nil, err
	}
	f, lock, err := s.Create(r.ID)
	if err != nil {
		return f, nil, err
	}
	if o.Name != "" {
		r.Name, err = o.Name, s.Reserve(o.Name, r.ID)
	} else {
		r.Name, err = s.ReserveAny(r.ID)
	}
	if err == nil {
		err = logChoices(r)
	}
	if err == nil {
		err = e.mapIDs(r)
	}
	if err == nil {
		err = names.Write(s, r, nil)
	}
	if err == nil {
		err = o.copyProfile(f)
	}
	if err == nil {
		err = f.WriteRecord(r, !r.Host.AutoRemove)
	}
	if err == nil {
		// The record comes first: from here on nobody removes a volume that it names.
		err = e.makeVolumes(r)
	}
	if err != nil {
		_ = discard(s, f, r)
		lock.Free()
		return f, nil, err
	}
	e.containerEvent(r, "create")
	return f, lock, nil
}
