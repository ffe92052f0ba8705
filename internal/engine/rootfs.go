package engine

import (
	"errors"
	"fmt"
	"strconv"

	"bantam/internal/container/folder"
	"bantam/internal/container/volumes"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// rootfs opens a container's root. Of a running one that is its own, with everything that
// is mounted in it; of another its overlay with its volumes, mounted for this descriptor alone: nobody
// else sees the mounts, and they go with the descriptor.
func (c *container) rootfs(s *folder.Store) (fd int, release func(), err error) {
	if c.State.Status == folder.Running && c.Record.Host.IDSize > 0 {
		// From outside its own view has other owners; the layers have those that it sees.
		return c.view(s, false)
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
		return c.rootfs(s)
	}
	fd, done, err := c.view(s, true)
	if err != nil {
		lock.Free()
		return -1, nil, err
	}
	return fd, func() {
		done()
		lock.Free()
	}, nil
}

// view is the overlay with the container's volumes over it.
func (c *container) view(s *folder.Store, writable bool) (fd int, release func(), err error) {
	root, err := c.overlay(writable)
	if err != nil {
		return -1, nil, err
	}
	defer unix.Close(root)
	var sources volumes.Sources
	fd, err = sources.Over(root, s, c.Folder, c.Record)
	if err != nil {
		sources.Close()
		return -1, nil, fmt.Errorf("mount the volumes of %s: %w", c.Record.Name, err)
	}
	return fd, func() {
		unix.Close(fd)
		sources.Close()
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
