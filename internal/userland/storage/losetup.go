package storage

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/loopdevice"
	"golang.org/x/sys/unix"
)

// Losetup is losetup.
var Losetup = applet.Applet{
	Names: "losetup",
	Usage: "[-rP] [-o OFS] {-f|LOOPDEV} FILE: associate loop devices\n-c LOOPDEV: reread file size\n" +
		"-d LOOPDEV: disassociate\n-a: show status\n-f: show next free loop device",
	About: "Set up and control loop devices. With LOOPDEV alone, show what it is associated with.",
	Options: `
-o OFS	start OFS bytes into FILE
-P	scan for partitions
-r	read-only
-f	show or use the next free loop device
-c	reread the file's size
-d	disassociate
-a	show all
`,
	AtMost: 2,
	Quick:  true,
	Dir:    "/sbin",
	Run:    losetup,
}

func losetup(c *applet.Call) int {
	only := func(key string) bool {
		all := true
		c.Each(func(k, _ string) { all = all && k == key })
		return all && c.Has(key)
	}
	any := false
	c.Each(func(string, string) { any = true })
	switch n := len(c.Args); {
	case !any && n == 1:
		s, err := attached(c.Args[0])
		if err != nil {
			return c.Warn(c.Args[0], err)
		}
		c.Out.Print(c.Args[0], ": ", s, "\n")
	case only("c") && n == 1:
		return control(c, c.Args[0], unix.LOOP_SET_CAPACITY, 0)
	case only("d") && n == 1:
		if err := loopdevice.Detach(c.Args[0]); err != nil {
			return c.Warn(c.Args[0], err)
		}
	case only("a") && n == 0:
		const most = 1023
		for i := range most {
			device := "/dev/loop" + strconv.Itoa(i)
			if s, err := attached(device); err == nil {
				c.Out.Print(device, ": ", s, "\n")
			}
		}
	case only("f") && n == 0:
		device, err := loopdevice.Free()
		if err != nil {
			return c.Complain("no free loop devices")
		}
		c.Out.Print(device, "\n")
	case c.Has("a") || c.Has("c") || c.Has("d"):
		return c.UsageError("")
	case c.Has("f") && n == 1, !c.Has("f") && n == 2:
		return associate(c)
	default:
		return c.UsageError("")
	}
	return 0
}

// associate attaches a file.
func associate(c *applet.Call) int {
	device, file := "", c.Args[len(c.Args)-1]
	if !c.Has("f") {
		device = c.Args[0]
	}
	o := loopdevice.Options{ReadOnly: c.Has("r")}
	if text, given := c.Given("o"); given {
		n, err := strconv.ParseUint(text, 0, 63)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		o.Offset = n
	}
	name, fd, err := loopdevice.Attach(device, file, o)
	if err != nil {
		return c.Warn(file, err)
	}
	defer syscall.Close(fd)
	if !c.Has("P") {
		return 0
	}
	var info unix.LoopInfo64
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_GET_STATUS64, uintptr(unsafe.Pointer(&info)))
	if e == 0 {
		info.Flags |= unix.LO_FLAGS_PARTSCAN
		_, _, e = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_SET_STATUS64, uintptr(unsafe.Pointer(&info)))
	}
	if e != 0 {
		return c.Warn(name, e)
	}
	return 0
}

// control calls an ioctl of a device.
func control(c *applet.Call, path string, request, argument uintptr) int {
	fd, err := applet.OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return c.CantOpen(path, err)
	}
	defer syscall.Close(fd)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, argument); e != 0 {
		return c.Warn(path, e)
	}
	return 0
}

// attached returns the offset and the file that a loop device is attached to.
func attached(device string) (string, error) {
	fd, err := applet.OpenFile(device, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(fd)
	var info unix.LoopInfo64
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_GET_STATUS64, uintptr(unsafe.Pointer(&info))); e != 0 {
		return "", e
	}
	name, _, _ := strings.Cut(string(info.File_name[:]), "\x00")
	return strconv.FormatUint(info.Offset, 10) + " " + name, nil
}
