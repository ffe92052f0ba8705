package mount

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Overlay makes a detached mount of layers, topmost first, read-only or with an upper and a work
// folder. A value may have 255 bytes (fsconfig(2)), so the folders are named by
// descriptors, and one by one where that isn't short enough, which Linux 6.5 takes.
func Overlay(lower, upper []string) (int, error) {
	if len(lower) == 1 && len(upper) == 0 {
		return readOnly(lower[0]) // overlayfs wants two
	}
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fs)
	name := func(dir string) (string, func(), error) {
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return "/proc/self/fd/" + strconv.Itoa(fd), func() { unix.Close(fd) }, err
	}
	var names []string
	for _, dir := range append(append([]string{}, lower...), upper...) {
		n, done, err := name(dir)
		if err != nil {
			return -1, fmt.Errorf("open %s: %w", dir, err)
		}
		defer done()
		names = append(names, n)
	}
	if all := strings.Join(names[:len(lower)], ":"); len(all) < 256 {
		err = unix.FsconfigSetString(fs, "lowerdir", all)
	} else {
		for _, n := range names[:len(lower)] {
			if err = unix.FsconfigSetString(fs, "lowerdir+", n); err != nil {
				return -1, fmt.Errorf("%d layers (Linux 6.5 takes so many): %w", len(lower), err)
			}
		}
	}
	flags := unix.MOUNT_ATTR_RDONLY
	if len(upper) > 0 && err == nil {
		flags = 0
		err = errors.Join(unix.FsconfigSetString(fs, "upperdir", names[len(lower)]), unix.FsconfigSetString(fs, "workdir", names[len(lower)+1]))
	}
	if err == nil {
		err = unix.FsconfigCreate(fs)
	}
	if err != nil {
		return -1, err
	}
	return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, flags)
}

// readOnly makes a detached read-only mount of a folder.
func readOnly(dir string) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", dir, err)
	}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
