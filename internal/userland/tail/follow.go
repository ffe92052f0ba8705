package tail

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
)

// follow prints what is added to the files until the output fails. A pipe that
// nobody named is not followed: its end is its end.
func (t *tail) follow(pause float64) {
	if len(t.c.Args) == 0 && isPipe(t.c.In.Fd()) {
		return
	}
	// The files are read past the buffers, which are at their end.
	buf := make([]byte, 64<<10)
	last := len(t.files) - 1
	for t.c.Out.Flush() == nil {
		time.Sleep(time.Duration(pause * 1e9))
		for i := range t.files {
			f := &t.files[i]
			var next *applet.In
			if t.c.Has("F") {
				next = t.renewed(f)
			}
			for f.in != nil {
				rewind(f.in.Fd())
				n, err := applet.ReadFd(f.in.Fd(), buf)
				if err == nil && n > 0 {
					if i != last {
						t.header(f.name)
						last = i
					}
					t.c.Out.Write(buf[:n])
					if t.c.Out.Err() != nil {
						return
					}
					continue
				}
				if next == nil {
					break
				}
				f.in.Close()
				f.in, next = next, nil
			}
		}
	}
}

func isPipe(fd int) bool {
	var st syscall.Stat_t
	return fd < 0 || syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFIFO
}

// rewind starts a file anew that has become shorter. Files of the kernel say that
// their size is 0.
func rewind(fd int) {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || st.Size == 0 {
		return
	}
	if at, err := syscall.Seek(fd, 0, 1); err == nil && st.Size < at {
		syscall.Seek(fd, 0, 0)
	}
}

// renewed returns the file that now has the name, if it isn't the one that is open.
func (t *tail) renewed(f *file) *applet.In {
	if f.name == "-" {
		return nil
	}
	var open, named syscall.Stat_t
	if f.in != nil && syscall.Fstat(f.in.Fd(), &open) == nil && syscall.Stat(f.name, &named) == nil &&
		open.Dev == named.Dev && open.Ino == named.Ino {
		return nil
	}
	in, err := applet.Open(f.name)
	switch {
	case err != nil && f.in != nil:
		t.c.Warn(f.name+" has been renamed or deleted", err)
	case err == nil && f.in == nil:
		t.c.Complain(f.name + " has appeared; following end of new file")
		f.in = in
		return nil
	case err == nil:
		t.c.Complain(f.name + " has been replaced; following end of new file")
		return in
	}
	return nil
}
