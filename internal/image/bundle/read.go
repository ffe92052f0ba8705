package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// Item is an image in an archive, or an artifact.
type Item struct {
	Config []byte // nil of an artifact
	Names  []reference.Reference
	Layers []Layer
	// Manifest and Index as they stand in the archive; nil where there is none.
	Manifest, Index []byte
	// Others are further platforms of the index.
	Others []Item
	// Blobs are kept as they are: an artifact's, and what the index has beside images.
	Blobs []manifest.Descriptor
	// left are the configurations of the index's platforms that nobody wants.
	left []digest.Digest
}

// Artifact says that an item is no image.
func (i *Item) Artifact() bool { return i.Config == nil }

// platforms are the item and its others.
func (i *Item) platforms() []Item { return append([]Item{*i}, i.Others...) }

// Layer is where a layer of an item is.
type Layer struct {
	File   string
	DiffID digest.Digest
	Blob   digest.Digest // "" where the archive doesn't say it
	Size   int64         // of the blob
}

// dockerItem is an entry of manifest.json (moby, image/spec/spec.md).
type dockerItem struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// Read finds the images of an archive, of the platforms that are wanted; of all where there are none.
func Read(s Source, want ...manifest.Platform) ([]Item, error) {
	r := &reader{source: s, want: want}
	b, err := readSmall(s, "manifest.json")
	index, noIndex := readSmall(s, "index.json")
	switch {
	case err == nil && bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")):
		return r.directory(b)
	case err == nil:
		return r.docker(b, index)
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	case noIndex == nil:
		return r.layout(index)
	case !errors.Is(noIndex, os.ErrNotExist):
		return nil, noIndex
	}
	if _, err := readSmall(s, "repositories"); err == nil {
		return nil, errors.New("the archive is of a docker older than 1.10, which nobody reads any more: save it again")
	}
	return nil, errors.New("this is no image archive: it has neither manifest.json (docker) nor index.json (OCI)")
}

type reader struct {
	source Source
	want   []manifest.Platform
}

// docker reads manifest.json, and takes the manifests of the OCI layout beside it, if there
// is one: they have the layers' digests.
func (r *reader) docker(b, index []byte) ([]Item, error) {
	var list []dockerItem
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	if len(list) == 0 {
		return nil, errors.New("manifest.json: it lists no image")
	}
	known, artifacts := r.known(index)
	var items []*Item
	for _, d := range list {
		i, err := r.dockerItem(&d, known)
		if err != nil {
			return nil, fmt.Errorf("manifest.json: %w", err)
		}
		if !slices.Contains(items, i) {
			items = append(items, i)
		}
	}
	out := make([]Item, len(items))
	for k := range items {
		out[k] = *items[k]
	}
	return append(out, artifacts...), nil
}

// known finds what index.json has: images by the ids of all their platforms, and artifacts, which
// manifest.json doesn't list. What isn't whole is passed over.
func (r *reader) known(index []byte) (known map[digest.Digest]*Item, artifacts []Item) {
	known = map[digest.Digest]*Item{}
	doc, err := manifest.Decode(index)
	if err != nil {
		return known, nil
	}
	for _, d := range doc.Manifests {
		if d.Attests() != "" {
			continue
		}
		i, err := r.descend(&d)
		if err != nil || i == nil {
			continue
		}
		if i.Artifact() {
			if i.Names, err = namesOf(&d); err == nil {
				artifacts = append(artifacts, *i)
			}
			continue
		}
		ids := i.left
		for _, p := range i.platforms() {
			ids = append(ids, digest.FromBytes(p.Config))
		}
		for _, id := range ids {
			if known[id] == nil {
				known[id] = i
			}
		}
	}
	return known, artifacts
}

func (r *reader) dockerItem(d *dockerItem, known map[digest.Digest]*Item) (*Item, error) {
	config, err := readSmall(r.source, d.Config)
	if err != nil {
		return nil, err
	}
	id := digest.FromBytes(config)
	if hex := strings.TrimSuffix(clean(d.Config), ".json"); len(hex) == 64 && digest.IsHex(hex) && hex != id.Hex() {
		return nil, fmt.Errorf("%w: the digest of %s is %s", blob.ErrCorrupt, d.Config, id)
	}
	i := known[id]
	if i == nil || i.Index == nil && len(i.Layers) != len(d.Layers) {
		plain, err := newItem(config, len(d.Layers))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Config, err)
		}
		for k, file := range d.Layers {
			plain.Layers[k].File = file
		}
		if err := r.provides(config); err != nil {
			return nil, err
		}
		i = &plain
	}
	for _, t := range d.RepoTags {
		ref, err := reference.Parse(t)
		if err != nil {
			return nil, fmt.Errorf("invalid tag %q: %w", t, err)
		}
		if !slices.Contains(i.Names, ref.Tagged()) {
			i.Names = append(i.Names, ref.Tagged())
		}
	}
	return i, nil
}

