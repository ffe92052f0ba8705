package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"bantam/internal/image/builtin"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// find is the store's Find with the built-in image behind it: whoever asks for `box`
// and has no image of that name gets the one that this program carries, and so does
// who has it from an older build. An own image of that name is left alone.
func find(s *local.Store, name string) (*local.Image, error) {
	i, err := s.Find(name)
	var missing *local.NotFound
	if err != nil && !errors.As(err, &missing) {
		return nil, err
	}
	ref, bad := reference.Parse(name)
	if bad != nil || ref.Tagged().Familiar() != builtin.Name+":latest" || err == nil && !carried(i) {
		return i, err
	}
	config, absent := builtin.Config()
	if absent != nil {
		if err != nil {
			err = absent
		}
		return i, err
	}
	if err == nil && i.ID == digest.FromBytes(config) {
		return i, nil
	}
	if err := install(s, config, ref); err != nil {
		return nil, fmt.Errorf("put the built-in image %s into the store: %w", builtin.Name, err)
	}
	return s.Find(name)
}

// carried says whether an image is a built-in one, of this build or another.
func carried(i *local.Image) bool {
	return len(i.History) == 1 && i.History[0].CreatedBy == builtin.Maker
}

// install puts the carried image into the store.
func install(s *local.Store, config []byte, ref reference.Reference) error {
	packed, err := builtin.Layer()
	if err != nil {
		return err
	}
	diffs, err := local.DiffIDs(config)
	if err != nil {
		return err
	}
	if len(diffs) != 1 {
		return errors.New("it has not one layer")
	}
	lease, err := s.Lease()
	if err != nil {
		return err
	}
	defer lease.Close()
	open := func(int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil }
	if _, err := lease.Layer(context.Background(), &local.Source{DiffID: diffs[0], Open: open}); err != nil {
		return err
	}
	_, err = lease.Add(local.NewImage{Config: config, Names: []reference.Reference{ref}})
	return err
}
