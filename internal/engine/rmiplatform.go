package engine

import (
	"errors"

	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// onePlatform removes one platform of an image that is here for several, and says whether there were
// others: the last goes with its names.
func (r *remover) onePlatform(name, platform string) (alone bool, err error) {
	want, err := manifest.ParsePlatform(platform)
	if err != nil {
		return false, &Invalid{err}
	}
	t, ok := r.store.Variant(bestTarget(r.image), want)
	others, err := members(r.store, r.image.Names, r.image.ID)
	switch {
	case err != nil:
		return false, err
	case !ok && !r.image.Platform().Provides(want):
		return false, &WrongPlatform{name, want.String()}
	case !ok || len(others) == 0:
		return false, nil
	}
	one := *r
	if one.image, _, err = r.store.FindNamed(t.Image.String()); err != nil {
		return false, err
	}
	names := one.image.Names
	one.image.Names = nil // they stay, and stand for another platform
	if err := one.removable(names, t); err != nil {
		return false, err
	}
	if t.Image == r.image.ID {
		if err := r.moveNames(names, others); err != nil {
			return false, err
		}
	}
	err = one.delete()
	r.done = append(r.done, one.done...)
	return true, err
}

// removable refuses a platform's image that another name or a container has.
func (r *remover) removable(names []local.Name, t local.Target) error {
	for _, n := range names {
		if n.Index != t.Index {
			return r.conflict("must be untagged", "image is referenced as "+n.Familiar()+", too")
		}
	}
	if c, err := r.user(); err != nil || c == nil || r.force {
		return err
	}
	return r.conflict("must be forced", "a container uses it")
}

// moveNames lets names stand for another platform of their index.
func (r *remover) moveNames(names []local.Name, others []*local.Image) error {
	for _, n := range names {
		t, ok := r.store.Variant(n.Target, others[0].Platform())
		if !ok {
			return errors.New("the image's other platforms went meanwhile")
		}
		if err := r.store.SetName(local.Name{Reference: n.Reference, Target: t}); err != nil {
			return err
		}
	}
	return nil
}
