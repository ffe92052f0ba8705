package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

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
	if err := s.Base(); err != nil {
		return err
	}
	var c local.Config
	if err := json.Unmarshal(config, &c); err != nil {
		return err
	}
	packed, err := builtin.Layer()
	if err != nil {
		return err
	}
	return s.Unpack(bytes.NewReader(packed), func(diff digest.Digest, _ int64) error {
		if len(c.RootFS.DiffIDs) != 1 || c.RootFS.DiffIDs[0] != diff {
			return errors.New("its layer isn't the one that its configuration names")
		}
		_, err := s.Add(&c, &ref)
		return err
	})
}
