package volumes

import (
	"bantam/internal/container/folder"
	"bantam/internal/launch"
	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// A volume of a container with a user namespace keeps the ids that the container sees, as its layers do, so
// containers with other ranges share it: it is mounted with its owners mapped into the range. Folders of the host keep the host's.

// own makes the mount of a volume, -1 for a plain folder yet, one for the container's user namespace.
func (s *Sources) own(tree int, r *folder.Record, m *folder.Mount) (_ int, err error) {
	if m.Type != "volume" || r.Host.IDSize == 0 {
		return tree, nil
	}
	if tree < 0 {
		if tree, err = part(m.Source, "", nil); err != nil {
			return -1, err
		}
	}
	return tree, mapOwners(tree, plan.Mapping{Outside: uint32(r.Host.IDStart), Size: uint32(r.Host.IDSize)})
}

// mapOwners maps the owners of a detached mount. A file system that can't do that shows them as they are.
func mapOwners(tree int, ids plan.Mapping) error {
	maps := []plan.Mapping{ids}
	ns, err := launch.UserNamespace(plan.IDMap{UID: maps, GID: maps})
	if err != nil {
		return err
	}
	defer unix.Close(ns)
	err = unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(ns)})
	if err == unix.EINVAL || err == unix.EPERM {
		return nil
	}
	return err
}
