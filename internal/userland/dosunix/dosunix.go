// Package dosunix is the applets dos2unix and unix2dos.
package dosunix

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
)

// Applet is dos2unix and unix2dos.
var Applet = applet.Applet{
	Names: "dos2unix unix2dos",
	Usage: "[-ud] [FILE]...",
	About: "Change the line ends of the FILEs, or of standard input to standard output.",
	Options: `
-u	to those of Unix
-d	to those of DOS
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   run,
}

func run(c *applet.Call) int {
	dos := c.Name == "unix2dos"
	if way := c.Last("u", "d"); way != "" {
		dos = way == "d"
	}
	if len(c.Args) == 0 {
		convert(c.Out, c.In, dos)
		if err := c.In.Err(); err != nil {
			return c.Warn("read error", err)
		}
		return 0
	}
	status := 0
	for _, name := range c.Args {
		if err := replace(name, dos); err != nil {
			status = c.Warn(name, err)
		}
	}
	return status
}

// convert drops all \r before a newline, and with dos puts one there.
func convert(out *applet.Out, in *applet.In, dos bool) {
	for out.Err() == nil {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return
		}
		start := 0
		for i, b := range p {
			if b != '\r' && b != '\n' {
				continue
			}
			out.Write(p[start:i])
			start = i
			if b == '\r' {
				start++
			} else if dos {
				out.WriteByte('\r')
			}
		}
		out.Write(p[start:])
	}
}

// replace converts a file into a new one with its mode and owner, which takes its
// name. A link's target is replaced, not the link.
func replace(name string, dos bool) error {
	for range 40 {
		link, err := applet.Readlink(name)
		if err != nil {
			break
		}
		if link == "" || link[0] != '/' {
			link = name[:len(name)-len(applet.Base(name))] + link
		}
		name = link
	}
	in, err := applet.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	var st syscall.Stat_t
	if err := syscall.Fstat(in.Fd(), &st); err != nil {
		return err
	}
	temporary, fd := "", -1
	for n := syscall.Getpid(); ; n++ {
		temporary = name + strconv.Itoa(n)
		fd, err = applet.OpenFile(temporary, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
		if err != syscall.EEXIST {
			break
		}
	}
	if err != nil {
		return err
	}
	out := applet.NewOut(fd)
	convert(out, in, dos)
	syscall.Fchown(fd, int(st.Uid), int(st.Gid))
	syscall.Fchmod(fd, st.Mode&0o7777)
	err = out.Flush()
	if err == nil {
		err = in.Err()
	}
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err == nil {
		err = syscall.Rename(temporary, name)
	}
	if err != nil {
		syscall.Unlink(temporary)
	}
	return err
}