// provides refuses an image of another platform than those that are asked for.
func (r *reader) provides(config []byte) error {
	if len(r.want) == 0 {
		return nil
	}
	var p manifest.Platform
	if err := json.Unmarshal(config, &p); err != nil {
		return err
	}
	if !slices.ContainsFunc(r.want, p.Provides) {
		return fmt.Errorf("the image is for %s and does not provide the platform %s", p, names(r.want))
	}
	return nil
}

func names(list []manifest.Platform) string {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// newItem checks a configuration against the number of layers.
func newItem(config []byte, layers int) (Item, error) {
	i := Item{Config: config}
	diffs, err := local.DiffIDs(config)
	if err != nil {
		return i, err
	}
	if len(diffs) != layers {
		return i, fmt.Errorf("invalid manifest, layers length mismatch: expected %d, got %d", len(diffs), layers)
	}
	for _, d := range diffs {
		i.Layers = append(i.Layers, Layer{DiffID: d})
	}
	return i, nil
}

func blobFile(d digest.Digest) string { return "blobs/sha256/" + d.Hex() }

// document reads a manifest or an index and verifies it.
func (r *reader) document(d *manifest.Descriptor) ([]byte, *manifest.Document, error) {
	b, err := r.verified(d)
	if err != nil {
		return nil, nil, err
	}
	doc, err := manifest.Decode(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", d.Digest.Short(), err)
	}
	return b, doc, nil
}

func (r *reader) verified(d *manifest.Descriptor) ([]byte, error) {
	b, err := readSmall(r.source, blobFile(d.Digest))
	if err != nil {
		return nil, err
	}
	if got := digest.FromBytes(b); got != d.Digest || d.Size != int64(len(b)) {
		return nil, fmt.Errorf("%w: %s has the digest %s and %d bytes, its descriptor says %d", blob.ErrCorrupt, blobFile(d.Digest), got, len(b), d.Size)
	}
	return b, nil
}

// layout reads an OCI layout (image-spec, image-layout.md).
func (r *reader) layout(index []byte) ([]Item, error) {
	doc, err := manifest.Decode(index)
	if err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	var items []Item
	for _, d := range doc.Manifests {
		if d.Attests() != "" {
			continue
		}
		i, err := r.descend(&d)
		if err != nil {
			return nil, fmt.Errorf("index.json: %w", err)
		}
		if i == nil {
			continue
		}
		if i.Names, err = namesOf(&d); err != nil {
			return nil, fmt.Errorf("index.json: %w", err)
		}
		items = append(items, *i)
	}
	if len(items) == 0 {
		return nil, errors.New("index.json: it lists no image for this platform")
	}
	return items, nil
}

func (r *reader) item(b []byte, doc *manifest.Document) (Item, error) {
	config, err := r.verified(doc.Config)
	if err != nil {
		return Item{}, err
	}
	i, err := newItem(config, len(doc.Layers))
	if err != nil {
		return i, err
	}
	i.Manifest = b
	for k, l := range doc.Layers {
		if len(l.URLs) > 0 {
			return i, fmt.Errorf("layer %s is a foreign one, which has to be fetched elsewhere: that is refused", l.Digest.Short())
		}
		i.Layers[k].File, i.Layers[k].Blob, i.Layers[k].Size = blobFile(l.Digest), l.Digest, l.Size
	}
	return i, nil
}

// namesOf reads the annotations by which containerd and others name an image.
func namesOf(d *manifest.Descriptor) ([]reference.Reference, error) {
	name := d.Annotations["io.containerd.image.name"]
	if name == "" {
		name = d.Annotations["org.opencontainers.image.ref.name"]
		if !strings.ContainsAny(name, "/:") { // a tag without a repository
			return nil, nil
		}
	}
	ref, err := reference.Parse(name)
	if err != nil {
		return nil, fmt.Errorf("invalid name %q: %w", name, err)
	}
	return []reference.Reference{ref.Tagged()}, nil
}

// directory reads what containers/image calls a dir: manifest.json is a manifest and blobs
// are files beside it.
func (r *reader) directory(b []byte) ([]Item, error) {
	doc, err := manifest.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	if doc.IsIndex() {
		return nil, errors.New("manifest.json: an index of several images in a folder is not read: copy one platform")
	}
	flat := &reader{source: flatFolder{r.source}, want: r.want}
	i, err := flat.item(b, doc)
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	for k := range i.Layers {
		i.Layers[k].File = i.Layers[k].Blob.Hex()
	}
	return []Item{i}, flat.provides(i.Config)
}

// flatFolder has blobs without folders.
type flatFolder struct{ Source }

func (f flatFolder) Open(name string) (io.ReadCloser, int64, error) {
	return f.Source.Open(strings.TrimPrefix(name, "blobs/sha256/"))
}
