package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// The formats that Save writes.
const (
	DockerArchive = "docker-archive" // docker's, with an OCI layout in the same tar file
	OCIArchive    = "oci-archive"
	OCIFolder     = "oci-dir"
	DockerFolder  = "docker-dir" // what containers/image calls a dir
)

// IsFolder says whether a format is written as a folder.
func IsFolder(format string) bool { return format == OCIFolder || format == DockerFolder }

// Selected is an image to be saved and the names that go with it. One with an index is saved with
// all its platforms that are here, or with those that are wanted.
type Selected struct {
	Target    local.Target
	Names     []reference.Reference
	Platforms []manifest.Platform
}

// Sink takes files: a tar file or a folder.
type Sink interface {
	put(name string, size int64, r io.Reader) error
	close() error
}

// Save writes images. The same images give the same bytes, as long as none of their layers
// gets a compressed blob.
func Save(ctx context.Context, lease *local.Lease, images []Selected, format string, to Sink) error {
	w := &writer{ctx: ctx, lease: lease, sink: to, done: map[digest.Digest]bool{}, index: &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{}}}
	if format == DockerFolder {
		if len(images) != 1 {
			return errors.New("the format docker-dir takes one image")
		}
		return errors.Join(w.directory(images[0]), to.close())
	}
	for _, i := range images {
		if err := w.image(i); err != nil {
			return err
		}
	}
	if err := w.lists(format); err != nil {
		return err
	}
	return to.close()
}

type writer struct {
	ctx    context.Context
	lease  *local.Lease
	sink   Sink
	done   map[digest.Digest]bool
	index  *manifest.Document
	docker []dockerItem
	repos  map[string]map[string]string
}

// image writes the content of an image and remembers it for the lists.
func (w *writer) image(i Selected) error {
	d, m, err := w.lease.Manifest(w.ctx, i.Target, true)
	if err != nil {
		return err
	}
	if i.Target.Index != "" && d.Digest == i.Target.Manifest {
		if d, err = w.wholeIndex(i); err != nil {
			return err
		}
	}
	if err := w.manifest(d.Digest, m); err != nil {
		return err
	}
	w.list(i, d, m)
	return nil
}

// manifest writes a manifest and what it is made of.
func (w *writer) manifest(d digest.Digest, m *manifest.Document) error {
	for _, c := range append(m.Content(), manifest.Descriptor{Digest: d}) {
		if err := w.blob(c.Digest, blobFile(c.Digest)); err != nil {
			return err
		}
	}
	return nil
}

// wholeIndex writes an index, the indexes in it and what is here of the manifests that they list.
func (w *writer) wholeIndex(i Selected) (manifest.Descriptor, error) {
	none := manifest.Descriptor{}
	parts, above, err := w.lease.Parts(i.Target.Index)
	if err != nil {
		return none, err
	}
	b, doc, err := w.lease.ReadManifest(i.Target.Index)
	if err != nil {
		return none, err
	}
	for _, p := range i.wanted(parts) {
		_, m, err := w.lease.Whole(p.Digest)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err == nil {
			err = w.manifest(p.Digest, m)
		}
		if err != nil {
			return none, err
		}
	}
	top := manifest.Descriptor{MediaType: doc.Type(), Digest: i.Target.Index, Size: int64(len(b))}
	for _, d := range append(above, top) {
		if err := w.blob(d.Digest, blobFile(d.Digest)); err != nil {
			return none, err
		}
	}
	return top, nil
}

// wanted are the parts of an index that are here and for the platforms, and what attests
// something about them.
func (i *Selected) wanted(parts []local.Part) []local.Part {
	in := map[digest.Digest]bool{}
	for _, p := range parts {
		in[p.Digest] = p.Present && (len(i.Platforms) == 0 || p.Platform != nil && slices.ContainsFunc(i.Platforms, p.Platform.Provides))
	}
	return slices.DeleteFunc(parts, func(p local.Part) bool {
		if about := p.Attests(); about != "" {
			return !p.Present || !in[about]
		}
		return !in[p.Digest]
	})
}

// blob writes content once.
func (w *writer) blob(d digest.Digest, name string) error {
	if w.done[d] {
		return nil
	}
	w.done[d] = true
	r, size, err := w.lease.Open(d)
	if err != nil {
		return err
	}
	defer r.Close()
	ahead := archive.NewAhead(w.ctx, r)
	defer ahead.Close()
	if err := w.sink.put(name, size, ahead); err != nil {
		return fmt.Errorf("write %s: %w", d.Short(), err)
	}
	return nil
}

// list remembers an image for the lists: d is its manifest or index, m the manifest. An artifact is not
// in docker's.
func (w *writer) list(i Selected, d manifest.Descriptor, m *manifest.Document) {
	w.listOCI(i, d)
	if m.IsImage() {
		w.listDocker(i, m)
	}
}

