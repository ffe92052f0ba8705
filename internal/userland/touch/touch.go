// Package touch is the applets touch, truncate and fallocate.
package touch

import (
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"golang.org/x/sys/unix"
)

// Touch is touch.
var Touch = applet.Applet{
	Names: "touch",
	Usage: "[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...",
	About: "Set the times of each FILE to now, and make it if it is missing",
	Options: `
-c, --no-create	make no files
-h, --no-dereference	don't follow links
-a	only the time of the last access
-m	only the time of the last change
-d, --date DT	to this date and time
-t DT	the same
-r, --reference FILE	to the times of FILE
-f	ignored
`,
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Run:     runTouch,
}

func runTouch(c *applet.Call) int {
	if c.Has("r") && c.Has("t") {
		return c.UsageError("")
	}
	times, ok := times(c)
	if !ok {
		return 1
	}
	flags := 0
	if c.Has("h") {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	status := 0
	for _, file := range c.Args {
		err := unix.UtimesNanoAt(unix.AT_FDCWD, file, times[:], flags)
		if err == syscall.ENOENT {
			if c.Has("c") {
				continue
			}
			err = create(file, times)
		}
		if err != nil {
			status = c.Warn(file, err)
		}
	}
	return status
}

// times are the times to set, of access and of change.
func times(c *applet.Call) (times [2]unix.Timespec, ok bool) {
	now := unix.Timespec{Nsec: unix.UTIME_NOW}
	times = [2]unix.Timespec{now, now}
	if file, given := c.Given("r"); given {
		var st unix.Stat_t
		if err := unix.Stat(file, &st); err != nil {
			c.Warn("can't stat '"+file+"'", err)
			return times, false
		}
		times = [2]unix.Timespec{st.Atim, st.Mtim}
	}
	if which := c.Last("d", "t"); which != "" {
		t, ok := dates.Parse(c.Value(which), time.Now().In(dates.Local(c)))
		if !ok {
			c.Complain("invalid date '" + c.Value(which) + "'")
			return times, false
		}
		times = [2]unix.Timespec{{Sec: t.Unix()}, {Sec: t.Unix()}}
	}
	if access, change := c.Has("a"), c.Has("m"); access != change {
		omit := 0
		if access {
			omit = 1
		}
		times[omit] = unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return times, true
}

func create(file string, times [2]unix.Timespec) error {
	fd, err := applet.OpenFile(file, syscall.O_RDWR|syscall.O_CREAT|syscall.O_NOCTTY, 0o666)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if times[0].Nsec == unix.UTIME_NOW && times[1].Nsec == unix.UTIME_NOW {
		return nil
	}
	_, _, e := syscall.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(&times)), 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// Truncate is truncate.
var Truncate = applet.Applet{
	Names: "truncate",
	Usage: "[-c] -s SIZE FILE...",
	About: "Make each FILE SIZE bytes long",
	Options: `
-c	make no files
-s SIZE	the size
`,
	AtLeast: 1,
	Quick:   true,
	Dir:     "/usr/bin",
	Run:     runTruncate,
}

func runTruncate(c *applet.Call) int {
	text, given := c.Given("s")
	if !given {
		return c.UsageError("")
	}
	size, err := number.Size(text)
	if err != nil {
		return c.Complain("invalid number '" + text + "'")
	}
	flags := syscall.O_WRONLY | syscall.O_NONBLOCK
	if !c.Has("c") {
		flags |= syscall.O_CREAT
	}
	status := 0
	for _, file := range c.Args {
		fd, err := applet.OpenFile(file, flags, 0o666)
		if err != nil {
			if err != syscall.ENOENT || !c.Has("c") {
				status = c.Warn(file+": open", err)
			}
			continue
		}
		if err := syscall.Ftruncate(fd, size); err != nil {
			status = c.Warn(file+": truncate", err)
		}
		syscall.Close(fd)
	}
	return status
}

// Fallocate is fallocate.
var Fallocate = applet.Applet{
	Names: "fallocate",
	Usage: "[-o OFS] -l LEN FILE",
	About: "Reserve space for FILE",
	Options: `
-o OFS	from this offset
-l LEN	this many bytes
`,
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Dir:     "/usr/bin",
	Run:     runFallocate,
}

func runFallocate(c *applet.Call) int {
	if !c.Has("l") {
		return c.UsageError("")
	}
	var values [2]int64
	for i, key := range [2]string{"o", "l"} {
		if text, given := c.Given(key); given {
			n, err := number.Size(text)
			if err != nil {
				return c.Complain("invalid number '" + text + "'")
			}
			values[i] = n
		}
	}
	file := c.Args[0]
	fd, err := applet.OpenFile(file, syscall.O_RDWR|syscall.O_CREAT, 0o666)
	if err != nil {
		return c.CantOpen(file, err)
	}
	defer syscall.Close(fd)
	if err := syscall.Fallocate(fd, 0, values[0], values[1]); err != nil {
		return c.Warn("fallocate '"+file+"'", err)
	}
	return 0
}
