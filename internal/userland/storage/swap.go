package storage

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/mounttable"
	"bantam/internal/userland/applet/volumeid"
	"golang.org/x/sys/unix"
)

// Mkswap is mkswap.
var Mkswap = applet.Applet{
	Names:   "mkswap",
	Usage:   "[-L LBL] BLOCKDEV [KBYTES]",
	About:   "Prepare BLOCKDEV to be used as swap partition.",
	Options: "\n-L LBL	label\n",
	AtLeast: 1,
	AtMost:  2,
	Quick:   true,
	Dir:     "/sbin",
	Run:     mkswap,
}

func mkswap(c *applet.Call) int {
	path := c.Args[0]
	fd, err := applet.OpenFile(path, syscall.O_RDWR, 0)
	if err != nil {
		return c.CantOpen(path, err)
	}
	defer syscall.Close(fd)
	size, err := deviceSize(fd)
	if err != nil {
		return c.Warn(path, err)
	}
	if len(c.Args) > 1 {
		n, err := strconv.ParseUint(c.Args[1], 10, 50)
		if err != nil {
			return c.Complain("invalid number '" + c.Args[1] + "'")
		}
		if size = int64(n) << 10; extend(fd, size) != nil {
			return c.Warn(path, syscall.ENOSPC)
		}
	}
	page := int64(syscall.Getpagesize())
	if size < 10*page {
		return c.Complain("swap space needs to be at least " + strconv.FormatInt(10*page>>10, 10) + "kB")
	}
	c.Out.Print("Setting up swapspace version 1, size = ", strconv.FormatInt(size-page, 10), " bytes\n")
	// A kilobyte for boot loaders, which is cleared of other signatures; then version,
	// last page, bad pages, UUID and label; and the magic number at the page's end.
	p := make([]byte, page)
	put32 := func(at int, v uint32) {
		p[at], p[at+1], p[at+2], p[at+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
	put32(1024, 1)
	put32(1028, uint32((size-page)/page))
	uuid := p[1036:1052]
	if _, err := unix.Getrandom(uuid, 0); err != nil {
		return c.Warn("random", err)
	}
	uuid[6], uuid[8] = uuid[6]&0x0f|0x40, uuid[8]&0x3f|0x80
	c.Out.Print("UUID=", format(uuid), "\n")
	copy(p[1052:1068], c.Value("L"))
	copy(p[page-10:], "SWAPSPACE2")
	if _, err := syscall.Pwrite(fd, p, 0); err != nil {
		return c.Warn(path, err)
	}
	if err := syscall.Fsync(fd); err != nil {
		return c.Warn(path, err)
	}
	return 0
}

func format(uuid []byte) string {
	var s []byte
	for i, b := range uuid {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			s = append(s, '-')
		}
		s = append(s, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return string(s)
}

// deviceSize is the size of a block device or a file.
func deviceSize(fd int) (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return st.Size, nil
	}
	var n uint64
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.BLKGETSIZE64, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0, e
	}
	return int64(n), nil
}

// extend makes a file at least so long; a device must be.
func extend(fd int, size int64) error {
	have, err := deviceSize(fd)
	if err != nil || have >= size {
		return err
	}
	return syscall.Ftruncate(fd, size)
}

// Swapon is swapon.
var Swapon = applet.Applet{
	Names: "swapon",
	Usage: "[-a] [-e] [-d[POL]] [-p PRI] [DEVICE]...",
	About: "Start swapping on DEVICE.",
	Options: `
-a	start swapping on all swap devices
-d[POL]	discard blocks at swapon (POL=once), as freed (POL=pages), or both (POL omitted)
-e	silently skip devices if they do not exist
-p PRI	set swap device priority
`,
	Quick: true,
	Dir:   "/sbin",
	Run:   func(c *applet.Call) int { return swap(c, true) },
}

// Swapoff is swapoff.
var Swapoff = applet.Applet{
	Names: "swapoff",
	Usage: "[-a] [-e] [DEVICE]...",
	About: "Stop swapping on DEVICE.",
	Options: `
-a	stop swapping on all swap devices
-e	silently skip devices if they do not exist
`,
	Quick: true,
	Dir:   "/sbin",
	Run:   func(c *applet.Call) int { return swap(c, false) },
}

// Flags of swapon(2).
const (
	flagPrefer       = 0x8000
	mostPriority     = 0x7fff
	flagDiscard      = 0x10000
	flagDiscardOnce  = 0x20000
	flagDiscardPages = 0x40000
)

func discard(flags uintptr, policy string) uintptr {
	flags = flags&^(flagDiscardOnce|flagDiscardPages) | flagDiscard
	switch strings.TrimPrefix(policy, "=") {
	case "once":
		flags |= flagDiscardOnce
	case "pages":
		flags |= flagDiscardPages
	}
	return flags
}

func priority(flags uintptr, text string) uintptr {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		flags = flags&^mostPriority | flagPrefer | uintptr(min(n, mostPriority))
	}
	return flags
}

