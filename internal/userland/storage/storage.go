// Package storage is the applets for block devices: blkid, blockdev, freeramdisk,
// losetup, mkswap, swapon and swapoff.
package storage

import (
	"strconv"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/volumeid"
	"golang.org/x/sys/unix"
)

// Blkid is blkid.
var Blkid = applet.Applet{
	Names: "blkid",
	Usage: "[BLOCKDEV]...",
	About: "Print UUIDs of all filesystems.",
	Quick: true,
	Dir:   "/sbin",
	Run:   blkid,
}

func blkid(c *applet.Call) int {
	if len(c.Args) == 0 {
		volumeid.Each(func(path string, v volumeid.Volume) bool {
			show(c.Out, path, v)
			return true
		})
	}
	for _, path := range c.Args {
		if v, found := volumeid.ProbeFile(path); found {
			show(c.Out, path, v)
		}
	}
	return 0
}

func show(out *applet.Out, path string, v volumeid.Volume) {
	out.Print(path, ":")
	for _, f := range [...][2]string{{"LABEL", v.Label}, {"UUID", v.UUID}, {"TYPE", v.Type}} {
		if f[1] != "" {
			out.Print(" ", f[0], `="`, f[1], `"`)
		}
	}
	out.Print("\n")
}

// Blockdev is blockdev.
var Blockdev = applet.Applet{
	Names: "blockdev",
	Usage: "OPTION BLOCKDEV",
	About: "Ask a block device, or set something.",
	Options: `
--setro	set read-only
--setrw	set read-write
--getro	get read-only
--getss	get sector size
--getbsz	get block size
--setbsz BYTES	set block size
--getsz	get device size in 512-byte sectors
--getsize	the same
--getsize64	get device size in bytes
--getra	get readahead in 512-byte sectors
--setra SECTORS	set readahead
--flushbufs	flush buffers
--rereadpt	reread partition table
`,
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Dir:     "/sbin",
	Run:     blockdev,
}

// command is an ioctl: what is given to it, and what it gives.
type command struct {
	name    string
	request uintptr
	takes   uint8
	gives   uint8
}

const (
	nothing  uint8 = iota
	one            // as argument: 1
	number         // what the user says
	value          // the user's number itself, not a pointer to it
	signed         // as result: 32 bits
	unsigned       // 64 bits
	sectors        // bytes in sectors
)

var commands = [...]command{
	{"setro", unix.BLKROSET, one, nothing},
	{"setrw", unix.BLKROSET, nothing, nothing},
	{"getro", unix.BLKROGET, nothing, signed},
	{"getss", unix.BLKSSZGET, nothing, signed},
	{"getbsz", unix.BLKBSZGET, nothing, signed},
	{"setbsz", unix.BLKBSZSET, number, nothing},
	{"getsz", unix.BLKGETSIZE64, nothing, sectors},
	{"getsize", unix.BLKGETSIZE, nothing, unsigned},
	{"getsize64", unix.BLKGETSIZE64, nothing, unsigned},
	{"getra", unix.BLKRAGET, nothing, unsigned},
	{"setra", unix.BLKRASET, value, nothing},
	{"flushbufs", unix.BLKFLSBUF, nothing, nothing},
	{"rereadpt", unix.BLKRRPART, nothing, nothing},
}

func blockdev(c *applet.Call) int {
	given := 0
	var cmd command
	for _, k := range commands {
		if n := c.Count(k.name); n > 0 {
			given += n
			cmd = k
		}
	}
	if given != 1 {
		return c.UsageError("")
	}
	var v uint64
	switch cmd.takes {
	case one:
		v = 1
	case number, value:
		n, err := strconv.ParseUint(c.Value(cmd.name), 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + c.Value(cmd.name) + "'")
		}
		v = n
	}
	path := c.Args[0]
	fd, err := applet.OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return c.CantOpen(path, err)
	}
	defer syscall.Close(fd)
	var e syscall.Errno
	if cmd.takes == value {
		_, _, e = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), cmd.request, uintptr(v))
	} else {
		_, _, e = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), cmd.request, uintptr(unsafe.Pointer(&v)))
	}
	if e != 0 {
		return c.Warn(path, e)
	}
	switch cmd.gives {
	case signed:
		c.Out.Print(strconv.Itoa(int(int32(v))), "\n")
	case unsigned:
		c.Out.Print(strconv.FormatUint(v, 10), "\n")
	case sectors:
		c.Out.Print(strconv.FormatUint(v>>9, 10), "\n")
	}
	return 0
}

// Freeramdisk is freeramdisk.
var Freeramdisk = applet.Applet{
	Names:   "freeramdisk",
	Usage:   "DEVICE",
	About:   "Free all memory used by the specified ramdisk.",
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Dir:     "/sbin",
	Run: func(c *applet.Call) int {
		fd, err := applet.OpenFile(c.Args[0], syscall.O_RDWR, 0)
		if err != nil {
			return c.CantOpen(c.Args[0], err)
		}
		defer syscall.Close(fd)
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.BLKFLSBUF, 0); e != 0 {
			return c.Warn(c.Args[0], e)
		}
		return 0
	},
}
