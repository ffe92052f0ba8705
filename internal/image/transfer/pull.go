package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/registry"
	"bantam/internal/image/remote"
)

// atOnce is how many layers are on their way together, docker's default or more. The
// memory of a pull is theirs: some 5 MiB each.
func atOnce() int { return max(3, min(runtime.NumCPU(), 8)) }

// puller is one pull on its way.
type puller struct {
	*remote.Pull
	repo  *registry.Repository
	lease *local.Lease
	tell  *teller
	top   *remote.Manifest // what the reference stands for
	// chosen are the images that are pulled, of one platform or all; more is what an index lists
	// beside them: attestations and other artifacts.
	chosen []*chosen
	more   []manifest.Descriptor
}

// chosen is an image or an artifact that is pulled.
type chosen struct {
	*remote.Manifest
	doc    *manifest.Document
	config *local.Config // nil of an artifact
	raw    []byte
}

// Pull brings one reference into the store: the manifest, the configuration, then the
// layers side by side, each of which is unpacked while it arrives.
func (t *Transfer) Pull(ctx context.Context, s *local.Store, o *remote.Pull) (*remote.Pulled, error) {
	c, repo, err := t.reading(o.Reference, o.Access)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	lease, err := s.Lease()
	if err != nil {
		return nil, err
	}
	defer lease.Close()
	p := &puller{Pull: o, repo: repo, lease: lease, tell: newTeller(o.Progress)}
	if err := p.choose(ctx); err != nil {
		return nil, denied(err, o.Reference, "pull")
	}
	return p.bring(ctx)
}

