// Package switchroot has the applet switch_root.
package switchroot

import (
	"syscall"

	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// Applet is switch_root.
var Applet = applet.Applet{
	Names: "switch_root",
	Usage: "[-c CONSOLE_DEV] NEW_ROOT NEW_INIT [ARGS]",
	About: `Free the initramfs and switch to another root file system:
chroot to NEW_ROOT, delete all in /, move NEW_ROOT to /, execute NEW_INIT.
PID must be 1. NEW_ROOT must be a mountpoint.`,
	Options: `
-c DEV	reopen stdio to DEV after switch
`,
	Form:    applet.Leading,
	AtLeast: 2,
	Min:     true,
	Dir:     "/sbin",
	Run:     run,
}

func run(c *applet.Call) int {
	if err := syscall.Chdir(c.Args[0]); err != nil {
		return c.Warn("can't change directory to '"+c.Args[0]+"'", err)
	}
	var old, next syscall.Stat_t
	if err := syscall.Stat("/", &old); err != nil {
		return c.Warn("can't stat '/'", err)
	}
	if err := syscall.Stat(".", &next); err != nil {
		return c.Warn("can't stat '.'", err)
	}
	if old.Dev == next.Dev || syscall.Getpid() != 1 {
		return c.UsageError("") // it says what must be
	}
	// All of / is about to be deleted: be very sure that it is an initramfs.
	if wrong := notInitramfs(); wrong != "" {
		return c.Complain(wrong)
	}
	if fd, err := applet.OpenFile("/", syscall.O_RDONLY|syscall.O_DIRECTORY, 0); err == nil {
		empty(fd, old.Dev)
		syscall.Close(fd)
	}
	if err := syscall.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return c.Warn("error moving root", err)
	}
	if err := syscall.Chroot("."); err != nil {
		return c.Warn("can't change root directory to '.'", err)
	}
	syscall.Chdir("/")
	if console, given := c.Given("c"); given {
		reopen(c, console)
	}
	argv := c.Args[1:]
	return c.Warn("can't execute '"+argv[0]+"'", applet.Execve(argv[0], argv, c.Environ()))
}

func notInitramfs() string {
	var st syscall.Stat_t
	if syscall.Stat("/init", &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return "'/init' is not a regular file"
	}
	var fs syscall.Statfs_t
	if syscall.Statfs("/", &fs) != nil || fs.Type != unix.RAMFS_MAGIC && fs.Type != unix.TMPFS_MAGIC {
		return "root filesystem is not ramfs/tmpfs"
	}
	return ""
}

// empty deletes all files below the folder that are on its device, and the folders
// that are empty then. It goes by descriptors, and follows no link.
func empty(dir int, device uint64) {
	entries, _ := applet.ReadDirFd(dir)
	for _, e := range entries {
		var st unix.Stat_t
		if unix.Fstatat(dir, e.Name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil || st.Dev != device {
			continue
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			unix.Unlinkat(dir, e.Name, 0)
			continue
		}
		fd, err := applet.OpenAt(dir, e.Name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue
		}
		if unix.Fstat(fd, &st) == nil && st.Dev == device {
			empty(fd, device)
		}
		unix.Close(fd)
		unix.Unlinkat(dir, e.Name, unix.AT_REMOVEDIR) // one with a mount in it stays
	}
}

// reopen makes the device the standard files.
func reopen(c *applet.Call, device string) {
	fd, err := applet.OpenFile(device, syscall.O_RDWR, 0)
	if err != nil {
		c.CantOpen(device, err)
		return
	}
	for i := range 3 {
		unix.Dup3(fd, i, 0)
	}
	if fd > 2 {
		syscall.Close(fd)
	}
}
