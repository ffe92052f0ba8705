package mount

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/loopdevice"
	"bantam/internal/userland/applet/mounttable"

	"golang.org/x/sys/unix"
)

// Umount is umount.
var Umount = applet.Applet{
	Names: "umount",
	Usage: "[-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY...",
	About: "Unmount file systems.",
	Options: `
-a	unmount all file systems
-r	remount devices read-only if mount is busy
-l	lazy unmount
-f	force unmount (network file systems)
-d	free the loop device if it was used
-n	ignored: there is no /etc/mtab
-c	ignored
-v	ignored
-i	ignored
-t FSTYPE[,...]	unmount only these types; noTYPE: all but these
`,
	Min: true,
	Run: umount,
}

func umount(c *applet.Call) int {
	entries, err := mounttable.Read(mounttable.Mounts)
	if err != nil && c.Has("a") {
		return c.Complain("can't open '" + mounttable.Mounts + "'")
	}
	kept := entries[:0]
	for _, e := range entries {
		if mounttable.TypeMatches(e.Type, c.Value("t")) {
			kept = append(kept, e)
		}
	}
	status := 0
	if c.Has("a") {
		// The last mounted goes first.
		for i := len(kept) - 1; i >= 0; i-- {
			status |= unmount(c, kept[i].Dir, &kept[i])
		}
		return status
	}
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	for _, name := range c.Args {
		status |= unmountNamed(c, kept, name)
	}
	return status
}

// unmountNamed unmounts a mount point, or every mount of a device.
func unmountNamed(c *applet.Call, entries []mounttable.Entry, name string) int {
	path := realPath(name)
	device := false
	status := 0
	for i := len(entries) - 1; i >= 0; i-- {
		switch e := &entries[i]; {
		case e.Source == path:
			device = true
			status |= unmount(c, e.Dir, e)
		case e.Dir == path && !device:
			return unmount(c, path, e)
		}
	}
	if device {
		return status
	}
	return unmount(c, name, nil)
}

// realPath resolves links; it is empty for a path that leads nowhere.
func realPath(path string) string {
	fd, err := applet.OpenFile(path, unix.O_PATH, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(fd)
	real, err := applet.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return ""
	}
	return real
}

func unmount(c *applet.Call, dir string, e *mounttable.Entry) int {
	flags := 0
	if c.Has("f") {
		flags |= unix.MNT_FORCE
	}
	if c.Has("l") {
		flags |= unix.MNT_DETACH
	}
	err := syscall.Unmount(dir, flags)
	switch {
	case err == nil:
		if c.Has("d") && e != nil {
			loopdevice.Detach(e.Source)
		}
		return 0
	case err == syscall.EBUSY && c.Has("r") && e != nil:
		if syscall.Mount(e.Source, dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") != nil {
			return c.Complain("can't remount " + e.Source + " read-only")
		}
		c.Complain(e.Source + " busy - remounted read-only")
		return 0
	}
	return c.Warn("can't unmount "+dir, err)
}
