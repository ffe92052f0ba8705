package volumes

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"
	"bantam/internal/linux/namespace"
	"bantam/internal/statefile"
	"bantam/internal/volume"

	"golang.org/x/sys/unix"
)

// fileSystem mounts a volume's file system, or clones the mount of a container that runs with
// it. Until this container runs the volume is locked: two that start at the same instant get the same.
func (s *Sources) fileSystem(store *folder.Store, r *folder.Record, m *folder.Mount, v *volume.Volume, options *volume.Mount) (int, error) {
	if options.Type == "tmpfs" && m.Subpath != "" {
		return -1, fmt.Errorf("volume %s: a tmpfs volume is empty when it is mounted: it has no subpath %q", v.Name, m.Subpath)
	}
	lock, err := v.Lock()
	if err != nil {
		return -1, err
	}
	s.locks = append(s.locks, lock)
	fd, err := clone(store, r, v)
	if err == nil && fd < 0 {
		fd, err = Mount(v, options)
	}
	if err == nil && m.Subpath != "" {
		fd, err = partOf(fd, m.Subpath)
	}
	if err != nil {
		return -1, fmt.Errorf("mount volume %s: %w", v.Name, err)
	}
	return fd, nil
}

// Mount mounts a volume's file system for the descriptor that it returns alone.
func Mount(v *volume.Volume, options *volume.Mount) (int, error) {
	if host, at := options.Address(); at >= 0 {
		return -1, fmt.Errorf("the address of the server must be a number: addr=%s", host)
	}
	fd, err := newMount(options.Type, options.Device, options.Options)
	if err != nil {
		return -1, fmt.Errorf("failed to mount local volume: mount %s (type %s, options %q): %w", options.Device, options.Type, strings.Join(options.Options, ","), err)
	}
	return fd, writeDevice(v, fd)
}

// newMount makes a detached mount of a new file system.
func newMount(kind, source string, options []string) (int, error) {
	o := mount.Parse(options)
	fs, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	if source != "" {
		err = unix.FsconfigSetString(fs, "source", source)
	}
	for _, name := range mount.SuperFlags(o.Flags) {
		if err == nil {
			err = unix.FsconfigSetFlag(fs, name)
		}
	}
	for _, d := range o.Data {
		if err != nil {
			break
		}
		if key, value, ok := strings.Cut(d, "="); ok {
			err = unix.FsconfigSetString(fs, key, value)
		} else {
			err = unix.FsconfigSetFlag(fs, key)
		}
	}
	if err == nil {
		err = unix.FsconfigCreate(fs)
	}
	if err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, int(mount.Attributes(o.Flags)))
}

// The file "device" of a volume says which file system it is that is mounted: a clone must be of
// that one, whatever a container has made of its own mounts.

func writeDevice(v *volume.Volume, fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	return statefile.Write(v.Dir+"/device", []byte(strconv.FormatUint(st.Dev, 10)), 0o600, false)
}

func isDevice(fd int, device string) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && device == strconv.FormatUint(st.Dev, 10)
}

// clone takes a volume's mount from a container that runs with the whole of it; -1 if none does.
func clone(store *folder.Store, own *folder.Record, v *volume.Volume) (int, error) {
	fd := -1
	device, err := os.ReadFile(v.Dir + "/device")
	if err != nil {
		return -1, nil // it was never mounted
	}
	err = each(store, v.Name, func(r *folder.Record, m *folder.Mount) error {
		if fd >= 0 || r.ID == own.ID || m.Subpath != "" {
			return nil
		}
		st, err := store.Folder(r.ID).ReadState()
		if err != nil || !st.Alive() {
			return nil // it is being made, has ended or is being removed
		}
		ns, err := unix.Open("/proc/"+strconv.Itoa(st.Pid)+"/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil || !st.Alive() {
			return nil
		}
		defer unix.Close(ns)
		fd = cloneIn(ns, m.Destination, string(device))
		return nil
	})
	return fd, err
}

// cloneIn clones the mount at a place of another mount namespace, or returns -1.
func cloneIn(ns int, destination, device string) int {
	fd, err := namespace.Thread(func() error { return unix.Setns(ns, unix.CLONE_NEWNS) }, func() (int, error) {
		root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return -1, err
		}
		defer unix.Close(root)
		at, err := inside(root, strings.TrimPrefix(destination, "/"))
		if err != nil {
			return -1, err
		}
		defer unix.Close(at)
		if !isDevice(at, device) {
			return -1, unix.ESTALE
		}
		return unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	})
	if err != nil {
		return -1
	}
	// The other container may have it read-only.
	if unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}) != nil {
		unix.Close(fd)
		return -1
	}
	return fd
}

// partOf makes a detached mount of what is at subpath of another, which it closes. Only what is
// attached can be cloned in part, so that is done in a mount namespace that nobody else is in.
func partOf(fd int, subpath string) (int, error) {
	defer unix.Close(fd)
	part, err := namespace.Thread(ownNamespace, func() (int, error) {
		if err := unix.MoveMount(fd, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return -1, err
		}
		at, err := inside(fd, subpath)
		if err != nil {
			return -1, err
		}
		defer unix.Close(at)
		return unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	})
	if err != nil {
		return -1, &os.PathError{Op: "cannot access path", Path: subpath, Err: err}
	}
	return part, nil
}

func ownNamespace() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// image mounts an image's layers, read-only.
func image(m *folder.Mount) (int, error) {
	fd, err := mount.Overlay(m.Layers, nil)
	if err == nil && m.Subpath != "" {
		fd, err = partOf(fd, m.Subpath)
	}
	if err != nil {
		return -1, fmt.Errorf("mount image %s: %w", m.Source, err)
	}
	return fd, nil
}
