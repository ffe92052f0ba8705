package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"bantam/internal/build/cache"
	"bantam/internal/container/folder"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
)

// RemoveImage takes a name from an image, and deletes the image with its last
// name. It returns docker's lines of what it did.
func (e *Engine) RemoveImage(name string, force bool) ([]string, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	lines, err := e.removeImage(s, name, force)
	return lines, errors.Join(err, s.DeleteGone())
}

func (e *Engine) removeImage(s *local.Store, name string, force bool) ([]string, error) {
	free, err := s.Lock()
	if err != nil {
		return nil, err
	}
	defer free()
	i, named, err := s.FindNamed(name)
	if err != nil {
		return nil, err
	}
	untag := i.Names
	if named != nil {
		untag = []local.Name{*named}
	} else if len(i.Names) > 1 && !force {
		return nil, fmt.Errorf("conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories", i.ID.Short())
	}
	last := len(untag) == len(i.Names)
	if last {
		if err := e.unused(i, name, force); err != nil {
			return nil, err
		}
	}
	var lines []string
	for _, t := range untag {
		if err := s.Untag(t.Reference); err != nil {
			return lines, err
		}
		e.imageEvent("untag", i.ID.String(), i.ID.String(), i.Config.Config.Labels)
		lines = append(lines, "Untagged: "+t.Familiar())
	}
	if !last {
		return lines, nil
	}
	out, err := s.Delete(i.ID, e.kept)
	if err == nil {
		e.imageEvent("delete", i.ID.String(), i.ID.String(), i.Config.Config.Labels)
	}
	lines = append(lines, "Deleted: "+i.ID.String())
	if out != nil {
		for _, l := range out.Layers {
			lines = append(lines, "Deleted: "+l.String())
		}
	}
	return lines, err
}

// kept are the layers that containers stand on, and those that builds remember.
func (e *Engine) kept() ([]digest.Digest, error) {
	list, err := e.List(true)
	if err != nil {
		return nil, err
	}
	var kept []digest.Digest
	for _, c := range list {
		stands := c.Record.Layers
		for _, m := range c.Record.Mounts {
			stands = append(slices.Clip(stands), m.Layers...)
		}
		for _, l := range stands {
			if d, err := digest.Parse("sha256:" + filepath.Base(l)); err == nil {
				kept = append(kept, d)
			}
		}
	}
	built, err := (&cache.Cache{Root: e.Root}).Layers()
	return append(kept, built...), err
}

// unused refuses while a container is made from the image. Its layers are the
// container's root file system, so unlike docker not even force helps.
func (e *Engine) unused(i *local.Image, name string, force bool) error {
	list, err := e.List(true)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Record.Image != i.ID.String() && !mounts(c.Record, i.ID.String()) {
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

// mounts says whether a container mounts the image.
func mounts(r *folder.Record, id string) bool {
	return slices.ContainsFunc(r.Mounts, func(m folder.Mount) bool { return m.Type == "image" && m.Source == id })
}
