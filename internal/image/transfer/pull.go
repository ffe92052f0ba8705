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
	// What is pulled: the index, if there is one, and the manifest that was chosen.
	index, manifest digest.Digest
	doc             *manifest.Document
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

// choose fetches the manifest, through an index where the reference is one's.
func (p *puller) choose(ctx context.Context) error {
	want, err := manifest.ParsePlatform(p.Platform)
	if err != nil {
		return err
	}
	asked := what(p.Reference)
	m, err := p.repo.Manifest(ctx, asked)
	if err != nil {
		return err
	}
	p.tell.say(asked, "Pulling from "+p.Reference.Path)
	for depth := 0; ; depth++ {
		if p.doc, err = manifest.Decode(m.Bytes); err != nil {
			return fmt.Errorf("manifest of %s: %w", p.Reference.Familiar(), err)
		}
		if err := p.keep(m); err != nil {
			return err
		}
		if !p.doc.IsIndex() {
			p.manifest = m.Digest
			return nil
		}
		if p.index == "" {
			p.index = m.Digest
		}
		next := p.doc.Select(want)
		if next == nil {
			return fmt.Errorf("no matching manifest for %s in the manifest list entries", want)
		}
		if depth == maxDepth {
			return errors.New("the index leads to an index too often")
		}
		if m, err = p.repo.Manifest(ctx, next.Digest.String()); err != nil {
			return err
		}
	}
}

// maxDepth of indexes in indexes.
const maxDepth = 3

// keep keeps a manifest as a blob.
func (p *puller) keep(m *remote.Manifest) error {
	if _, err := p.lease.Protect(m.Digest); err != nil {
		return err
	}
	_, err := p.lease.Blobs().Put(m.Bytes)
	return err
}

// top is what the registry knows the image by.
func (p *puller) top() digest.Digest {
	if p.index != "" {
		return p.index
	}
	return p.manifest
}

func (p *puller) bring(ctx context.Context) (*remote.Pulled, error) {
	config, raw, err := p.config(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.fits(config); err != nil {
		return nil, err
	}
	id := p.doc.Config.Digest
	out := &remote.Pulled{Image: id, Digest: p.top(), Fresh: p.fresh(id)}
	if err := p.layers(ctx, config, p.present(id, config)); err != nil {
		return nil, err
	}
	_, err = p.lease.Add(local.NewImage{Config: raw, Names: p.names(), Manifest: p.manifest, Index: p.index})
	return out, err
}

// names are the tag that was asked for and the repository's digest.
func (p *puller) names() []reference.Reference {
	by := reference.Reference{Domain: p.Reference.Domain, Path: p.Reference.Path, Digest: p.top()}
	if p.Reference.Digest != "" {
		return []reference.Reference{by}
	}
	return []reference.Reference{p.Reference.Tagged(), by}
}

// fresh says whether the name stands for something else so far.
func (p *puller) fresh(id digest.Digest) bool {
	for _, ref := range p.names() {
		n, err := p.lease.Name(ref)
		if err != nil || n.Image != id || n.Top() != p.top() {
			return true
		}
	}
	return !p.lease.Has(id)
}

// config fetches the configuration and checks what becomes of it.
func (p *puller) config(ctx context.Context) (*local.Config, []byte, error) {
	d := *p.doc.Config
	switch d.MediaType {
	case manifest.TypeConfig, manifest.DockerConfig, "":
	default:
		return nil, nil, fmt.Errorf("%s is no image but an artifact of the type %s: `bantam manifest inspect` shows it", p.Reference.Familiar(), artifactType(p.doc))
	}
	if _, err := p.lease.Protect(d.Digest); err != nil {
		return nil, nil, err
	}
	raw, err := p.lease.RawConfig(d.Digest)
	if err != nil {
		if raw, err = p.repo.Small(ctx, d); err != nil {
			return nil, nil, err
		}
	}
	var c local.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, nil, fmt.Errorf("configuration of %s: %w", p.Reference.Familiar(), err)
	}
	if n, m := len(c.RootFS.DiffIDs), len(p.doc.Layers); n != m {
		return nil, nil, fmt.Errorf("%s: its configuration names %d layers, its manifest %d", p.Reference.Familiar(), n, m)
	}
	for _, diff := range c.RootFS.DiffIDs {
		if _, err := digest.Parse(diff.String()); err != nil {
			return nil, nil, fmt.Errorf("configuration of %s: %w", p.Reference.Familiar(), err)
		}
	}
	return &c, raw, nil
}

func artifactType(doc *manifest.Document) string {
	if doc.ArtifactType != "" {
		return doc.ArtifactType
	}
	return doc.Config.MediaType
}

// fits refuses an image for another platform than the one that was asked for.
func (p *puller) fits(c *local.Config) error {
	if p.Platform == "" {
		return nil
	}
	want, err := manifest.ParsePlatform(p.Platform)
	if err != nil {
		return err
	}
	has := manifest.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}
	if !has.Provides(want) {
		return fmt.Errorf("image with reference %s was found but does not provide the specified platform (%s)", p.Reference.Familiar(), want)
	}
	return nil
}

// present says that there is nothing to say about layers: the image is there.
func (p *puller) present(id digest.Digest, c *local.Config) bool {
	if _, err := p.lease.RawConfig(id); err != nil {
		return false
	}
	for _, d := range c.RootFS.DiffIDs {
		if !p.lease.HasLayer(d) {
			return false
		}
	}
	return true
}

// layers brings them in, a few at a time; the first that fails ends the others.
func (p *puller) layers(ctx context.Context, c *local.Config, quiet bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, atOnce())
	var all sync.WaitGroup
	if !quiet {
		for _, d := range p.doc.Layers {
			p.tell.say(d.Digest.Short(), "Pulling fs layer")
		}
	}
	for i, d := range p.doc.Layers {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := p.layer(ctx, d, c.RootFS.DiffIDs[i], quiet); err != nil {
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
		Blob: d.Digest, BlobSize: d.Size, DiffID: diff, Keep: true,
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
