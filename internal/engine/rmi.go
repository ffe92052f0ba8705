package engine

import (
	"fmt"

	"bantam/internal/container/folder"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
)

// RemoveImage takes a name from an image, and deletes the image with its last
// name. It returns docker's lines of what it did.
func (e *Engine) RemoveImage(name string, force bool) ([]string, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	free, err := s.Lock()
	if err != nil {
		return nil, err
	}
	defer free()
	found, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	i, err := withTags(s, found)
	if err != nil {
		return nil, err
	}
	untag := i.Tags
	if ref, err := reference.Parse(name); err == nil && names(i.Tags, ref.Tagged()) {
		untag = []reference.Reference{ref.Tagged()}
	} else if len(i.Tags) > 1 && !force {
		return nil, fmt.Errorf("conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories", i.ID.Short())
	}
	last := len(untag) == len(i.Tags)
	if last {
		if err := e.unused(i, name, force); err != nil {
			return nil, err
		}
	}
	var lines []string
	for _, t := range untag {
		if err := s.Untag(t); err != nil {
			return lines, err
		}
		lines = append(lines, "Untagged: "+t.Familiar())
	}
	if !last {
		return lines, nil
	}
	layers, err := s.Delete(i)
	lines = append(lines, "Deleted: "+i.ID.String())
	for _, l := range layers {
		lines = append(lines, "Deleted: "+l.String())
	}
	return lines, err
}

func withTags(s *local.Store, i *local.Image) (*local.Image, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if l.ID == i.ID {
			return l, nil
		}
	}
	return nil, &local.NotFound{Name: i.ID.Short()}
}

func names(tags []reference.Reference, r reference.Reference) bool {
	for _, t := range tags {
		if t.String() == r.String() {
			return true
		}
	}
	return false
}

// unused refuses while a container is made from the image. Its layers are the
// container's root file system, so unlike docker not even force helps.
func (e *Engine) unused(i *local.Image, name string, force bool) error {
	list, err := e.List(true)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Record.Image != i.ID.String() {
			continue
		}
		what := "container " + c.ID[:12] + " is using its referenced image " + i.ID.Short()
		switch {
		case c.Status == folder.Running:
			return fmt.Errorf("conflict: unable to delete %s (cannot be forced) - image is being used by running %s", name, "container "+c.ID[:12])
		case force:
			return fmt.Errorf("conflict: unable to delete %s (cannot be forced) - %s: remove the container %s first", name, what, c.Name)
		}
		return fmt.Errorf("conflict: unable to remove repository reference %q - %s: remove the container %s first", name, what, c.Name)
	}
	return nil
}
