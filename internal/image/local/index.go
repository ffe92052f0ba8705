package local

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// A name for several platforms knows an index (Target.Index), which is a blob as it came, so
// that it keeps its digest whatever of it is here. Which of its images are here is not written
// down anywhere: those are, whose manifest is a blob and whose configuration is an image.
// Target.Image is the one for who doesn't say which: this machine's, where it is here.

// Part is one manifest of an index: an image for a platform, an attestation or another artifact.
type Part struct {
	manifest.Descriptor                    // as the index has it; Platform is filled in where the configuration tells it
	Doc                 *manifest.Document // nil where the manifest is not here
	Image               digest.Digest      // of an image that is here
	Present             bool               // all that the manifest refers to is here
}

// Parts lists the manifests of an index, also those of indexes in it. above are those indexes,
// without the first, each behind those that it lists.
func (s *Store) Parts(index digest.Digest) (parts []Part, above []manifest.Descriptor, err error) {
	_, doc, err := s.ReadManifest(index)
	if err != nil {
		return nil, nil, err
	}
	err = doc.Walk(func(d manifest.Descriptor) (*manifest.Document, error) {
		_, child, err := s.ReadManifest(d.Digest)
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return child, err
	}, func(d manifest.Descriptor, child *manifest.Document) error {
		switch {
		case child == nil:
			parts = append(parts, Part{Descriptor: d})
		case child.IsIndex():
			above = append(above, d)
		default:
			parts = append(parts, s.part(d, child))
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("index %s: %w", index.Short(), err)
	}
	return parts, above, nil
}

func (s *Store) part(d manifest.Descriptor, doc *manifest.Document) Part {
	p := Part{Descriptor: d, Doc: doc, Present: s.hasAll(doc)}
	if !doc.IsImage() {
		return p
	}
	i, err := s.read(doc.Config.Digest)
	if err != nil {
		return p
	}
	p.Image = i.ID
	if p.Platform == nil {
		own := i.Platform()
		p.Platform = &own
	}
	return p
}

// hasAll says whether all that a manifest is made of is here.
func (s *Store) hasAll(doc *manifest.Document) bool {
	for _, c := range doc.Content() {
		if !s.Has(c.Digest) {
			return false
		}
	}
	return true
}

// Images are the parts that are images and are here.
func Images(parts []Part) []Part {
	var list []Part
	for _, p := range parts {
		if p.Image != "" {
			list = append(list, p)
		}
	}
	return list
}

// Variant returns the image of a name for a platform; false where it is not here.
func (s *Store) Variant(t Target, want manifest.Platform) (Target, bool) {
	if t.Index == "" {
		return t, false
	}
	parts, _, err := s.Parts(t.Index)
	if err != nil {
		return t, false
	}
	images := Images(parts)
	doc := manifest.Document{}
	for _, p := range images {
		doc.Manifests = append(doc.Manifests, p.Descriptor)
	}
	d := doc.Select(want)
	if d == nil {
		return t, false
	}
	for _, p := range images {
		if p.Digest == d.Digest {
			return Target{p.Image, p.Digest, t.Index}, true
		}
	}
	return t, false
}

// preferred is a target for who names no platform: this machine's, else what is here of it.
func (s *Store) preferred(t Target) Target {
	own, _ := s.Variant(t, manifest.Host())
	return own
}

// Members are the images of the name's index that are here, its own first; of one without, its own.
func (s *Store) Members(t Target) []digest.Digest {
	list := []digest.Digest{t.Image}
	if t.Index == "" {
		return list
	}
	parts, _, err := s.Parts(t.Index)
	if err != nil {
		return list
	}
	for _, p := range Images(parts) {
		if p.Image != t.Image {
			list = append(list, p.Image)
		}
	}
	return list
}

// within finds for images the names whose indexes have them for another platform.
func (s *Store) within(names []Name) map[digest.Digest][]Name {
	by := map[digest.Digest][]Name{}
	known := map[Target][]digest.Digest{}
	for _, n := range names {
		if n.Index == "" {
			continue
		}
		if known[n.Target] == nil {
			known[n.Target] = s.Members(n.Target)
		}
		for _, id := range known[n.Target][1:] {
			by[id] = append(by[id], n)
		}
	}
	return by
}

// withinOf is within, read only where an image has no name of its own: most often none.
func (s *Store) withinOf(ids []digest.Digest, by map[digest.Digest][]Name, names []Name) map[digest.Digest][]Name {
	for _, id := range ids {
		if len(by[id]) == 0 {
			return s.within(names)
		}
	}
	return nil
}

// Platform is what an image runs on.
func (c *Config) Platform() manifest.Platform {
	return manifest.Platform{
		OS: cmp.Or(c.OS, manifest.Host().OS), Architecture: cmp.Or(c.Architecture, manifest.Host().Architecture), Variant: c.Variant,
	}
}

// PutManifest keeps a manifest or an index as a blob and returns its descriptor.
func (l *Lease) PutManifest(m *manifest.Document) (manifest.Descriptor, error) {
	b, err := m.Encode()
	if err != nil {
		return manifest.Descriptor{}, err
	}
	d, err := l.PutRaw(b)
	return manifest.Descriptor{MediaType: m.Type(), Digest: d, Size: int64(len(b))}, err
}

// PutRaw keeps a small blob as it is: a manifest that came from elsewhere.
func (l *Lease) PutRaw(b []byte) (digest.Digest, error) {
	d := digest.FromBytes(b)
	if _, err := l.Protect(d); err != nil {
		return "", err
	}
	_, err := l.Blobs().Put(b)
	return d, err
}

// NameIndex gives an index that is a blob here names. What it lists is here before: images by Add and
// Lease.Manifest (with their layers compressed, so that a push changes nothing), attestations by
// PutManifest. A platform that is not here is all right, but one has to be.
func (l *Lease) NameIndex(index digest.Digest, names ...reference.Reference) error {
	if _, err := l.Protect(index); err != nil {
		return err
	}
	parts, _, err := l.Parts(index)
	if err != nil {
		return err
	}
	images := Images(parts)
	if len(images) == 0 {
		return fmt.Errorf("index %s: none of its images is here", index.Short())
	}
	t := l.preferred(Target{images[0].Image, images[0].Digest, index})
	free, err := l.Share()
	if err != nil {
		return err
	}
	defer free()
	if err := l.setNames(t, names); err != nil || len(names) == 0 {
		return err
	}
	return l.settle("/tags")
}
