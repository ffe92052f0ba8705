// Package shred is the applet shred.
package shred

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"golang.org/x/sys/unix"
)

// Applet is shred.
var Applet = applet.Applet{
	Names: "shred",
	Usage: "[-fuz] [-n N] [-s SIZE] FILE...",
	About: "Overwrite FILEs, and remove them",
	Options: `
-f	change the mode if that is needed to write
-s SIZE	overwrite so many bytes
-n N	overwrite N times (default 3)
-z	and once more with zeros
-u	remove the file
-v, -x	ignored
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     run,
}

func run(c *applet.Call) int {
	times, size := 3, int64(-1)
	if text, given := c.Given("n"); given {
		n, err := number.Int(text, 1<<30)
		if err != nil {
			return c.Complain("invalid number '" + text + "'")
		}
		times = n
	}
	if text, given := c.Given("s"); given {
		n, err := strconv.ParseInt(text, 0, 64)
		if err != nil || n < 0 {
			return c.UsageError("")
		}
		size = n
	}
	status := 0
	for _, name := range c.Args {
		if err := one(c, name, times, size); err != nil {
			status = 1
			if err != errOpen {
				c.Warn(name, err)
			}
		}
	}
	return status
}

// errOpen is an error that was told already.
const errOpen = syscall.EBADF

func one(c *applet.Call, name string, times int, size int64) error {
	fd, err := applet.OpenFile(name, syscall.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil && c.Has("f") {
		syscall.Chmod(name, 0o666)
		fd, err = applet.OpenFile(name, syscall.O_WRONLY|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		c.CantOpen(name, err)
		return errOpen
	}
	defer syscall.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Size > 0 {
		if size < 0 {
			size = st.Size
		}
		for range times {
			if err := overwrite(fd, size, true); err != nil {
				return err
			}
		}
		if c.Has("z") {
			if err := overwrite(fd, size, false); err != nil {
				return err
			}
		}
	}
	if !c.Has("u") {
		return nil
	}
	if err := syscall.Ftruncate(fd, 0); err != nil {
		return err
	}
	return syscall.Unlink(name)
}

// overwrite writes random bytes or zeros and waits until they are on the disk.
func overwrite(fd int, size int64, random bool) error {
	if _, err := syscall.Seek(fd, 0, 0); err != nil {
		return err
	}
	buf := make([]byte, min(size, 64<<10))
	for size > 0 {
		p := buf[:min(size, int64(len(buf)))]
		if random {
			if err := fill(p); err != nil {
				return err
			}
		}
		if err := applet.WriteFd(fd, p); err != nil {
			return err
		}
		size -= int64(len(p))
	}
	return syscall.Fdatasync(fd)
}

func fill(p []byte) error {
	for len(p) > 0 {
		n, err := unix.Getrandom(p, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
