package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/engine"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"

	"golang.org/x/sys/unix"
)

// A cache that leaves this machine is an image: its layers are those that steps made, and a
// member of its configuration says which step made which. So a registry keeps it, a folder
// holds it as an OCI layout, and with type=inline the built image is its own cache.

// cacheMember is the member's name in the configuration.
const cacheMember = "org.bantam.buildcache.v1"

// exported is a record of the cache on its way.
type exported struct {
	Key     digest.Digest `json:"key"`
	Diff    digest.Digest `json:"diff"`
	Created time.Time     `json:"created"`
	What    string        `json:"what,omitempty"`
	Parent  digest.Digest `json:"parent,omitempty"`
}

// place is a --cache-from or --cache-to.
type place struct {
	kind, ref, dir string
	all            bool // mode=max: the layers of all stages
	ignore         bool // an error is only a warning
}

func parsePlace(text string) (*place, error) {
	if !strings.Contains(text, "=") {
		return &place{kind: "registry", ref: text}, nil
	}
	list, err := fields(text)
	if err != nil {
		return nil, err
	}
	p := &place{}
	for _, f := range list {
		switch f[0] {
		case "type":
			p.kind = f[1]
		case "ref":
			p.ref = f[1]
		case "src", "dest":
			p.dir = f[1]
		case "mode":
			if f[1] != "min" && f[1] != "max" {
				return nil, fmt.Errorf("mode %q: want min or max", f[1])
			}
			p.all = f[1] == "max"
		case "ignore-error":
			p.ignore = f[1] == "true"
		case "image-manifest", "oci-mediatypes", "oci-artifact", "compression", "compression-level", "force-compression", "tag":
		default:
			return nil, fmt.Errorf("unknown key %q", f[0])
		}
	}
	switch {
	case p.kind == "registry" && p.ref == "":
		return nil, errors.New("type=registry needs ref=")
	case p.kind == "local" && p.dir == "":
		return nil, errors.New("type=local needs a folder: src= to import, dest= to export")
	case p.kind != "registry" && p.kind != "local" && p.kind != "inline":
		return nil, fmt.Errorf("cache type %q: want registry, local or inline", p.kind)
	}
	return p, nil
}

// checkCaches reads --cache-from and --cache-to before the work that they are for.
func (j *job) checkCaches() error {
	for name, list := range map[string][]string{"--cache-from": j.o.CacheFrom, "--cache-to": j.o.CacheTo} {
		for _, text := range list {
			if _, err := parsePlace(text); err != nil {
				return fmt.Errorf("%s %s: %w", name, text, err)
			}
		}
	}
	return nil
}

// importCaches brings in what --cache-from names. As for docker, one that isn't there is no
// error.
func (j *job) importCaches(ctx context.Context) error {
	for _, text := range j.o.CacheFrom {
		p, err := parsePlace(text)
		if err != nil {
			return fmt.Errorf("--cache-from %s: %w", text, err)
		}
		step := j.log.Start("importing cache manifest from " + p.name())
		if err := j.importCache(ctx, p); err != nil {
			step.Warn(err.Error())
		}
		step.Finish(nil)
	}
	return nil
}

func (p *place) name() string {
	if p.kind == "local" {
		return "local:" + p.dir
	}
	return p.ref
}

func (j *job) importCache(ctx context.Context, p *place) error {
	var config []byte
	if p.kind == "local" {
		base, err := loadLayout(ctx, j.lease, p.dir, dockerfile.Host())
		if err != nil {
			return err
		}
		config = base.Config
	} else {
		var done func()
		var err error
		if config, done, err = j.pulled(ctx, p.ref); err != nil {
			return err
		}
		defer done()
	}
	return j.learn(config)
}

// pulled fetches an image and returns its configuration; done removes it if it wasn't there before.
func (j *job) pulled(ctx context.Context, ref string) (config []byte, done func(), err error) {
	done = func() {}
	if _, _, err := j.engine.FindImage(ref); err != nil {
		done = func() { _, _ = j.engine.RemoveImage(ref, &engine.RemoveImageOptions{Force: true}) }
	}
	err = j.engine.Pull(ctx, &engine.PullOptions{Reference: ref})
	img, _, missing := j.engine.FindImage(ref)
	if missing != nil && err == nil {
		err = missing
	}
	if missing != nil {
		return nil, done, err
	}
	config, err = j.lease.RawConfig(img.ID)
	return config, done, err
}

