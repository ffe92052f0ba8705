package engine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"
	"bantam/internal/image/local"
	"bantam/internal/statefile"
)

func cpus() int { return runtime.NumCPU() }

// image is what a container needs of its image.
type image struct {
	ID       string
	Platform string
	Layers   []string // folders, topmost first
	Config   imageConfig
}

// imageConfig is the part of the OCI image configuration that a container inherits.
type imageConfig struct {
	User        string
	Env         []string
	Entrypoint  []string
	Cmd         []string
	WorkingDir  string
	Labels      map[string]string
	StopSignal  string
	Healthcheck *local.Healthcheck
	Volumes     []string
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
	case o.Entrypoint == nil:
		c.Entrypoint = img.Config.Entrypoint
		if len(c.Cmd) == 0 {
			c.Cmd = img.Config.Cmd
		}
	case *o.Entrypoint != "":
		c.Entrypoint = []string{*o.Entrypoint}
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
		err = writeFiles(f, r)
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

// writeFiles makes /etc/hosts, /etc/hostname and /etc/resolv.conf of the container.
func writeFiles(f folder.Folder, r *folder.Record) error {
	if strings.HasPrefix(r.Host.NetworkMode, sharing) {
		return nil // they are the other container's
	}
	hosts := []byte("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n")
	if r.Host.NetworkMode == "host" {
		if b, err := os.ReadFile("/etc/hosts"); err == nil {
			hosts = b
		}
	}
	for _, x := range r.Host.ExtraHosts {
		name, ip, _ := strings.Cut(x, ":")
		if ip == "host-gateway" {
			ip = "127.0.0.1" // there is no bridge yet: only a container of the host's network reaches the host
		}
		hosts = append(hosts, ip+"\t"+name+"\n"...)
	}
	resolv, err := os.ReadFile("/etc/resolv.conf")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read the host's resolver configuration: %w", err)
	}
	resolv = resolvConf(resolv, &r.Host)
	for _, file := range [...]struct {
		name string
		text []byte
	}{{"hosts", hosts}, {"hostname", []byte(r.Config.Hostname + "\n")}, {"resolv.conf", resolv}} {
		if err := statefile.Write(f.Path(file.name), file.text, 0o644, false); err != nil {
			return fmt.Errorf("write %s: %w", f.Path(file.name), err)
		}
	}
	return nil
}

// resolvConf lays --dns, --dns-search and --dns-option over the host's resolver configuration.
func resolvConf(host []byte, h *folder.HostConfig) []byte {
	if len(h.DNS)+len(h.DNSSearch)+len(h.DNSOptions) == 0 {
		return host
	}
	var b strings.Builder
	for _, d := range h.DNS {
		b.WriteString("nameserver " + d + "\n")
	}
	if len(h.DNSSearch) > 0 && (len(h.DNSSearch) != 1 || h.DNSSearch[0] != ".") {
		b.WriteString("search " + strings.Join(h.DNSSearch, " ") + "\n")
	}
	if len(h.DNSOptions) > 0 {
		b.WriteString("options " + strings.Join(h.DNSOptions, " ") + "\n")
	}
	for _, line := range strings.SplitAfter(string(host), "\n") {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "nameserver" && len(h.DNS) > 0, (word == "search" || word == "domain") && len(h.DNSSearch) > 0, word == "options" && len(h.DNSOptions) > 0:
		default:
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}
