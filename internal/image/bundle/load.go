package bundle

import (
	"context"
	"fmt"
	"io"
	"sync"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/parallel"
)

// LoadOptions of Load.
type LoadOptions struct {
	Limits layer.Limits
	// Progress is told how much of a layer's blob has been read, by several goroutines.
	Progress func(diff digest.Digest, n, size int64)
}

// workers unpack layers side by side; each holds a few MiB.
func workers() int { return min(max(parallel.Processors(), 2), 4) }

// Load brings images into the store: all of them or none. The ids are in the items' order.
func Load(ctx context.Context, lease *local.Lease, s Source, items []Item, o LoadOptions) ([]digest.Digest, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *Layer)
	var wg sync.WaitGroup
	for range workers() {
		wg.Go(func() {
			for l := range queue {
				if err := loadLayer(ctx, lease, s, l, &o); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, l := range distinct(items) {
		if ctx.Err() != nil {
			break
		}
		queue <- l
	}
	close(queue)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	for i := range items {
		if err := loadBlobs(ctx, lease, s, items[i].Blobs); err != nil {
			return nil, err
		}
	}
	return publish(lease, items)
}

// distinct is every layer once, however many images have it.
func distinct(items []Item) []*Layer {
	var list []*Layer
	seen := map[digest.Digest]bool{}
	for i := range items {
		for _, p := range items[i].platforms() {
			for k := range p.Layers {
				if l := &p.Layers[k]; !seen[l.DiffID] {
					seen[l.DiffID] = true
					list = append(list, l)
				}
			}
		}
	}
	return list
}

// loadBlobs keeps what is no image as it is.
func loadBlobs(ctx context.Context, lease *local.Lease, s Source, blobs []manifest.Descriptor) error {
	for _, d := range blobs {
		err := lease.Blob(ctx, &local.Source{Blob: d.Digest, BlobSize: d.Size, Open: func(at int64) (io.ReadCloser, error) {
			r, _, err := openAt(s, blobFile(d.Digest), at)
			return r, err
		}})
		if err != nil {
			return fmt.Errorf("load blob %s: %w", d.Digest.Short(), err)
		}
	}
	return nil
}

// openAt opens a file of the archive from a byte on, and says how long it is.
func openAt(s Source, name string, at int64) (io.ReadCloser, int64, error) {
	r, size, err := s.Open(name)
	if err != nil {
		return nil, 0, err
	}
	if seeker, ok := r.(io.Seeker); ok && at > 0 {
		_, err = seeker.Seek(at, io.SeekStart)
	} else if at > 0 {
		_, err = io.CopyN(io.Discard, r, at)
	}
	return r, size, err
}

func loadLayer(ctx context.Context, lease *local.Lease, s Source, l *Layer, o *LoadOptions) error {
	// A blob is kept for the sake of its digest, which only a manifest tells.
	src := &local.Source{Blob: l.Blob, BlobSize: l.Size, DiffID: l.DiffID, Limits: o.Limits, Keep: l.Blob != ""}
	size := l.Size
	src.Open = func(at int64) (r io.ReadCloser, err error) {
		r, size, err = openAt(s, l.File, at)
		return r, err
	}
	if o.Progress != nil {
		src.Progress = func(n int64) { o.Progress(l.DiffID, n, size) }
	}
	if _, err := lease.Layer(ctx, src); err != nil {
		return fmt.Errorf("load layer %s: %w", l.DiffID.Short(), err)
	}
	return nil
}

// publish adds the items; an item's other platforms follow it.
func publish(lease *local.Lease, items []Item) ([]digest.Digest, error) {
	var images []local.NewImage
	var first []int // of each item
	for k := range items {
		first = append(first, len(images))
		for n, p := range items[k].platforms() {
			image, err := newImage(lease, &p)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				image.Names = nil
			}
			images = append(images, image)
		}
	}
	ids, err := lease.Add(images...)
	if err != nil {
		return nil, err
	}
	out := make([]digest.Digest, len(items))
	for k, at := range first {
		out[k] = ids[at]
	}
	return out, nil
}

func newImage(lease *local.Lease, i *Item) (local.NewImage, error) {
	n := local.NewImage{Config: i.Config, Names: i.Names}
	if i.Artifact() {
		n.Config, n.Artifact = i.Manifest, true
	}
	for _, m := range [...]struct {
		b  []byte
		to *digest.Digest
	}{{i.Manifest, &n.Manifest}, {i.Index, &n.Index}} {
		if m.b == nil {
			continue
		}
		d, err := lease.PutRaw(m.b)
		if err != nil {
			return n, err
		}
		*m.to = d
	}
	return n, nil
}
