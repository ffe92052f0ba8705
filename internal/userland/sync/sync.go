// Package sync is the applets sync and fsync.
package sync

import (
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// Sync is sync.
var Sync = applet.Applet{
	Names: "sync",
	Usage: "[-df] [FILE]...",
	About: "Write what is in memory to disk, all of it or that of the FILEs.",
	Options: `
-d, --data	only what is needed to read the data
-f, --file-system	the file systems that the FILEs are on
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	if len(c.Args) == 0 {
		if c.Has("d") || c.Has("f") {
			return c.UsageError("")
		}
		syscall.Sync()
		return 0
	}
	call := syscall.Fsync
	switch {
	case c.Has("d") && c.Has("f"):
		return c.UsageError("")
	case c.Has("d"):
		call = syscall.Fdatasync
	case c.Has("f"):
		call = unix.Syncfs
	}
	return each(c, call)
}

// each does it to every file.
func each(c *applet.Call, call func(int) error) (status int) {
	for _, name := range c.Args {
		// Without O_NONBLOCK a FIFO would wait for its other end.
		fd, err := applet.OpenFile(name, syscall.O_RDONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
		if err != nil {
			status = c.CantOpen(name, err)
			continue
		}
		if err := call(fd); err != nil {
			status = c.Warn(name, err)
		}
		syscall.Close(fd)
	}
	return status
}

// Fsync is fsync.
var Fsync = applet.Applet{
	Names: "fsync",
	Usage: "[-d] FILE...",
	About: "Write what is in memory of the FILEs to disk.",
	Options: `
-d	only what is needed to read the data
`,
	AtLeast: 1,
	Quick:   true,
	Run:     fsync,
}

func fsync(c *applet.Call) int {
	if c.Has("d") {
		return each(c, syscall.Fdatasync)
	}
	return each(c, syscall.Fsync)
}