// learn takes over the records whose layers are here.
func (j *job) learn(config []byte) error {
	var c map[string]json.RawMessage
	if err := json.Unmarshal(config, &c); err != nil {
		return err
	}
	var list []exported
	if c[cacheMember] == nil {
		return nil // an image without a cache in it
	}
	if err := json.Unmarshal(c[cacheMember], &list); err != nil {
		return fmt.Errorf("the cache is not one of bantam's: %w", err)
	}
	for _, x := range list {
		for _, d := range [...]digest.Digest{x.Key, x.Diff} {
			if _, err := digest.Parse(string(d)); err != nil {
				return fmt.Errorf("the cache is not one of bantam's: %w", err)
			}
		}
		there, err := j.lease.Protect(x.Diff)
		if err != nil {
			return err
		}
		if _, known := j.cache().Get(x.Key); known || !there || !j.lease.HasLayer(x.Diff) {
			continue
		}
		if err := j.cache().Put(&cache.Record{Key: x.Key, Diff: x.Diff, Created: x.Created, What: x.What}); err != nil {
			return err
		}
	}
	return nil
}

// exportCaches writes what --cache-to names.
func (j *job) exportCaches(ctx context.Context) error {
	for _, text := range j.o.CacheTo {
		p, err := parsePlace(text)
		if err != nil {
			return fmt.Errorf("--cache-to %s: %w", text, err)
		}
		if p.kind == "inline" {
			for _, p := range j.products {
				if err := p.inline(); err != nil {
					return err
				}
			}
			continue
		}
		step := j.log.Start("exporting cache to " + p.name())
		err = j.exportCache(ctx, p)
		if err != nil && p.ignore {
			step.Warn(err.Error())
			err = nil
		}
		step.Finish(err)
		if err != nil {
			return fmt.Errorf("--cache-to %s: %w", text, err)
		}
	}
	return nil
}

// records are those of the result's steps, or of all steps.
func (j *job) records(all bool) (list []exported, diffs []digest.Digest) {
	seen := map[digest.Digest]bool{}
	for _, p := range j.products {
		for _, x := range p.records(all) {
			if !seen[x.Key] {
				list = append(list, x)
			}
			if !seen[x.Diff] {
				diffs = append(diffs, x.Diff)
			}
			seen[x.Key], seen[x.Diff] = true, true
		}
	}
	return list, diffs
}

func (j *product) records(all bool) (list []exported) {
	for _, r := range j.res.Records {
		if all || r.Final {
			list = append(list, exported{Key: r.Key, Diff: r.Diff, Created: r.Created, What: r.What})
		}
	}
	return list
}

// inline puts the records of the result into its configuration.
func (j *product) inline() error {
	list := j.records(false)
	var c map[string]json.RawMessage
	if err := json.Unmarshal(j.res.Config, &c); err != nil {
		return err
	}
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	c[cacheMember] = b
	j.res.Config, err = json.Marshal(c)
	return err
}

func (j *job) exportCache(ctx context.Context, p *place) error {
	list, diffs := j.records(p.all)
	config := map[string]any{
		"architecture": dockerfile.Host().Arch, "os": dockerfile.Host().OS, "created": j.created().UTC(), "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs}, cacheMember: list,
	}
	if len(diffs) == 0 {
		config["rootfs"] = map[string]any{"type": "layers", "diff_ids": []string{}}
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return err
	}
	if p.kind == "registry" {
		return j.pushCache(ctx, raw, p.ref)
	}
	ids, err := j.lease.Add(local.NewImage{Config: raw})
	if err != nil {
		return err
	}
	defer func() { _, _ = j.engine.RemoveImage(ids[0].String(), &engine.RemoveImageOptions{Force: true}) }()
	d, _, err := j.lease.Manifest(ctx, local.Target{Image: ids[0]}, false)
	if err != nil {
		return err
	}
	return j.writeFolder(p.dir, d)
}

// pushCache pushes it under its name, which it keeps here only until then.
func (j *job) pushCache(ctx context.Context, raw []byte, name string) error {
	ref, err := reference.Parse(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	had, _, missing := j.engine.FindImage(name)
	if _, err := j.lease.Add(local.NewImage{Config: raw, Names: []reference.Reference{ref.Tagged()}}); err != nil {
		return err
	}
	err = j.push(ctx, []reference.Reference{ref.Tagged()}, func(string, bool, int64, int64) {})
	if missing != nil {
		_, _ = j.engine.RemoveImage(name, &engine.RemoveImageOptions{Force: true})
		return err
	}
	old, raws := j.lease.RawConfig(had.ID)
	if raws == nil {
		_, raws = j.lease.Add(local.NewImage{Config: old, Names: []reference.Reference{ref.Tagged()}})
	}
	return errors.Join(err, raws)
}

// writeFolder writes an image as an OCI layout into a folder.
func (j *job) writeFolder(dir string, d manifest.Descriptor) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	r, w := io.Pipe()
	go func() { w.CloseWithError(j.writeLayout(w, described{manifests: []manifest.Descriptor{d}}, nil, false)) }()
	defer r.Close()
	_, err = layer.Unpack(fd, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0, Owner: &layer.Owner{UID: os.Geteuid(), GID: os.Getegid()}})
	return err
}
