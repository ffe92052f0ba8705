package engine

import (
	"errors"
	"fmt"
	"strconv"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// rootfs opens a container's root. Of a running one that is its own, with everything that
// is mounted in it; of another its overlay, mounted for this descriptor alone: nobody
// else sees the mount, and it goes with the descriptor.
func (c *container) rootfs() (fd int, release func(), err error) {
	if c.State.Status == folder.Running && c.Record.Host.IDSize > 0 {
		// From outside its own view has other owners; the layers have those that it sees.
		fd, err := c.overlay(false)
		return fd, func() { unix.Close(fd) }, err
	}
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
	fd, err := mount.Overlay(lower, upper)
	if err != nil {
		return -1, fmt.Errorf("mount the layers of %s: %w", c.Record.Name, err)
	}
	return fd, nil
}

// resolve finds a path in the container's root as a process in it would: no link leads
// out of it.
func resolve(root int, path string, flags uint64) (int, error) {
	return unix.Openat2(root, path, &unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
}
