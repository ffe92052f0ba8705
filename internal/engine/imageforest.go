package engine

import (
	"os"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// TreeImage is an image with what it takes, for docker images --tree.
type TreeImage struct {
	Image
	Content   int64           // bytes of its configurations, manifests and compressed layers
	InUse     bool            // a container is made from it
	Manifests []ImageManifest // of an index all, also those that are not here
}

// ManifestKind says what a manifest is of.
type ManifestKind string

// The kinds of manifests, in the API's words.
const (
	KindImage       ManifestKind = "image"
	KindAttestation ManifestKind = "attestation"
	KindUnknown     ManifestKind = "unknown"
)

// ImageManifest is one manifest of an image: one platform's, or an attestation.
type ImageManifest struct {
	Kind       ManifestKind
	Descriptor manifest.Descriptor // without a digest where an image has no manifest: one that was made here
	ID         string              // of the image, "" where it is not here
	Platform   manifest.Platform
	Available  bool  // all that it refers to is here
	Size       int64 // bytes of its files
	Content    int64 // bytes of its configuration, manifest and compressed layers
	Containers []string
	For        digest.Digest // what an attestation is about
}

// forest is what the trees are made with.
type forest struct {
	store *local.Store
	used  map[string][]string     // containers by their image's id
	sizes map[digest.Digest]int64 // of compressed layers
	names map[string][]local.Name // by the image's id
}

// ImageTrees lists images with their manifests and what they take.
func (e *Engine) ImageTrees(o *ImagesOptions) ([]TreeImage, error) {
	list, err := e.Images(o)
	if err != nil {
		return nil, err
	}
	f, err := e.forest()
	if err != nil {
		return nil, err
	}
	var out []TreeImage
	for _, i := range list {
		t, err := f.tree(i)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *t)
	}
	return out, nil
}

func (e *Engine) forest() (*forest, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	f := &forest{store: s, used: map[string][]string{}}
	containers, err := e.List(true)
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		f.used[c.Record.Image] = append(f.used[c.Record.Image], c.ID)
	}
	if f.names, err = namesByImage(s); err != nil {
		return nil, err
	}
	f.sizes, err = s.CompressedSizes()
	return f, err
}

// ImageManifests lists the manifests of one image.
func (e *Engine) ImageManifests(name string) ([]ImageManifest, error) {
	f, err := e.forest()
	if err != nil {
		return nil, err
	}
	i, _, err := findFor(f.store, name, "")
	if err != nil {
		return nil, err
	}
	return f.manifests(i)
}

func (f *forest) tree(i Image) (*TreeImage, error) {
	t := &TreeImage{Image: i}
	full, err := f.store.Find(i.ID)
	if err != nil {
		return nil, err
	}
	full.Names = f.names[i.ID]
	if t.Manifests, err = f.manifests(full); err != nil {
		return nil, err
	}
	for _, m := range t.Manifests {
		if m.ID != t.ID {
			t.Size += m.Size
		}
		t.Content, t.InUse = t.Content+m.Content, t.InUse || len(m.Containers) > 0
	}
	return t, nil
}

func (f *forest) manifests(i *local.Image) ([]ImageManifest, error) {
	target := bestTarget(i)
	if target.Index == "" {
		return f.only(i, target.Manifest)
	}
	parts, _, err := f.store.Parts(target.Index)
	if err != nil {
		return nil, err
	}
	list := make([]ImageManifest, len(parts))
	for k := range parts {
		if list[k], err = f.part(&parts[k]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// only is the one manifest of an image for one platform.
func (f *forest) only(i *local.Image, d digest.Digest) ([]ImageManifest, error) {
	m := ImageManifest{Kind: KindImage, Available: true}
	if d != "" {
		_, doc, err := f.store.ReadManifest(d)
		if err == nil {
			size, _ := f.store.Blobs().Size(d)
			m.Descriptor = manifest.Descriptor{MediaType: doc.Type(), Digest: d, Size: size}
		}
		if i.Artifact != nil {
			m.Kind = KindUnknown
		}
	}
	err := f.grow(&m, i)
	return []ImageManifest{m}, err
}

// part is a manifest of an index.
func (f *forest) part(p *local.Part) (ImageManifest, error) {
	m := ImageManifest{Kind: KindImage, Descriptor: p.Descriptor, Available: p.Present, For: p.Attests()}
	if p.Platform != nil {
		m.Platform = *p.Platform
	}
	switch {
	case m.For != "":
		m.Kind = KindAttestation
	case p.Doc != nil && !p.Doc.IsImage(), p.Platform == nil:
		m.Kind = KindUnknown
	}
	if p.Image != "" {
		i, err := f.store.Find(p.Image.String())
		if err != nil {
			return m, err
		}
		err = f.grow(&m, i)
		return m, err
	}
	if p.Doc != nil {
		m.Content = p.Size
		for _, c := range p.Doc.Content() {
			if n, err := f.store.Blobs().Size(c.Digest); err == nil {
				m.Content += n
			}
		}
	}
	return m, nil
}

// grow adds what is here of a manifest's image, or of an artifact.
func (f *forest) grow(m *ImageManifest, i *local.Image) error {
	raw, err := f.store.RawConfig(i.ID)
	if err != nil {
		return err
	}
	m.ID, m.Platform, m.Size, m.Containers = i.ID.String(), i.Platform(), i.Size, f.used[i.ID.String()]
	m.Content = int64(len(raw))
	if i.Artifact != nil {
		m.Content += i.Size
		return nil
	}
	for _, d := range i.RootFS.DiffIDs {
		m.Content += f.sizes[d]
	}
	if m.Descriptor.Digest != "" {
		m.Content += m.Descriptor.Size
	}
	return nil
}
