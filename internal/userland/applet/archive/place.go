package archive

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// place finds folders below a root. The kernel sees to it that no link leads out of
// it (openat2 with RESOLVE_BENEATH); one without that call gets no links at all. If
// the root is the system's, nothing is outside, and absolute links are followed.
type place struct {
	root    int
	resolve uint64
	old     bool   // no openat2
	dir     string // the last one that was found
	fd      int    // and its descriptor, -1 for none
}

func (p *place) open(dir string) error {
	fd, err := applet.OpenFile(dir, unix.O_PATH|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	var here, top unix.Stat_t
	p.resolve = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS
	if unix.Fstat(fd, &here) == nil && unix.Stat("/", &top) == nil && here.Ino == top.Ino && here.Dev == top.Dev {
		p.resolve = unix.RESOLVE_IN_ROOT
	}
	p.root, p.fd = fd, -1
	return nil
}

func (p *place) close() {
	p.forget()
	syscall.Close(p.root)
}

// forget makes the next folder be looked for anew.
func (p *place) forget() {
	if p.fd >= 0 {
		syscall.Close(p.fd)
		p.fd = -1
	}
}

// split cuts a path into its folder and name. The folder is "" for the root.
func split(path string) (dir, name string) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return strings.TrimRight(path[:i], "/"), path[i+1:]
}

// parent returns a descriptor, valid until the next call, of the folder that the path
// is in, which it makes if make is set, and its name there. The name of the root
// itself is ".".
func (p *place) parent(path string, make bool) (fd int, name string, err error) {
	dir, name := split(path)
	if name == "" {
		name = "."
	}
	if name == ".." {
		return -1, "", syscall.EXDEV
	}
	fd, err = p.folder(dir, make)
	return fd, name, err
}

func (p *place) folder(dir string, make bool) (int, error) {
	if dir == "" || dir == "." {
		return p.root, nil
	}
	if p.fd >= 0 && p.dir == dir {
		return p.fd, nil
	}
	p.forget()
	fd, err := p.find(dir)
	if err == syscall.ENOENT && make {
		var up int
		upper, name := split(dir)
		if name == ".." {
			return -1, syscall.EXDEV
		}
		if up, err = p.folder(upper, true); err != nil {
			return -1, err
		}
		if err = unix.Mkdirat(up, name, 0o777); err != nil && err != syscall.EEXIST {
			return -1, err
		}
		p.forget()
		fd, err = p.find(dir)
	}
	if err != nil {
		return -1, err
	}
	p.dir, p.fd = dir, fd
	return fd, nil
}

// find opens a folder.
func (p *place) find(dir string) (int, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: p.resolve}
	for !p.old {
		fd, err := unix.Openat2(p.root, dir, &how)
		switch err {
		case syscall.EINTR, syscall.EAGAIN: // something was renamed meanwhile
		case syscall.ENOSYS, syscall.EPERM:
			p.old = true
		default:
			return fd, err
		}
	}
	at := p.root
	for _, name := range strings.Split(dir, "/") {
		if name == "" || name == "." {
			continue
		}
		var fd int
		err := error(syscall.EXDEV)
		if name != ".." {
			fd, err = applet.OpenAt(at, name, unix.O_PATH|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
		}
		if at != p.root {
			syscall.Close(at)
		}
		if err != nil {
			return -1, err
		}
		at = fd
	}
	if at == p.root {
		return unix.FcntlInt(uintptr(at), unix.F_DUPFD_CLOEXEC, 0)
	}
	return at, nil
}

// unlink removes what is in the way of a new file. A folder isn't removed.
func unlink(dir int, name string) error {
	err := tree.Unlink(dir, name, 0)
	if err == syscall.ENOENT {
		return nil
	}
	return err
}
