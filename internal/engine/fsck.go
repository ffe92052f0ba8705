package engine

import (
	"context"

	"bantam/internal/image/local"
)

// Fsck is what a check of the images has found.
type Fsck struct {
	Problems []local.Problem
	Checked  local.Checked
}

// Fsck reads all images, layers and blobs, compares them with their digests, and repairs
// what it can if it is asked to.
func (e *Engine) Fsck(ctx context.Context, repair bool) (*Fsck, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	f := &Fsck{}
	if f.Problems, f.Checked, err = s.Check(ctx); err != nil {
		return f, err
	}
	if !repair {
		return f, nil
	}
	return f, s.Repair(ctx, f.Problems, e.kept)
}
