package monitor

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
	"bantam/internal/launch"
	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// mappedRoot makes the root of a container with a user namespace of its own: an overlay whose layers are
// mounted with their owners mapped into the container's range (mount_setattr(2), MOUNT_ATTR_IDMAP). So the
// layers are the same for all containers, and the writable one keeps the ids that the container sees, which is what
// cp, diff and commit expect. Only the host's root may map a mount, so it is done here and
// not by the plan; the mounts are made in a mount namespace that ends with the call.
func mappedRoot(f folder.Folder, r *folder.Record) (tree int, err error) {
	ids := []plan.Mapping{{Outside: uint32(r.Host.IDStart), Size: uint32(r.Host.IDSize)}}
	ns, err := launch.UserNamespace(plan.IDMap{UID: ids, GID: ids})
	if err != nil {
		return -1, err
	}
	defer unix.Close(ns)
	if err := unix.Mkdir(f.Path("rootfs"), 0o755); err != nil && err != unix.EEXIST {
		return -1, fmt.Errorf("create %s: %w", f.Path("rootfs"), err)
	}
	if err := ownFiles(f, r); err != nil {
		return -1, err
	}
	return inPrivateMounts(func() (int, error) {
		for _, layer := range append([]string{f.Dir}, r.Layers...) {
			if err := mapOwners(layer, ns); err != nil {
				return -1, fmt.Errorf("map the owners of %s (Linux 5.19 and a file system that can is needed for --userns=auto): %w", layer, err)
			}
		}
		if err := actAs(int(r.Host.IDStart)); err != nil {
			return -1, err
		}
		if err := mountLayers(f, r.Layers, r.Host.AutoRemove); err != nil {
			return -1, err
		}
		tree, err := unix.OpenTree(unix.AT_FDCWD, f.Path("rootfs"), unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		return tree, os.NewSyscallError("open_tree", err)
	})
}

// actAs makes this thread one whose files belong to the container's root: what the overlay makes for
// itself in its work folder is made in the mounter's name, and the host's root is no owner there.
func actAs(id int) error {
	if _, err := unix.SetfsgidRetGid(id); err != nil {
		return os.NewSyscallError("setfsgid", err)
	}
	if _, err := unix.SetfsuidRetUid(id); err != nil {
		return os.NewSyscallError("setfsuid", err)
	}
	// With the user some capabilities became ineffective (capabilities(7)).
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&head, &data[0])
	for i := range data {
		data[i].Effective = data[i].Permitted
	}
	if err == nil {
		err = unix.Capset(&head, &data[0])
	}
	return os.NewSyscallError("capset", err)
}

// ownFiles gives the files that are bind-mounted into /etc to the container's root.
func ownFiles(f folder.Folder, r *folder.Record) error {
	for _, name := range [...]string{"hosts", "hostname", "resolv.conf"} {
		if err := unix.Lchown(f.Path(name), int(r.Host.IDStart), int(r.Host.IDStart)); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("chown %s: %w", f.Path(name), err)
		}
	}
	return nil
}

// mapOwners lays a folder's own mount with mapped owners over it.
func mapOwners(dir string, ns int) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("open_tree", err)
	}
	defer unix.Close(fd)
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns)}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return os.NewSyscallError("mount_setattr", err)
	}
	return os.NewSyscallError("move_mount", unix.MoveMount(fd, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH))
}

// mountLayers mounts the container's overlay at its rootfs; see plan.Overlay for volatile.
func mountLayers(f folder.Folder, layers []string, volatile bool) error {
	if err := unix.Mount("overlay", f.Path("rootfs"), "overlay", 0, overlay(f, layers, volatile).Writable()); err != nil {
		return fmt.Errorf("mount the container's layers: %w", err)
	}
	return nil
}
