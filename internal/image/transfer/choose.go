package transfer

import (
	"context"
	"fmt"
	"io"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/registry"
	"bantam/internal/image/remote"
)

// choose fetches the manifest of the platform, or of all, through an index where the
// reference is one's.
func (p *puller) choose(ctx context.Context) (err error) {
	want, err := manifest.ParsePlatform(p.Platform)
	if err != nil {
		return err
	}
	asked := what(p.Reference)
	if p.top, err = p.repo.Manifest(ctx, asked); err != nil {
		return err
	}
	p.tell.say(asked, "Pulling from "+p.Reference.Path)
	doc, err := p.decoded(p.top)
	if err != nil {
		return err
	}
	if !doc.IsIndex() {
		p.chosen = []*chosen{{Manifest: p.top, doc: doc}}
		return nil
	}
	if p.AllPlatforms {
		return p.all(ctx, doc)
	}
	return p.one(ctx, doc, want)
}

// decoded reads a manifest and keeps it.
func (p *puller) decoded(m *remote.Manifest) (*manifest.Document, error) {
	doc, err := manifest.Decode(m.Bytes)
	if err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", p.Reference.Familiar(), err)
	}
	return doc, p.keep(m)
}

func (p *puller) fetch(ctx context.Context, d digest.Digest) (*chosen, error) {
	m, err := p.repo.Manifest(ctx, d.String())
	if err != nil {
		return nil, err
	}
	doc, err := p.decoded(m)
	return &chosen{Manifest: m, doc: doc}, err
}

// one descends to the image for a platform. What attests something about it comes along, so that
// the image is pushed as it was pulled.
func (p *puller) one(ctx context.Context, doc *manifest.Document, want manifest.Platform) error {
	for range manifest.MaxDepth {
		next := doc.Select(want)
		if next == nil {
			return fmt.Errorf("no matching manifest for %s in the manifest list entries", want)
		}
		c, err := p.fetch(ctx, next.Digest)
		if err != nil {
			return err
		}
		if !c.doc.IsIndex() {
			p.chosen = []*chosen{c}
			for _, d := range doc.Manifests {
				if d.Attests() == next.Digest {
					p.more = append(p.more, d)
				}
			}
			return nil
		}
		doc = c.doc
	}
	return manifest.ErrDepth
}

// maxManifests bounds what an index lists with those in it: a registry may make them up as it is asked.
const maxManifests = 4096

// all takes every image of an index and of those in it.
func (p *puller) all(ctx context.Context, doc *manifest.Document) error {
	var c *chosen // what was fetched last
	n := 0
	err := doc.Walk(func(d manifest.Descriptor) (*manifest.Document, error) {
		if n++; n > maxManifests {
			return nil, fmt.Errorf("%s is an index of more than %d manifests", p.Reference.Familiar(), maxManifests)
		}
		if d.Attests() != "" {
			return nil, nil
		}
		var err error
		if c, err = p.fetch(ctx, d.Digest); err != nil {
			return nil, err
		}
		return c.doc, nil
	}, func(d manifest.Descriptor, doc *manifest.Document) error {
		switch {
		case doc == nil || !doc.IsIndex() && !doc.IsImage():
			p.more = append(p.more, d)
		case doc.IsImage():
			p.chosen = append(p.chosen, c)
		}
		return nil
	})
	if err == nil && len(p.chosen) == 0 {
		err = fmt.Errorf("%s is an index without an image: name one of its manifests by digest, `bantam manifest inspect` lists them", p.Reference.Familiar())
	}
	return err
}

// extras brings in what an index has beside images. A mirror may have left it out.
func (p *puller) extras(ctx context.Context) error {
	for _, d := range p.more {
		c, err := p.fetch(ctx, d.Digest)
		if registry.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if c.doc.IsIndex() {
			continue
		}
		if err := p.blobs(ctx, c.doc, true); err != nil {
			return err
		}
	}
	return nil
}

// blobs brings an artifact's content in as it is.
func (p *puller) blobs(ctx context.Context, doc *manifest.Document, quiet bool) error {
	for _, d := range doc.Content() {
		id := d.Digest.Short()
		say := func(status string) {
			if !quiet {
				p.tell.say(id, status)
			}
		}
		if len(d.URLs) > 0 {
			return fmt.Errorf("blob %s is a foreign one, which has to be fetched elsewhere: that is refused", id)
		}
		if most := p.Limits.Size; most > 0 && d.Size > most {
			return fmt.Errorf("blob %s has %d bytes, more than the limit of %d: %w", id, d.Size, most, layer.ErrLimit)
		}
		there, err := p.lease.Protect(d.Digest)
		if err != nil {
			return err
		}
		if there {
			say("Already exists")
			continue
		}
		err = p.lease.Blob(ctx, &local.Source{
			Blob: d.Digest, BlobSize: d.Size,
			Open: func(offset int64) (io.ReadCloser, error) { return p.repo.Blob(ctx, d, offset), nil },
			Progress: func(n int64) {
				if !quiet {
					p.tell.progress(id, "Downloading", n, d.Size)
				}
			},
		})
		if err != nil {
			return fmt.Errorf("blob %s: %w", id, hint(err))
		}
		say("Download complete")
	}
	return nil
}
