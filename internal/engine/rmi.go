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

// RemoveImageOptions is what docker rmi's options say.
type RemoveImageOptions struct {
	Force    bool
	Platform string // of an image for several that alone is removed
}

// Removed is what an image lost, in docker's order: one of both is set.
type Removed struct {
	Untagged string `json:",omitempty"`
	Deleted  string `json:",omitempty"`
}

// RemoveImage takes a name from an image, and deletes the image with its last name.
func (e *Engine) RemoveImage(name string, o *RemoveImageOptions) ([]Removed, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	free, err := s.Lock()
	if err != nil {
		return nil, err
	}
	r := &remover{engine: e, store: s, force: o.Force}
	err = r.remove(name, o.Platform)
	if slices.ContainsFunc(r.done, func(d Removed) bool { return d.Deleted != "" }) {
		err = errors.Join(err, r.collect())
	}
	free()
	return r.done, errors.Join(err, s.DeleteGone())
}

// remover has the store's lock.
type remover struct {
	engine *Engine
	store  *local.Store
	image  *local.Image
	others []*local.Image // of the image's names, for other platforms
	force  bool
	done   []Removed
	bytes  int64
}

func (r *remover) remove(name, platform string) error {
	i, named, err := r.store.FindNamed(name)
	if err != nil {
		return err
	}
	r.image = i
	if platform != "" {
		alone, err := r.onePlatform(name, platform)
		if err != nil || alone {
			return err
		}
	}
	if r.others, err = members(r.store, i.Names, i.ID); err != nil {
		return err
	}
	if named != nil {
		return r.byName(named, name)
	}
	if !ofOneRepository(i.Names) && !r.force {
		return r.conflict("must be forced", "image is referenced in multiple repositories")
	}
	return r.delete()
}

func (r *remover) conflict(how, why string) error {
	return &Conflict{fmt.Errorf("conflict: unable to delete %s (%s) - %s", r.image.ID.Short(), how, why)}
}

// byName takes one name. Digests of a repository go with its last tag. An image that
// nothing names any more is deleted; one in use stays without a name if that is forced.
func (r *remover) byName(named *local.Name, text string) error {
	if !r.force && ofOneRepository(r.image.Names) {
		if c, err := r.user(); err != nil || c != nil {
			if err == nil {
				err = &Conflict{fmt.Errorf("conflict: unable to remove repository reference %q (must force) - container %s is using its referenced image %s", text, c.ID[:12], r.image.ID.Short())}
			}
			return err
		}
	}
	repository := named.Reference.Name()
	if err := r.untag(*named); err != nil {
		return err
	}
	tagged := func(n local.Name) bool { return n.Reference.Name() == repository && n.Tag != "" }
	if !slices.ContainsFunc(r.image.Names, tagged) {
		for _, n := range slices.Clone(r.image.Names) {
			if n.Reference.Name() == repository {
				if err := r.untag(n); err != nil {
					return err
				}
			}
		}
	}
	if len(r.image.Names) > 0 {
		return nil
	}
	reached, err := r.reached()
	if err != nil || reached[r.image.ID] { // by an index of another name
		return err
	}
	if c, err := r.user(); err != nil || c != nil {
		return err
	}
	return r.delete()
}

// ofOneRepository says whether an image has one tag at most, and digests of its
// repository at most.
func ofOneRepository(names []local.Name) bool {
	tags := 0
	for _, n := range names {
		if n.Tag != "" {
			tags++
		}
		if n.Reference.Name() != names[0].Reference.Name() {
			return false
		}
	}
	return tags <= 1
}

func (r *remover) untag(n local.Name) error {
	if err := r.store.Untag(n.Reference); err != nil {
		return err
	}
	r.image.Names = slices.DeleteFunc(r.image.Names, func(o local.Name) bool { return o.Reference == n.Reference })
	r.engine.imageEvent("untag", r.image.ID.String(), r.image.ID.String(), r.image.Config.Config.Labels)
	r.done = append(r.done, Removed{Untagged: n.Familiar()})
	return nil
}

// user is a container that is made from the image, a running one first; nil where there is none.
func (r *remover) user() (*Container, error) {
	list, err := r.engine.List(true)
	if err != nil {
		return nil, err
	}
	var found *Container
	for k := range list {
		c := &list[k]
		if r.uses(c.Record) && (found == nil || c.Status == folder.Running) {
			found = c
		}
	}
	return found, nil
}

// uses says whether a container stands on the image or one of its other platforms.
func (r *remover) uses(c *folder.Record) bool {
	is := func(i *local.Image) bool { return c.Image == i.ID.String() || mounts(c, i.ID.String()) }
	return is(r.image) || slices.ContainsFunc(r.others, is)
}

// reached are the images that the names that are left stand for, for any platform.
func (r *remover) reached() (map[digest.Digest]bool, error) {
	names, err := r.store.Names()
	if err != nil {
		return nil, err
	}
	found := map[digest.Digest]bool{}
	for _, n := range names {
		for _, id := range r.store.Members(n.Target) {
			found[id] = true
		}
	}
	return found, nil
}

// delete removes the image with all its names. The layers of a stopped container stay.
func (r *remover) delete() error {
	c, err := r.user()
	switch {
	case err != nil:
		return err
	case c != nil && c.Status == folder.Running:
		return r.conflict("cannot be forced", "image is being used by running container "+c.ID[:12])
	case c != nil && !r.force:
		return r.conflict("must be forced", "image is being used by stopped container "+c.ID[:12])
	}
	for _, n := range slices.Clone(r.image.Names) {
		if err := r.untag(n); err != nil {
			return err
		}
	}
	gone := []*local.Image{r.image}
	if len(r.others) > 0 {
		reached, err := r.reached()
		if err != nil {
			return err
		}
		gone = append(gone, slices.DeleteFunc(r.others, func(i *local.Image) bool { return reached[i.ID] })...)
	}
	for _, i := range gone {
		if err := r.store.Delete(i.ID); err != nil {
			return err
		}
		r.engine.imageEvent("delete", i.ID.String(), i.ID.String(), i.Config.Config.Labels)
		r.done = append(r.done, Removed{Deleted: i.ID.String()})
	}
	return nil
}

// collect removes what only deleted images had.
func (r *remover) collect() error {
	c, err := r.store.CollectLocked(r.engine.kept)
	if c == nil {
		return err
	}
	for _, l := range c.Layers {
		r.done = append(r.done, Removed{Deleted: l.String()})
	}
	r.bytes += c.Bytes
	return err
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

// mounts says whether a container mounts the image.
func mounts(r *folder.Record, id string) bool {
	return slices.ContainsFunc(r.Mounts, func(m folder.Mount) bool { return m.Type == "image" && m.Source == id })
}
