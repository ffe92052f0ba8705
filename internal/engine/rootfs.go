package engine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// rootfs opens a container's root. Of a running one that is its own, with everything that
// is mounted in it; of another its overlay, mounted for this descriptor alone: nobody
// else sees the mount, and it goes with the descriptor.
func (c *container) rootfs() (fd int, release func(), err error) {
	if c.State.Status == folder.Running {
		fd, err := unix.Open("/proc/"+strconv.Itoa(c.State.Pid)+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err == nil && !c.State.Alive() {
			unix.Close(fd)
			err = unix.ESRCH
		}
		if err == nil {
			return fd, func() { unix.Close(fd) }, nil
		}
		if err := c.read(); err != nil || c.State.Status == folder.Running {
			return -1, nil, fmt.Errorf("open the root of %s: %w", c.Record.Name, errors.Join(err, unix.ESRCH))
		}
	}
	lock, running, err := c.lockStopped()
	if err != nil {
		return -1, nil, err
	}
	if running {
		return c.rootfs()
	}
	fd, err = c.overlay(true)
	if err != nil {
		lock.Free()
		return -1, nil, err
	}
	return fd, func() {
		unix.Close(fd)
		lock.Free()
	}, nil
}

// overlay mounts the container's layers for the descriptor that it returns. Writable,
// nobody else may have them mounted; else the container may run meanwhile.
func (c *container) overlay(writable bool) (int, error) {
	lower := c.Record.Layers
	var upper []string
	if writable {
		upper = []string{c.Path("upper"), c.Path("work")}
		for _, d := range upper {
			if err := unix.Mkdir(d, 0o755); err != nil && err != unix.EEXIST {
				return -1, err
			}
		}
	} else if exists(c.Path("upper")) {
		lower = append([]string{c.Path("upper")}, lower...)
	}
	fd, err := mountOverlay(lower, upper)
	if err != nil {
		return -1, fmt.Errorf("mount the layers of %s: %w", c.Record.Name, err)
	}
	return fd, nil
}

// mountOverlay mounts layers, topmost first, read-only or with an upper and a work
// folder. A value may have 255 bytes (fsconfig(2)), so the folders are named by
// descriptors, and one by one where that isn't short enough, which Linux 6.5 takes.
func mountOverlay(lower, upper []string) (int, error) {
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

// resolve finds a path in the container's root as a process in it would: no link leads
// out of it.
func resolve(root int, path string, flags uint64) (int, error) {
	return unix.Openat2(root, path, &unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
}
