// Package volumes brings volumes and images into a container: who has which, and what a plan
// mounts of them. Nothing is ever mounted on the host. A volume that is a file system (mount
// options of type tmpfs, nfs, ...) is mounted once for all containers that run with it, as docker does, but
// detached and attached in the first container's mount namespace alone; the next container gets a
// clone of that one's mount, and with the last of them the mount is gone.
package volumes

import (
	"errors"
	"os"
	"slices"
	"time"

	"bantam/internal/container/event"
	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"
	"bantam/internal/volume"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Users returns the ids of the containers that have the volume.
func Users(s *folder.Store, name string) ([]string, error) {
	var ids []string
	err := each(s, name, func(r *folder.Record, _ *folder.Mount) error {
		ids = append(ids, r.ID)
		return nil
	})
	return ids, err
}

// each calls do for each container that has the volume, with its first mount of it.
func each(s *folder.Store, name string, do func(*folder.Record, *folder.Mount) error) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	for _, f := range list {
		r, err := f.ReadRecord()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for i := range r.Mounts {
			if m := &r.Mounts[i]; m.Type == "volume" && m.Name == name {
				if err := do(r, m); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// RemoveAnonymous removes the anonymous volumes that were made for a container, before it is
// removed itself. One that another has by --volumes-from stays.
func RemoveAnonymous(s *folder.Store, r *folder.Record) error {
	var errs []error
	store := &volume.Store{Root: s.Root}
	for i := range r.Mounts {
		m := &r.Mounts[i]
		if m.Type != "volume" || !m.Anonymous {
			continue
		}
		err := store.Remove(m.Name, func() ([]string, error) {
			ids, err := Users(s, m.Name)
			return slices.DeleteFunc(ids, func(id string) bool { return id == r.ID }), err
		})
		if err == nil {
			_ = event.Append(s.Root, &event.Event{Time: time.Now(), Type: "volume", Action: "destroy", ID: m.Name, Attributes: map[string]string{"driver": volume.Driver}})
		}
		var used *volume.InUse
		var gone *volume.NotFound
		if !errors.As(err, &used) && !errors.As(err, &gone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Sources is what a start needs beside the record: see [Sources.Open].
type Sources struct {
	// Trees are detached mounts by destination, for plan.Options.
	Trees map[string]int

	fds   []int
	locks []*volume.Lock
}

// Close gives everything back when the container has been started.
func (s *Sources) Close() {
	for _, fd := range s.fds {
		unix.Close(fd)
	}
	for _, l := range s.locks {
		l.Free()
	}
}

// Open makes the mounts that the container's volumes and images are where they are no plain folders,
// and gives to the user u what he is to own. All is valid until Close.
func (s *Sources) Open(store *folder.Store, r *folder.Record, u specs.User) error {
	for i := range r.Mounts {
		m := &r.Mounts[i]
		tree, err := s.special(store, r, m)
		if err == nil {
			tree, err = s.own(tree, r, m)
		}
		if err != nil {
			return err
		}
		if tree >= 0 {
			s.Keep(m.Destination, tree)
		}
		if m.Chown {
			// What is mapped maps it back.
			if err := chown(m, tree, int(r.Host.IDStart)+int(u.UID), int(r.Host.IDStart)+int(u.GID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// special makes the mount of what is no plain folder; -1 for one that is.
func (s *Sources) special(store *folder.Store, r *folder.Record, m *folder.Mount) (int, error) {
	switch m.Type {
	case "volume":
		return s.volume(store, r, m)
	case "image":
		return image(m)
	}
	return -1, nil
}

// Keep makes a tree one of those that are valid until Close.
func (s *Sources) Keep(destination string, tree int) {
	s.fds = append(s.fds, tree)
	if s.Trees == nil {
		s.Trees = map[string]int{}
	}
	s.Trees[destination] = tree
}

// volume makes the mount of a volume; -1 for one that is a plain folder.
func (s *Sources) volume(store *folder.Store, r *folder.Record, m *folder.Mount) (int, error) {
	v, err := (&volume.Store{Root: store.Root}).Get(m.Name)
	if err != nil {
		return -1, err
	}
	options, err := v.Mount()
	switch {
	case err != nil || options == nil && m.Subpath == "":
		return -1, err
	case options == nil:
		return part(v.Data(), m.Subpath, nil)
	case options.Bind != "":
		return part(options.Bind, m.Subpath, options.Options)
	}
	return s.fileSystem(store, r, m, v, options)
}

// part clones the mount of what is at subpath of a folder. The folder's content is a container's: no link
// leads out of it.
func part(dir, subpath string, options []string) (int, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer unix.Close(fd)
	at := fd
	if subpath != "" {
		if at, err = inside(fd, subpath); err != nil {
			return -1, &os.PathError{Op: "cannot access path", Path: dir + "/" + subpath, Err: err}
		}
		defer unix.Close(at)
	}
	tree, err := unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
	if err != nil {
		return -1, &os.PathError{Op: "clone the mount of", Path: dir, Err: err}
	}
	o := mount.Parse(options)
	if a := o.Change(); !a.Zero() {
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: a.Set, Attr_clr: a.Clear}); err != nil {
			unix.Close(tree)
			return -1, &os.PathError{Op: "set options of", Path: dir, Err: err}
		}
	}
	return tree, nil
}

func inside(dir int, path string) (int, error) { return mount.OpenInRoot(dir, path, unix.O_PATH) }
