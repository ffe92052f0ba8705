package build

import (
	"context"
	"io"

	"bantam/internal/build/dockerfile"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// dirStep does WORKDIR: a layer with the folder and those above it that are missing. It is
// there even where nothing is missing, as BuildKit's, so that layers and history agree.
func (w *work) dirStep(ctx context.Context, s *dockerfile.Step) error {
	pg := w.start(s)
	d := s.Dir
	k := newKey("dir")
	k.add(w.chain().String(), w.epoch(), d.Path, d.User)
	return w.layer(ctx, s, pg, k.digest(), func(out io.Writer) error {
		cp := &copier{now: w.time(), epoch: w.opt.File.Epoch}
		if d.User != "" {
			uid, gid, err := w.Users(w.folders(), d.User)
			if err != nil {
				return err
			}
			cp.owner = &layer.Owner{UID: uid, GID: gid}
		}
		if len(w.layers) > 0 {
			below, err := w.mounted()
			if err != nil {
				return err
			}
			defer unix.Close(below.FD)
			cp.below = below
		}
		cp.again()
		cp.w = layer.NewWriter(out)
		p, isDir, err := cp.target(d.Path)
		if err == nil && !isDir {
			err = cp.parents(p)
		}
		if err != nil {
			return err
		}
		return cp.w.Close()
	})
}
