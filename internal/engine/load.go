package engine

import (
	"context"
	"fmt"
	"io"
	"os"

	"bantam/internal/image/bundle"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"

	"golang.org/x/sys/unix"
)

// LoadOptions is what docker load's options say.
type LoadOptions struct {
	Input    io.Reader // a tar file, compressed or not; read at will where it is an *os.File
	Folder   string    // or a folder, unpacked
	Platform string    // those that are wanted, commas between; "" is all that there are
	Limits   Limits
	// Progress is told how far a layer is, in bytes of its blob; by several goroutines.
	Progress func(layer string, done, total int64)
}

// Limits stop archives that are made to fill a disk. 0 is the default.
type Limits struct {
	Size    int64 // bytes of a decompressed layer, and of its files: 256 GiB
	Entries int64 // of a layer: 16,777,216
}

func (l Limits) layer() layer.Limits { return layer.Limits{Size: l.Size, Entries: l.Entries} }

// Loaded is an image that came with an archive.
type Loaded struct {
	ID    string
	Names []string // familiar ones
}

// Load brings the images of an archive into the store: all or none.
func (e *Engine) Load(ctx context.Context, o *LoadOptions) ([]Loaded, error) {
	want, err := manifest.ParsePlatforms(o.Platform)
	if err != nil {
		return nil, &Invalid{err}
	}
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	lease, err := s.Lease()
	if err != nil {
		return nil, err
	}
	defer lease.Close()
	source, err := o.source(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	defer source.Close()
	items, err := bundle.Read(source, want...)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	options := bundle.LoadOptions{Limits: o.Limits.layer()}
	if o.Progress != nil {
		options.Progress = func(d digest.Digest, n, size int64) { o.Progress(d.Short(), n, size) }
	}
	ids, err := bundle.Load(ctx, lease, source, items, options)
	if err != nil {
		return nil, err
	}
	list := make([]Loaded, len(ids))
	for i, id := range ids {
		list[i].ID = id.String()
		e.imageEvent("load", id.String(), id.String(), nil)
		for _, n := range items[i].Names {
			list[i].Names = append(list[i].Names, n.Familiar())
		}
	}
	return list, nil
}

func (o *LoadOptions) source(ctx context.Context, s *local.Store) (bundle.Source, error) {
	if o.Folder != "" {
		return bundle.OpenFolder(o.Folder)
	}
	limit := o.Limits.Size
	if limit == 0 {
		limit = 256 << 30
	}
	return bundle.OpenTar(ctx, o.Input, func() (*os.File, error) { return nameless(s.Root) }, limit)
}

// nameless makes a file that goes with its descriptor.
func nameless(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a temporary file in %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), dir+"/(nameless)"), nil
}
