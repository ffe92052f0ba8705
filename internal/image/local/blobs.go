package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bantam/internal/image/archive"
	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// LayerBlob is a compressed blob of a layer.
type LayerBlob struct {
	Digest digest.Digest
	DiffID digest.Digest
	Format archive.Format
}

// LayerOf says which layer a compressed blob holds, if that is known.
func (s *Store) LayerOf(d digest.Digest) (LayerBlob, bool) {
	text, err := os.Readlink(s.Root + "/blobs/layers/" + d.Hex())
	if err != nil {
		return LayerBlob{}, false
	}
	hex, format, ok := strings.Cut(text, " ")
	diff, bad := digest.Parse("sha256:" + hex)
	b := LayerBlob{Digest: d, DiffID: diff}
	switch format {
	case "gzip":
		b.Format = archive.Gzip
	case "zstd":
		b.Format = archive.Zstd
	default:
		ok = false
	}
	return b, ok && bad == nil
}

// layerBlobs lists what is known of all compressed blobs.
func (s *Store) layerBlobs() ([]LayerBlob, error) {
	names, err := blob.Names(s.Root + "/blobs/layers")
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	slices.Sort(names)
	var list []LayerBlob
	for _, n := range names {
		if d, err := digest.Parse("sha256:" + n); err == nil {
			if b, ok := s.LayerOf(d); ok {
				list = append(list, b)
			}
		}
	}
	return list, nil
}

// CompressedSizes are the bytes of the smallest compressed blob of each layer that has one.
func (s *Store) CompressedSizes() (map[digest.Digest]int64, error) {
	list, err := s.layerBlobs()
	sizes := map[digest.Digest]int64{}
	for _, l := range list {
		n, err := s.Blobs().Size(l.Digest)
		if old, ok := sizes[l.DiffID]; err == nil && (!ok || n < old) {
			sizes[l.DiffID] = n
		}
	}
	return sizes, err
}

// Compressed finds the blob of a layer that is kept: a gzip one before a zstd one, as
// more programs read it. ok is false where there is none.
func (s *Store) Compressed(diff digest.Digest) (b LayerBlob, ok bool, err error) {
	list, err := s.layerBlobs()
	for _, l := range list {
		if l.DiffID == diff && s.Blobs().Has(l.Digest) && (!ok || b.Format != archive.Gzip && l.Format == archive.Gzip) {
			b, ok = l, true
		}
	}
	return b, ok, err
}

// Compress returns a layer's compressed blob, and makes one by gzip where none is kept.
func (l *Lease) Compress(ctx context.Context, diff digest.Digest) (LayerBlob, error) {
	if _, err := l.Protect(diff); err != nil {
		return LayerBlob{}, err
	}
	b, ok, err := l.Compressed(diff)
	if err != nil {
		return b, err
	}
	if ok {
		if there, err := l.Protect(b.Digest); err != nil || there {
			return b, err
		}
	}
	d, err := l.compress(ctx, diff)
	if err != nil {
		return b, fmt.Errorf("compress layer %s: %w", diff.Short(), err)
	}
	b = LayerBlob{d, diff, archive.Gzip}
	return b, l.link(d, diff, archive.Gzip)
}

func (l *Lease) compress(ctx context.Context, diff digest.Digest) (digest.Digest, error) {
	w, err := l.Blobs().Begin("")
	if err != nil {
		return "", err
	}
	defer w.Close()
	z := archive.NewGzip(w)
	tar := l.openTar(diff)
	defer tar.Close()
	ahead := archive.NewAhead(ctx, tar)
	defer ahead.Close()
	if _, err := io.Copy(z, ahead); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	if _, err := l.Protect(w.Digest()); err != nil {
		return "", err
	}
	return w.Commit("", -1)
}

// Manifest returns the manifest of an image as it can be pushed or saved: all that it
// refers to can be had by Open. It is the one that the target names, if its content is
// all there, else one that is made of the image. Its layers are the compressed blobs that
// are kept; where there are none, compressed ones are made or, if plain, tar files named.
// (Archives have plain layers; nobody wants to send them through a network.)
func (l *Lease) Manifest(ctx context.Context, t Target, plain bool) (manifest.Descriptor, *manifest.Document, error) {
	if t.Manifest != "" {
		d, m, err := l.Whole(t.Manifest)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return d, m, err
		}
		if err == nil && (plain || m.Compressed() || !m.IsImage()) {
			return d, m, nil
		}
	}
	raw, err := l.RawConfig(t.Image)
	if err != nil {
		return manifest.Descriptor{}, nil, err
	}
	if t.Image == t.Manifest {
		return manifest.Descriptor{}, nil, fmt.Errorf("artifact %s is not whole: pull it again", t.Image.Short())
	}
	c, err := decode(raw)
	if err != nil {
		return manifest.Descriptor{}, nil, err
	}
	m := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeManifest, Layers: []manifest.Descriptor{}}
	m.Config = &manifest.Descriptor{MediaType: manifest.TypeConfig, Digest: t.Image, Size: int64(len(raw))}
	for _, diff := range c.RootFS.DiffIDs {
		d, err := l.describe(ctx, diff, plain)
		if err != nil {
			return manifest.Descriptor{}, nil, err
		}
		m.Layers = append(m.Layers, d)
	}
	d, err := l.PutManifest(m)
	return d, m, err
}

func (l *Lease) describe(ctx context.Context, diff digest.Digest, plain bool) (manifest.Descriptor, error) {
	if plain {
		if _, ok, err := l.Compressed(diff); err != nil {
			return manifest.Descriptor{}, err
		} else if !ok {
			_, tar, err := l.LayerSizes(diff)
			return manifest.Descriptor{MediaType: manifest.TypeLayer, Digest: diff, Size: tar}, err
		}
	}
	b, err := l.Compress(ctx, diff)
	if err != nil {
		return manifest.Descriptor{}, err
	}
	size, err := l.Blobs().Size(b.Digest)
	return manifest.Descriptor{MediaType: b.Format.MediaType(), Digest: b.Digest, Size: size}, err
}

// Whole returns a manifest all of whose content is there, and protects it; os.ErrNotExist where some
// of it is not.
func (l *Lease) Whole(d digest.Digest) (manifest.Descriptor, *manifest.Document, error) {
	none := manifest.Descriptor{}
	if there, err := l.Protect(d); err != nil || !there {
		return none, nil, errors.Join(err, os.ErrNotExist)
	}
	b, m, err := l.ReadManifest(d)
	if err != nil {
		return none, nil, err
	}
	for _, c := range m.References() {
		if m.Subject != nil && c.Digest == m.Subject.Digest {
			continue
		}
		if there, err := l.Protect(c.Digest); err != nil || !there {
			return none, nil, errors.Join(err, os.ErrNotExist)
		}
	}
	return manifest.Descriptor{MediaType: m.Type(), Digest: d, Size: int64(len(b))}, m, nil
}

// ReadManifest reads a manifest or an index that is a blob here.
func (s *Store) ReadManifest(d digest.Digest) ([]byte, *manifest.Document, error) {
	b, err := s.Blobs().Read(d, manifest.MaxSize)
	if err != nil {
		return nil, nil, fmt.Errorf("read manifest: %w", err)
	}
	m, err := manifest.Decode(b)
	if err != nil {
		return nil, nil, fmt.Errorf("read manifest %s: %w", d.Short(), err)
	}
	return b, m, nil
}
