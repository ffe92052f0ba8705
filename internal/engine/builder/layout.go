package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// layout is a folder of the OCI image layout (image-spec, image-layout.md).
type layout struct{ dir string }

func (l layout) blob(d digest.Digest) string { return filepath.Join(l.dir, "blobs/sha256", d.Hex()) }

func (l layout) read(d manifest.Descriptor) ([]byte, error) {
	f, err := os.Open(l.blob(d.Digest))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, manifest.MaxSize+1))
	if err == nil && digest.FromBytes(b) != d.Digest {
		err = fmt.Errorf("%s is not what its digest says", f.Name())
	}
	return b, err
}

// index reads index.json.
func (l layout) index() (*manifest.Document, error) {
	b, err := os.ReadFile(filepath.Join(l.dir, "index.json"))
	if err != nil {
		return nil, fmt.Errorf("%s is no OCI layout: %w", l.dir, err)
	}
	return manifest.Decode(b)
}

// find looks for the manifest of a platform, in an index that may hold others.
func (l layout) find(doc *manifest.Document, want string, p dockerfile.Platform, depth int) (*manifest.Document, error) {
	for _, d := range doc.Manifests {
		name := d.Annotations["org.opencontainers.image.ref.name"]
		if want != "" && depth == 0 && name != want && d.Digest.String() != want {
			continue
		}
		if d.Platform != nil && (d.Platform.OS != p.OS || d.Platform.Architecture != p.Arch) {
			continue
		}
		b, err := l.read(d)
		if err != nil {
			return nil, err
		}
		sub, err := manifest.Decode(b)
		if err != nil {
			return nil, err
		}
		if !sub.IsIndex() {
			return sub, nil
		}
		if depth > 3 {
			return nil, errors.New("the layout's indexes are nested too deeply")
		}
		if m, err := l.find(sub, "", p, depth+1); m != nil || err != nil {
			return m, err
		}
	}
	return nil, nil
}

// loadLayout brings an image of a layout into the store: PATH[:TAG|@DIGEST].
func loadLayout(ctx context.Context, lease *local.Lease, text string, p dockerfile.Platform) (*build.Base, error) {
	dir, want := text, ""
	if i := strings.LastIndex(text, "@"); i >= 0 {
		dir, want = text[:i], text[i+1:]
	} else if i := strings.LastIndex(text, ":"); i >= 0 && !strings.Contains(text[i:], "/") {
		dir, want = text[:i], text[i+1:]
	}
	l := layout{dir}
	doc, err := l.index()
	if err != nil {
		return nil, err
	}
	m, err := l.find(doc, want, p, 0)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("oci-layout %s: there is no image of that name for %s", text, p)
	}
	config, err := l.read(*m.Config)
	if err != nil {
		return nil, err
	}
	diffs, err := local.DiffIDs(config)
	if err != nil {
		return nil, err
	}
	if len(diffs) != len(m.Layers) {
		return nil, fmt.Errorf("oci-layout %s: %d layers and %d diff ids", text, len(m.Layers), len(diffs))
	}
	for i, d := range m.Layers {
		src := &local.Source{Blob: d.Digest, BlobSize: d.Size, DiffID: diffs[i], Keep: true, Open: func(at int64) (io.ReadCloser, error) {
			f, err := os.Open(l.blob(d.Digest))
			if err == nil {
				_, err = f.Seek(at, io.SeekStart)
			}
			return f, err
		}}
		if _, err := lease.Layer(ctx, src); err != nil {
			return nil, fmt.Errorf("oci-layout %s: %w", text, err)
		}
	}
	return &build.Base{Ref: "oci-layout://" + text, Config: config}, lease.Publish()
}
