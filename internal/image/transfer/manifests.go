package transfer

import (
	"context"
	"fmt"
	"io"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/registry"
	"bantam/internal/image/remote"
)

// PutManifest writes a manifest or an index. What an index lists is taken over from the
// repositories that sources name, which are of the same registry.
func (t *Transfer) PutManifest(ctx context.Context, ref reference.Reference, m *remote.Manifest, sources map[digest.Digest]reference.Reference, a remote.Access) error {
	c, err := t.client(a)
	if err != nil {
		return err
	}
	defer c.Close()
	to, err := c.Writing(ref)
	if err != nil {
		return err
	}
	doc, err := manifest.Decode(m.Bytes)
	if err != nil {
		return err
	}
	for _, d := range doc.Manifests {
		from, ok := sources[d.Digest]
		if !ok || from.Path == ref.Path {
			continue
		}
		if from.Domain != ref.Domain {
			return fmt.Errorf("cannot use source images from a different registry than the target image: %s != %s", from.Domain, ref.Domain)
		}
		if err := take(ctx, c, to, from, d); err != nil {
			return denied(err, ref, "push")
		}
	}
	return denied(to.Put(ctx, what(ref), m), ref, "push")
}

// take copies a manifest and its blobs from a repository of the same registry.
func take(ctx context.Context, c *registry.Client, to *registry.Repository, from reference.Reference, d manifest.Descriptor) error {
	if there, err := to.Has(ctx, d.Digest); err != nil || there {
		return err
	}
	source, err := c.Reading(from)
	if err != nil {
		return err
	}
	m, err := source.Manifest(ctx, d.Digest.String())
	if err != nil {
		return err
	}
	doc, err := manifest.Decode(m.Bytes)
	if err != nil {
		return err
	}
	for _, b := range append(doc.Layers, *doc.Config) {
		if err := takeBlob(ctx, to, source, from.Path, b); err != nil {
			return err
		}
	}
	return to.Put(ctx, m.Digest.String(), m)
}

func takeBlob(ctx context.Context, to, source *registry.Repository, path string, d manifest.Descriptor) error {
	if len(d.URLs) > 0 {
		return nil
	}
	there, err := to.HasBlob(ctx, d)
	if err != nil || there {
		return err
	}
	if there, err = to.Mount(ctx, d, path); err != nil || there {
		return err
	}
	return to.Upload(ctx, d, func(from int64) (io.ReadCloser, error) { return source.Blob(ctx, d, from), nil }, nil)
}