func (w *writer) listOCI(i Selected, d manifest.Descriptor) {
	for _, n := range i.Names {
		named := d
		named.Annotations = map[string]string{"io.containerd.image.name": n.String(), "org.opencontainers.image.ref.name": n.Tag}
		w.index.Manifests = append(w.index.Manifests, named)
	}
	if len(i.Names) == 0 {
		w.index.Manifests = append(w.index.Manifests, d)
	}
}

func (w *writer) listDocker(i Selected, m *manifest.Document) {
	item := dockerItem{Config: blobFile(m.Config.Digest), RepoTags: []string{}, Layers: []string{}}
	for _, l := range m.Layers {
		item.Layers = append(item.Layers, blobFile(l.Digest))
	}
	for _, n := range i.Names {
		item.RepoTags = append(item.RepoTags, n.Familiar())
		if w.repos == nil {
			w.repos = map[string]map[string]string{}
		}
		if w.repos[n.FamiliarName()] == nil {
			w.repos[n.FamiliarName()] = map[string]string{}
		}
		top := m.Config.Digest
		if len(m.Layers) > 0 {
			top = m.Layers[len(m.Layers)-1].Digest
		}
		w.repos[n.FamiliarName()][n.Tag] = top.Hex()
	}
	w.docker = append(w.docker, item)
}

// lists writes what says what is in the archive.
func (w *writer) lists(format string) error {
	files := []struct {
		name string
		v    any
	}{{"index.json", w.index}, {"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}}}
	if format == DockerArchive && len(w.docker) > 0 {
		files = append(files, struct {
			name string
			v    any
		}{"manifest.json", w.docker})
		if w.repos != nil {
			files = append(files, struct {
				name string
				v    any
			}{"repositories", w.repos})
		}
	}
	for _, f := range files {
		b, err := json.Marshal(f.v)
		if err != nil {
			return err
		}
		if err := w.bytes(f.name, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) bytes(name string, b []byte) error {
	return w.sink.put(name, int64(len(b)), bytes.NewReader(b))
}

// directory writes docker's manifest with its blobs beside it.
func (w *writer) directory(i Selected) error {
	_, m, err := w.lease.Manifest(w.ctx, i.Target, false)
	if err != nil {
		return err
	}
	out := &manifest.Document{SchemaVersion: 2, MediaType: manifest.DockerManifest, Config: m.Config, Layers: []manifest.Descriptor{}}
	out.Config.MediaType = manifest.DockerConfig
	for _, l := range m.Layers {
		if strings.HasSuffix(l.MediaType, "zstd") {
			return fmt.Errorf("layer %s is compressed by zstd, which docker's manifest has no type for: save it as oci-dir", l.Digest.Short())
		}
		l.MediaType = manifest.DockerLayer
		out.Layers = append(out.Layers, l)
	}
	for _, c := range append([]manifest.Descriptor{*out.Config}, out.Layers...) {
		if err := w.blob(c.Digest, c.Digest.Hex()); err != nil {
			return err
		}
	}
	b, err := out.Encode()
	if err != nil {
		return err
	}
	return errors.Join(w.bytes("manifest.json", b), w.bytes("version", []byte("Directory Transport Version: 1.1\n")))
}

// ToTar writes to one stream.
func ToTar(w io.Writer) Sink {
	b := bufio.NewWriterSize(w, 1<<20)
	return &tarSink{w: tar.NewWriter(b), b: b, buf: make([]byte, 256<<10), folders: map[string]bool{}}
}

type tarSink struct {
	w       *tar.Writer
	b       *bufio.Writer
	buf     []byte
	folders map[string]bool
}

// epoch is the time of all entries, so that the same images give the same bytes.
var epoch = time.Unix(0, 0).UTC()

func (t *tarSink) put(name string, size int64, r io.Reader) error {
	for i := range len(name) {
		if dir := name[:i]; name[i] == '/' && !t.folders[dir] {
			t.folders[dir] = true
			if err := t.w.WriteHeader(&tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755, ModTime: epoch}); err != nil {
				return err
			}
		}
	}
	if err := t.w.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644, ModTime: epoch}); err != nil {
		return err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{t.w}, struct{ io.Reader }{r}, t.buf)
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (t *tarSink) close() error { return errors.Join(t.w.Close(), t.b.Flush()) }

// ToFolder writes to a folder, which is made and must be empty.
func ToFolder(dir string) (Sink, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		return nil, errors.Join(err, fmt.Errorf("the folder %s is not empty", dir))
	}
	return folderSink(dir), nil
}

type folderSink string

func (f folderSink) put(name string, size int64, r io.Reader) error {
	path := filepath.Join(string(f), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, r)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return errors.Join(err, to.Close())
}

func (f folderSink) close() error { return nil }
