package bundle

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// descend goes from a descriptor to an image, an artifact, or an index of images; nil for an index
// of which nothing is in the archive.
func (r *reader) descend(d *manifest.Descriptor) (*Item, error) {
	b, doc, err := r.document(d)
	if err != nil {
		return nil, err
	}
	if doc.IsIndex() {
		return r.whole(b, doc)
	}
	if !doc.IsImage() {
		return &Item{Manifest: b, Blobs: doc.Content()}, nil
	}
	i, err := r.item(b, doc)
	if err != nil {
		return nil, err
	}
	return &i, r.provides(i.Config)
}

// gathered is what an index has, of which nothing need be in the archive.
type gathered struct {
	descriptors []manifest.Descriptor // of the images
	images      []Item
	notes       []manifest.Descriptor // attestations
	blobs       []manifest.Descriptor
	left        []digest.Digest // configurations for other platforms
	listed      int
}

// whole reads an index with all that is wanted of it and in the archive. The image for this machine is
// the item, the others are its Others.
func (r *reader) whole(b []byte, doc *manifest.Document) (*Item, error) {
	g := &gathered{}
	if err := r.gather(g, doc); err != nil {
		return nil, err
	}
	if len(g.images) == 0 {
		if len(r.want) > 0 && g.listed > 0 {
			return nil, fmt.Errorf("the image does not provide the platform %s", names(r.want))
		}
		return nil, nil
	}
	if err := r.attestations(g); err != nil {
		return nil, err
	}
	at := 0
	if own := (&manifest.Document{Manifests: g.descriptors}).Select(manifest.Host()); own != nil {
		at = slices.IndexFunc(g.descriptors, func(d manifest.Descriptor) bool { return d.Digest == own.Digest })
	}
	i := g.images[at]
	i.Others = slices.Delete(g.images, at, at+1)
	i.Index, i.Blobs, i.left = b, g.blobs, g.left
	return &i, nil
}

// gather takes what is in the archive of an index and of those in it.
func (r *reader) gather(g *gathered, doc *manifest.Document) error {
	var raw []byte // of the manifest that was read last
	return doc.Walk(func(d manifest.Descriptor) (doc *manifest.Document, err error) {
		if d.Attests() != "" {
			g.notes = append(g.notes, d)
			return nil, nil
		}
		g.listed++
		if raw, doc, err = r.document(&d); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return doc, err
	}, func(d manifest.Descriptor, doc *manifest.Document) error {
		if doc == nil {
			return nil
		}
		return r.child(g, d, raw, doc)
	})
}

func (r *reader) child(g *gathered, d manifest.Descriptor, b []byte, doc *manifest.Document) error {
	switch {
	case doc.IsIndex():
		g.blobs = append(g.blobs, d)
		return nil
	case !doc.IsImage():
		g.blobs = append(append(g.blobs, d), doc.Content()...)
		return nil
	}
	i, err := r.item(b, doc)
	if err != nil {
		return err
	}
	if r.provides(i.Config) != nil {
		g.left = append(g.left, doc.Config.Digest)
		return nil
	}
	g.images, g.descriptors = append(g.images, i), append(g.descriptors, d)
	return nil
}

// attestations takes those that are about an image which is taken.
func (r *reader) attestations(g *gathered) error {
	for _, d := range g.notes {
		about := d.Attests()
		if !slices.ContainsFunc(g.descriptors, func(i manifest.Descriptor) bool { return i.Digest == about }) {
			continue
		}
		_, doc, err := r.document(&d)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if doc.IsIndex() {
			return fmt.Errorf("attestation %s is an index", d.Digest.Short())
		}
		g.blobs = append(append(g.blobs, d), doc.Content()...)
	}
	return nil
}
