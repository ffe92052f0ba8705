package engine

import (
	"errors"
	"fmt"

	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// Tag gives an image another name. The manifest that it came with stays with it, so that
// what is pushed under the new name has the same digest.
func (e *Engine) Tag(source, target string) error {
	ref, err := reference.Parse(target)
	if err != nil {
		return &Invalid{fmt.Errorf("Error parsing reference: %q is not a valid repository/tag: %w", target, err)}
	}
	if ref.Digest != "" {
		return &Invalid{errors.New("refusing to create a tag with a digest reference")}
	}
	s, err := e.images()
	if err != nil {
		return err
	}
	if _, err := find(s, source); err != nil { // which may put the built-in image there
		return err
	}
	free, err := s.Share()
	if err != nil {
		return err
	}
	defer free()
	i, named, err := s.FindNamed(source)
	if err != nil {
		return err
	}
	to := bestTarget(i)
	if named != nil {
		to = named.Target
	}
	if err := s.SetName(local.Name{Reference: ref.Tagged(), Target: to}); err != nil {
		return err
	}
	e.tagEvent(i.ID.String(), &ref, i.Config.Config.Labels)
	return nil
}
