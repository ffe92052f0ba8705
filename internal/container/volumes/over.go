package volumes

import (
	"os"
	"path"
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"
	"bantam/internal/linux/namespace"
	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// tree is something to be mounted over the root of a container that doesn't run.
type tree struct {
	folder.Mount
	fd   int
	must bool // its place is made where the container has none
}

// Over lays what a container has mounted over its root, the detached mount root, and gives the whole as another
// detached mount: what docker shows to `cp` of a container that doesn't run. A tmpfs is not among it, as there is
// none. Places that are missing are made in the root, which becomes read-only if the container's is. The trees are
// put together in a mount namespace that ends with the call, and none of them shares anything with the host's mounts.
func (s *Sources) Over(root int, store *folder.Store, f folder.Folder, r *folder.Record) (int, error) {
	trees, err := s.trees(store, f, r)
	defer func() {
		for _, t := range trees {
			unix.Close(t.fd)
		}
	}()
	if err != nil {
		return -1, err
	}
	return namespace.Thread(ownNamespace, func() (int, error) {
		if err := unix.MoveMount(root, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return -1, os.NewSyscallError("move_mount", err)
		}
		for i := range trees {
			if err := trees[i].attach(root); err != nil {
				return -1, &os.PathError{Op: "mount " + trees[i].Source + " on", Path: trees[i].Destination, Err: err}
			}
		}
		if r.Host.ReadonlyRootfs {
			if err := unix.MountSetattr(root, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
				return -1, os.NewSyscallError("mount_setattr", err)
			}
		}
		return unix.OpenTree(root, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
	})
}

// trees opens what is to be mounted, parents before what lies below them. A source that is gone is left out: the
// container doesn't start, but its other files can still be saved.
func (s *Sources) trees(store *folder.Store, f folder.Folder, r *folder.Record) (list []tree, err error) {
	var all []tree
	for _, name := range [...]string{"resolv.conf", "hostname", "hosts"} {
		all = append(all, tree{Mount: folder.Mount{Source: f.Path(name), Destination: "/etc/" + name}})
	}
	for _, m := range r.Mounts {
		all = append(all, tree{Mount: m, must: true})
	}
	slices.SortStableFunc(all, func(a, b tree) int {
		return strings.Count(a.Destination, "/") - strings.Count(b.Destination, "/")
	})
	for _, t := range all {
		if t.Type == "tmpfs" {
			continue
		}
		if t.fd, err = s.open(store, r, &t.Mount); err == unix.ENOENT {
			continue
		}
		if err != nil {
			return list, err
		}
		list = append(list, t)
		if err := t.prepare(r); err != nil {
			return list, &os.PathError{Op: "prepare the mount of", Path: t.Source, Err: err}
		}
	}
	return list, nil
}

// open makes a detached mount of one source, whatever it is.
func (s *Sources) open(store *folder.Store, r *folder.Record, m *folder.Mount) (int, error) {
	fd, err := s.special(store, r, m)
	if err != nil || fd >= 0 {
		return fd, err
	}
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if m.Options != "nonrecursive" {
		flags |= unix.AT_RECURSIVE
	}
	return unix.OpenTree(unix.AT_FDCWD, m.Source, flags)
}

// prepare makes a tree private, so that nothing mounted in it reaches the host, read-only where the container
// has it so, and its owners those that the container sees.
func (t *tree) prepare(r *folder.Record) error {
	attr := unix.MountAttr{Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(t.fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		return err
	}
	if r.Host.IDSize > 0 && t.Type != "volume" { // the host's ids of the range become the container's, which layers and volumes have
		if err := mapOwners(t.fd, plan.Mapping{Inside: uint32(r.Host.IDStart), Size: uint32(r.Host.IDSize)}); err != nil {
			return err
		}
	}
	if !t.ReadOnly {
		return nil
	}
	flags := uint(unix.AT_EMPTY_PATH | unix.AT_RECURSIVE)
	if t.Options == "nonrecursive" || t.Options == "writable" {
		flags = unix.AT_EMPTY_PATH
	}
	return unix.MountSetattr(t.fd, "", flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
}

// attach mounts the tree at its place in the root.
func (t *tree) attach(root int) error {
	var st unix.Stat_t
	if err := unix.Fstat(t.fd, &st); err != nil {
		return err
	}
	at, err := mount.OpenInRoot(root, t.Destination, unix.O_PATH)
	if err == unix.ENOENT && t.must {
		at, err = makePlace(root, t.Destination, st.Mode&unix.S_IFMT == unix.S_IFDIR)
	}
	if err == unix.ENOENT || err == unix.EROFS { // the layers of a container that runs: what it has mounted has its place
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(at)
	return unix.MoveMount(t.fd, "", at, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// makePlace makes the folders that lead to a place, and the place.
func makePlace(root int, to string, isDir bool) (int, error) {
	parent, err := mount.OpenInRoot(root, path.Dir(to), unix.O_PATH|unix.O_DIRECTORY)
	if err == unix.ENOENT {
		parent, err = makePlace(root, path.Dir(to), true)
	}
	if err != nil {
		return -1, err
	}
	defer unix.Close(parent)
	base := path.Base(to)
	if isDir {
		err = unix.Mkdirat(parent, base, 0o755)
	} else {
		err = unix.Mknodat(parent, base, unix.S_IFREG|0o644, 0)
	}
	if err != nil {
		return -1, err
	}
	return unix.Openat(parent, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}
