package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// An artifact (image-spec, manifest.md, "Guidelines for Artifact Usage") is listed among the
// images: its file has the manifest's bytes in place of a configuration, so that its id is the
// manifest's digest. Configurations tell nothing of artifacts, and many of them are "{}".
// What it is made of are blobs, and nothing of it is unpacked.

// artifactHead begins the line above an artifact's manifest: "bantam artifact 1 SIZE CREATED".
const artifactHead = "bantam artifact 1 "

// createdAnnotation is when an artifact was made (image-spec, annotations.md).
const createdAnnotation = "org.opencontainers.image.created"

// recordArtifact keeps the manifest of an artifact, all of whose content has to be here.
func (l *Lease) recordArtifact(raw []byte) (digest.Digest, error) {
	doc, err := manifest.Decode(raw)
	if err != nil {
		return "", err
	}
	if doc.IsIndex() {
		return "", errors.New("an index is no artifact")
	}
	if !l.hasAll(doc) {
		return "", errors.New("it is not whole")
	}
	var size int64
	for _, c := range doc.Layers {
		size += c.Size
	}
	created, err := time.Parse(time.RFC3339Nano, doc.Annotations[createdAnnotation])
	if err != nil {
		created = time.Time{}
	}
	return l.keepRecord(raw, record(artifactHead, size, created, raw))
}

// Blob brings content in as it is, where it is not here. Blob, BlobSize, Open and Progress of the
// source count; a part that is here is gone on with.
func (l *Lease) Blob(ctx context.Context, src *Source) error {
	if there, err := l.Protect(src.Blob); err != nil || there {
		return err
	}
	w, err := l.Blobs().Begin(src.Blob.Hex())
	if err != nil {
		return err
	}
	defer w.Close()
	if had := w.Size(); had < src.BlobSize {
		if err := copyRest(ctx, w, src, had); err != nil {
			return err
		}
	}
	_, err = w.Commit(src.Blob, src.BlobSize)
	return err
}

func copyRest(ctx context.Context, w *blob.Writer, src *Source, had int64) error {
	r, err := src.Open(had)
	if err != nil {
		return err
	}
	defer r.Close()
	told := &telling{w: w, n: had, ctx: ctx, progress: src.Progress}
	n, err := io.Copy(told, io.LimitReader(r, src.BlobSize-had+1))
	if err == nil && had+n > src.BlobSize {
		return errors.Join(fmt.Errorf("%w: it has more than the %d bytes that its descriptor says", blob.ErrCorrupt, src.BlobSize), w.Discard())
	}
	return err
}

// telling writes, and tells how far it is.
type telling struct {
	w        io.Writer
	n        int64
	ctx      context.Context
	progress func(int64)
}

func (t *telling) Write(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := t.w.Write(p)
	t.n += int64(n)
	if t.progress != nil {
		t.progress(t.n)
	}
	return n, err
}
