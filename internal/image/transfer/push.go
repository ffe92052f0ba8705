package transfer

import (
	"context"
	"fmt"
	"io"
	"sync"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/registry"
	"bantam/internal/image/remote"
)

// sendAtOnce is docker's default number of layers that are sent together.
const sendAtOnce = 5

// pusher is one push on its way.
type pusher struct {
	*remote.Push
	repo    *registry.Repository
	lease   *local.Lease
	tell    *teller
	sources map[digest.Digest]string // repositories of the same registry that have a blob
}

// Push writes an image to the registry of its name: layers side by side, then the
// configuration, then the manifest.
func (t *Transfer) Push(ctx context.Context, s *local.Store, o *remote.Push) (*remote.Pushed, error) {
	c, err := t.client(o.Access)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	repo, err := c.Writing(o.Name.Reference)
	if err != nil {
		return nil, err
	}
	lease, err := s.Lease()
	if err != nil {
		return nil, err
	}
	defer lease.Close()
	p := &pusher{Push: o, repo: repo, lease: lease, tell: newTeller(o.Progress)}
	out, err := p.push(ctx)
	return out, denied(err, o.Name.Reference, "push")
}

func (p *pusher) push(ctx context.Context) (*remote.Pushed, error) {
	var err error
	if p.sources, err = p.elsewhere(); err != nil {
		return nil, err
	}
	t, err := p.target()
	if err != nil {
		return nil, fmt.Errorf("push %s: %w", p.Name.Familiar(), err)
	}
	d, err := p.send(ctx, t)
	if err != nil {
		return nil, err
	}
	if t.Index == "" {
		t.Manifest = d.Digest
	}
	ref := p.Name.Reference
	names := []local.Name{{Reference: reference.Reference{Domain: ref.Domain, Path: ref.Path, Digest: d.Digest}, Target: t}}
	if p.Name.Manifest == "" { // so that the next push, and save, give the same
		names = append(names, local.Name{Reference: ref, Target: t})
	}
	for _, n := range names {
		if err := p.lease.SetName(n); err != nil {
			return nil, err
		}
	}
	return &remote.Pushed{Digest: d.Digest, Size: d.Size}, nil
}

// send writes a target's content, then its manifest or index under the name.
func (p *pusher) send(ctx context.Context, t local.Target) (manifest.Descriptor, error) {
	if t.Index != "" {
		return p.index(ctx, t.Index)
	}
	d, doc, err := p.lease.Manifest(ctx, t, false)
	if err != nil {
		return d, fmt.Errorf("push %s: %w", p.Name.Familiar(), err)
	}
	if err := p.blobs(ctx, doc); err != nil {
		return d, err
	}
	return p.put(ctx, d.Digest, what(p.Name.Reference))
}

// put writes a manifest that is a blob here.
func (p *pusher) put(ctx context.Context, d digest.Digest, as string) (manifest.Descriptor, error) {
	b, doc, err := p.lease.ReadManifest(d)
	if err != nil {
		return manifest.Descriptor{}, err
	}
	out := manifest.Descriptor{MediaType: doc.Type(), Digest: d, Size: int64(len(b))}
	return out, p.repo.Put(ctx, as, &remote.Manifest{Type: out.MediaType, Digest: d, Bytes: b})
}

// elsewhere finds blobs that other repositories of the registry have, as far as the
// store's names tell.
func (p *pusher) elsewhere() (map[digest.Digest]string, error) {
	names, err := p.lease.Names()
	if err != nil {
		return nil, err
	}
	m := map[digest.Digest]string{}
	for _, n := range names {
		if n.Domain != p.Name.Domain || n.Path == p.Name.Path || n.Digest == "" || n.Manifest == "" {
			continue
		}
		_, doc, err := p.lease.ReadManifest(n.Manifest)
		if err != nil {
			continue // not kept
		}
		for _, l := range doc.Layers {
			m[l.Digest] = n.Path
		}
	}
	return m, nil
}

// blobs sends all that the manifest refers to, each once.
func (p *pusher) blobs(ctx context.Context, doc *manifest.Document) error {
	seen := map[digest.Digest]bool{}
	var list []manifest.Descriptor
	for _, d := range doc.Layers {
		if !seen[d.Digest] && len(d.URLs) == 0 {
			list = append(list, d)
		}
		seen[d.Digest] = true
	}
	for _, d := range list {
		p.tell.say(d.Digest.Short(), "Preparing")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, sendAtOnce)
	var all sync.WaitGroup
	for _, d := range list {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := p.blob(ctx, d, d.Digest.Short()); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if doc.Config == nil || seen[doc.Config.Digest] {
		return nil
	}
	return p.blob(ctx, *doc.Config, "")
}

// blob sends one, unless the registry has it. What has no id, the configuration, is not told of.
func (p *pusher) blob(ctx context.Context, d manifest.Descriptor, id string) error {
	say := func(status string) {
		if id != "" {
			p.tell.say(id, status)
		}
	}
	there, err := p.repo.HasBlob(ctx, d)
	if err != nil {
		return err
	}
	if there {
		say("Layer already exists")
		return nil
	}
	if from, ok := p.sources[d.Digest]; ok {
		if ok, err := p.repo.Mount(ctx, d, from); err == nil && ok {
			say("Mounted from " + from)
			return nil
		}
	}
	err = p.repo.Upload(ctx, d, func(from int64) (io.ReadCloser, error) { return p.open(d, from) }, func(at int64) {
		if id != "" {
			p.tell.progress(id, "Pushing", at, d.Size)
		}
	})
	if err == nil {
		say("Pushed")
	}
	return err
}

// open returns content of the store from a byte on.
func (p *pusher) open(d manifest.Descriptor, from int64) (io.ReadCloser, error) {
	r, size, err := p.lease.Open(d.Digest)
	if err != nil {
		return nil, err
	}
	if size != d.Size {
		r.Close()
		return nil, fmt.Errorf("%s has %d bytes in the store, its manifest says %d", d.Digest.Short(), size, d.Size)
	}
	if _, err := io.CopyN(io.Discard, r, from); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}