// bring brings what was chosen into the store and names it.
func (p *puller) bring(ctx context.Context) (*remote.Pulled, error) {
	for _, c := range p.chosen {
		if err := p.config(ctx, c); err != nil {
			return nil, err
		}
		if err := p.fits(c); err != nil {
			return nil, err
		}
	}
	out := &remote.Pulled{Digest: p.top.Digest, Fresh: p.fresh()}
	for _, c := range p.chosen {
		if err := p.content(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := p.extras(ctx); err != nil {
		return nil, err
	}
	ids, err := p.lease.Add(p.images()...)
	if err != nil {
		return nil, err
	}
	out.Image = ids[0]
	return out, nil
}

// images are what the store is to keep. The first has the names.
func (p *puller) images() []local.NewImage {
	var list []local.NewImage
	for i, c := range p.chosen {
		n := local.NewImage{Config: c.raw, Manifest: c.Digest}
		if c.config == nil {
			n.Config, n.Artifact = c.Bytes, true
		}
		if i == 0 {
			n.Names = p.names()
		}
		if c.Digest != p.top.Digest {
			n.Index = p.top.Digest
		}
		list = append(list, n)
	}
	return list
}

// content brings the layers of an image in, or an artifact's blobs as they are.
func (p *puller) content(ctx context.Context, c *chosen) error {
	if c.config == nil {
		return p.blobs(ctx, c.doc, false)
	}
	return p.layers(ctx, c, p.present(c))
}

// keep keeps a manifest as a blob.
func (p *puller) keep(m *remote.Manifest) error {
	_, err := p.lease.PutRaw(m.Bytes)
	return err
}

// names are the tag that was asked for and the repository's digest.
func (p *puller) names() []reference.Reference {
	by := reference.Reference{Domain: p.Reference.Domain, Path: p.Reference.Path, Digest: p.top.Digest}
	if p.Reference.Digest != "" {
		return []reference.Reference{by}
	}
	return []reference.Reference{p.Reference.Tagged(), by}
}

// fresh says whether the name stands for something else so far, or for less.
func (p *puller) fresh() bool {
	for _, ref := range p.names() {
		if n, err := p.lease.Name(ref); err != nil || n.Top() != p.top.Digest {
			return true
		}
	}
	for _, c := range p.chosen {
		if !p.lease.Has(c.id()) {
			return true
		}
	}
	return false
}

// id is the image's in the store.
func (c *chosen) id() digest.Digest {
	if c.config == nil {
		return c.Digest
	}
	return c.doc.Config.Digest
}

// config fetches the configuration of an image and checks what becomes of it.
func (p *puller) config(ctx context.Context, c *chosen) error {
	if !c.doc.IsImage() {
		return nil
	}
	d := *c.doc.Config
	if _, err := p.lease.Protect(d.Digest); err != nil {
		return err
	}
	raw, err := p.lease.RawConfig(d.Digest)
	if err != nil {
		if raw, err = p.repo.Small(ctx, d); err != nil {
			return err
		}
	}
	c.raw, c.config = raw, &local.Config{}
	if err := json.Unmarshal(raw, c.config); err != nil {
		return fmt.Errorf("configuration of %s: %w", p.Reference.Familiar(), err)
	}
	if n, m := len(c.config.RootFS.DiffIDs), len(c.doc.Layers); n != m {
		return fmt.Errorf("%s: its configuration names %d layers, its manifest %d", p.Reference.Familiar(), n, m)
	}
	for _, diff := range c.config.RootFS.DiffIDs {
		if _, err := digest.Parse(diff.String()); err != nil {
			return fmt.Errorf("configuration of %s: %w", p.Reference.Familiar(), err)
		}
	}
	return nil
}

// fits refuses an image for another platform than the one that was asked for.
func (p *puller) fits(c *chosen) error {
	if p.Platform == "" || c.config == nil {
		return nil
	}
	want, err := manifest.ParsePlatform(p.Platform)
	if err != nil {
		return err
	}
	if !c.config.Platform().Provides(want) {
		return fmt.Errorf("image with reference %s was found but does not provide the specified platform (%s)", p.Reference.Familiar(), want)
	}
	return nil
}

// present says that there is nothing to say about layers: the image is there.
func (p *puller) present(c *chosen) bool {
	if _, err := p.lease.RawConfig(c.id()); err != nil {
		return false
	}
	for _, d := range c.config.RootFS.DiffIDs {
		if !p.lease.HasLayer(d) {
			return false
		}
	}
	return true
}

// layers brings them in, a few at a time; the first that fails ends the others.
func (p *puller) layers(ctx context.Context, c *chosen, quiet bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, atOnce())
	var all sync.WaitGroup
	if !quiet {
		for _, d := range c.doc.Layers {
			p.tell.say(d.Digest.Short(), "Pulling fs layer")
		}
	}
	for i, d := range c.doc.Layers {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := p.layer(ctx, d, c.config.RootFS.DiffIDs[i], quiet); err != nil {
				cancel(fmt.Errorf("layer %s: %w", d.Digest.Short(), err))
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

func (p *puller) layer(ctx context.Context, d manifest.Descriptor, diff digest.Digest, quiet bool) error {
	id := d.Digest.Short()
	l, resumed, err := p.attempt(ctx, d, diff)
	if err != nil && resumed { // what was there of it may have been wrong
		p.tell.say(id, "Retrying: "+err.Error())
		l, _, err = p.attempt(ctx, d, diff)
	}
	switch {
	case err != nil:
		return hint(err)
	case quiet:
	case l.Existed:
		p.tell.say(id, "Already exists")
	default:
		p.tell.say(id, "Pull complete")
	}
	return nil
}

// attempt brings a layer in. What failed while the registry sent all that it was asked for
// is wrong, and is not kept to be resumed; resumed says that a part of it was older.
func (p *puller) attempt(ctx context.Context, d manifest.Descriptor, diff digest.Digest) (l *local.Layer, resumed bool, err error) {
	id := d.Digest.Short()
	var body *body
	l, err = p.lease.Layer(ctx, &local.Source{
		Blob: d.Digest, BlobSize: d.Size, DiffID: diff, Keep: true, Limits: p.Limits,
		Open: func(offset int64) (io.ReadCloser, error) {
			r := p.repo.Blob(ctx, d, offset)
			r.Retry = func(err error, _ int64) { p.tell.say(id, "Retrying: "+err.Error()) }
			body = newBody(r, offset > 0)
			return body, nil
		},
		Progress: func(n int64) {
			if p.tell.progress(id, "Downloading", n, d.Size); n == d.Size {
				p.tell.say(id, "Download complete")
			}
		},
	})
	if err == nil || body == nil || body.failed.Load() || ctx.Err() != nil {
		return l, false, err
	}
	w, bad := p.lease.Blobs().Begin(d.Digest.Hex())
	if bad == nil {
		bad = w.Discard()
	}
	return l, body.resumed, errors.Join(err, bad)
}

// body remembers whether the registry failed. It is read ahead, by another goroutine.
type body struct {
	io.ReadCloser
	resumed bool
	closed  atomic.Bool // what fails now says nothing about the registry
	failed  atomic.Bool
}

func newBody(r io.ReadCloser, resumed bool) *body { return &body{ReadCloser: r, resumed: resumed} }

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !b.closed.Load() {
		b.failed.Store(true)
	}
	return n, err
}

func (b *body) Close() error {
	b.closed.Store(true)
	return b.ReadCloser.Close()
}

// hint says what to do about content that is not what its digest says.
func hint(err error) error {
	if errors.Is(err, blob.ErrCorrupt) {
		return fmt.Errorf("%w (the registry, or something on the way, changed it; nothing of it is kept)", err)
	}
	return err
}

// denied words a registry's refusal as docker does.
func denied(err error, ref reference.Reference, action string) error {
	var s *registry.StatusError
	switch {
	case err == nil || !errors.As(err, &s):
		return err
	case registry.IsDenied(err) && action == "pull":
		return fmt.Errorf("pull access denied for %s, repository does not exist or may require 'bantam login': %w", ref.FamiliarName(), err)
	case registry.IsDenied(err):
		return fmt.Errorf("%s access denied for %s: 'bantam login' first: %w", action, ref.FamiliarName(), err)
	case registry.IsNotFound(err) && s.Has("NAME_UNKNOWN"):
		return fmt.Errorf("repository %s not found: %w", ref.FamiliarName(), err)
	case registry.IsNotFound(err) && strings.Contains(s.URL, "/manifests/"):
		return fmt.Errorf("manifest for %s not found: %w", ref.Tagged().Familiar(), err)
	}
	return err
}
