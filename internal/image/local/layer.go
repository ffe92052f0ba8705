package local

import (
	"context"
	"errors"
	"io"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
)

// Source is where a layer comes from.
type Source struct {
	// Blob is the digest that the bytes must have, "" for any. A known one is resumed.
	Blob digest.Digest
	// BlobSize in bytes, 0 where it isn't known.
	BlobSize int64
	// DiffID is the digest that the tar file must have, "" for any.
	DiffID digest.Digest
	// Open returns the bytes, compressed or not, from offset on. It is called once, and not
	// at all for a layer that is there or a blob that is.
	Open func(offset int64) (io.ReadCloser, error)
	// Keep keeps the blob of a layer that comes compressed by gzip or zstd.
	Keep bool
	// Limits of what is unpacked; zero values are the defaults.
	Limits layer.Limits
	// Progress, if not nil, is told how many bytes of the blob have been read.
	Progress func(n int64)
}

// Layer is a layer that is unpacked.
type Layer struct {
	DiffID   digest.Digest
	Size     int64         // bytes of its regular files
	TarSize  int64         // bytes of its tar file
	Blob     digest.Digest // what was read, "" where it was neither known nor kept
	BlobSize int64
	Format   archive.Format
	Existed  bool // nothing was read
	Warnings []string
}

// flight is a layer that one goroutine of a lease unpacks and others wait for.
type flight struct {
	done  chan struct{}
	layer *Layer
	err   error
}

// Layer brings a layer in: it reads, decompresses, unpacks and verifies at the same time.
// The layer is visible to others when Add publishes it. A layer that is there, in the
// store or in another goroutine of this lease, is not read again.
func (l *Lease) Layer(ctx context.Context, src *Source) (*Layer, error) {
	if src.DiffID == "" {
		return l.fetch(ctx, src)
	}
	l.mu.Lock()
	f, busy := l.flight[src.DiffID]
	if !busy {
		f = &flight{done: make(chan struct{})}
		l.flight[src.DiffID] = f
	}
	l.mu.Unlock()
	if busy {
		select {
		case <-f.done:
			return f.layer, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f.layer, f.err = l.wanted(ctx, src)
	if f.err != nil { // who asks again may have a better source
		l.mu.Lock()
		delete(l.flight, src.DiffID)
		l.mu.Unlock()
	}
	close(f.done)
	return f.layer, f.err
}

// wanted is Layer for a diff id that nobody else of this lease works on.
func (l *Lease) wanted(ctx context.Context, src *Source) (*Layer, error) {
	if _, err := l.Protect(src.DiffID); err != nil {
		return nil, err
	}
	if !l.HasLayer(src.DiffID) {
		return l.fetch(ctx, src)
	}
	size, tar, err := l.LayerSizes(src.DiffID)
	if err != nil { // one without a recipe is brought in again, for the sake of the recipe
		return l.fetch(ctx, src)
	}
	return &Layer{DiffID: src.DiffID, Size: size, TarSize: tar, Blob: src.Blob, BlobSize: src.BlobSize, Existed: true}, nil
}

func (l *Lease) fetch(ctx context.Context, src *Source) (*Layer, error) {
	st, err := l.bring(ctx, src)
	if err != nil {
		return nil, err
	}
	out := st.layer
	if _, _, err := l.LayerSizes(out.DiffID); err == nil && l.HasLayer(out.DiffID) {
		return out, st.discard()
	}
	l.keep(st)
	return out, nil
}

// keep has a staged layer published with the lease's others.
func (l *Lease) keep(st *staged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.staged = append(l.staged, st)
}

// bring reads and unpacks a layer beside the store's.
func (l *Lease) bring(ctx context.Context, src *Source) (*staged, error) {
	in, err := l.input(src)
	if err != nil {
		return nil, err
	}
	defer in.close()
	st, err := l.stage()
	if err != nil {
		return nil, err
	}
	out, err := st.unpack(ctx, in.r, src)
	if err == nil {
		_, err = l.Protect(out.DiffID)
	}
	if err == nil {
		err = in.finish(l, out)
	}
	if err != nil {
		return nil, errors.Join(err, st.discard())
	}
	st.layer = out
	return st, nil
}
