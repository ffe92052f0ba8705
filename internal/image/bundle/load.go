package bundle

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
)

// LoadOptions of Load.
type LoadOptions struct {
	Limits layer.Limits
	// Progress is told how much of a layer's blob has been read, by several goroutines.
	Progress func(diff digest.Digest, n, size int64)
}

// workers unpack layers side by side; each holds a few MiB.
func workers() int { return min(max(runtime.GOMAXPROCS(0), 2), 4) }

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
	return publish(lease, items)
}

// distinct is every layer once, however many images have it.
func distinct(items []Item) []*Layer {
	var list []*Layer
	seen := map[digest.Digest]bool{}
	for i := range items {
		for k := range items[i].Layers {
			if l := &items[i].Layers[k]; !seen[l.DiffID] {
				seen[l.DiffID] = true
				list = append(list, l)
			}
		}
	}
	return list
}

func loadLayer(ctx context.Context, lease *local.Lease, s Source, l *Layer, o *LoadOptions) error {
	// A blob is kept for the sake of its digest, which only a manifest tells.
	src := &local.Source{Blob: l.Blob, BlobSize: l.Size, DiffID: l.DiffID, Limits: o.Limits, Keep: l.Blob != ""}
	size := l.Size
	src.Open = func(at int64) (io.ReadCloser, error) {
		r, n, err := s.Open(l.File)
		if err != nil {
			return nil, err
		}
		size = n
		if seeker, ok := r.(io.Seeker); ok && at > 0 {
			_, err = seeker.Seek(at, io.SeekStart)
		} else if at > 0 {
			_, err = io.CopyN(io.Discard, r, at)
		}
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

func publish(lease *local.Lease, items []Item) ([]digest.Digest, error) {
	var images []local.NewImage
	for _, i := range items {
		n := local.NewImage{Config: i.Config, Names: i.Names}
		for _, m := range [...]struct {
			b  []byte
			to *digest.Digest
		}{{i.Manifest, &n.Manifest}, {i.Index, &n.Index}} {
			if m.b == nil {
				continue
			}
			if _, err := lease.Protect(digest.FromBytes(m.b)); err != nil {
				return nil, err
			}
			d, err := lease.Blobs().Put(m.b)
			if err != nil {
				return nil, err
			}
			*m.to = d
		}
		images = append(images, n)
	}
	return lease.Add(images...)
}