func swap(c *applet.Call, on bool) int {
	flags := uintptr(0)
	if policy, given := c.Given("d"); given {
		flags = discard(flags, policy)
	}
	if text, given := c.Given("p"); given {
		flags = priority(flags, text)
	}
	status := 0
	switch {
	case c.Has("a"):
		status = all(c, on, flags)
	case len(c.Args) == 0:
		return c.UsageError("")
	}
	for _, device := range c.Args {
		status |= switchOne(c, device, on, flags, false)
	}
	return status
}

// all works on what is swapped on, if off, and on fstab's entries.
func all(c *applet.Call, on bool, flags uintptr) int {
	status := 0
	if in, err := applet.Open("/proc/swaps"); err == nil && !on {
		var devices []string
		for line, ok := in.Line(); ok; line, ok = in.Line() {
			if strings.HasPrefix(string(line), "/") {
				device, _, _ := strings.Cut(string(line), " ")
				devices = append(devices, device)
			}
		}
		in.Close()
		for _, device := range devices {
			status |= switchOne(c, device, on, flags, true)
		}
	}
	entries, err := mounttable.Read("/etc/fstab")
	if err != nil {
		return c.CantOpen("/etc/fstab", err)
	}
	for _, e := range entries {
		if e.Type != "swap" {
			continue
		}
		own, skip := flags, false
		for _, o := range strings.Split(e.Options, ",") {
			switch name, v, _ := strings.Cut(o, "="); name {
			case "noauto":
				skip = on
			case "discard":
				own = discard(own, v)
			case "pri":
				own = priority(own, v)
			}
		}
		if !skip {
			status |= switchOne(c, e.Source, on, own, true)
		}
	}
	return status
}

// switchOne switches one device. Of all devices, those that are as they should be already
// are no failures.
func switchOne(c *applet.Call, device string, on bool, flags uintptr, among bool) int {
	device = volumeid.Resolve(device)
	path, err := syscall.BytePtrFromString(device)
	if err != nil {
		return c.Warn(device, err)
	}
	var e syscall.Errno
	if !on {
		_, _, e = syscall.Syscall(syscall.SYS_SWAPOFF, uintptr(unsafe.Pointer(path)), 0, 0)
		if among && (e == syscall.EINVAL || e == syscall.ENOENT) {
			return 0
		}
	} else {
		var st unix.Stat_t
		err := unix.Stat(device, &st)
		switch {
		case err == syscall.ENOENT && c.Has("e"):
			return 0
		case err != nil:
			return c.Warn(device, err)
		case st.Mode&unix.S_IFMT == unix.S_IFREG && st.Blocks*512 < st.Size:
			return c.Complain(device + ": file has holes")
		}
		_, _, e = syscall.Syscall(syscall.SYS_SWAPON, uintptr(unsafe.Pointer(path)), flags, 0)
		if among && e == syscall.EBUSY {
			return 0
		}
	}
	if e != 0 {
		return c.Warn(device, e)
	}
	return 0
}
