package engine

import (
	"fmt"
	"io/fs"
	"path"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// NoSuchPath is docker's error for a file that a container hasn't.
type NoSuchPath struct{ Path, Container string }

func (e *NoSuchPath) Error() string {
	return "Could not find the file " + e.Path + " in container " + e.Container
}

// PathStat is what docker's API tells of a file in a container.
type PathStat struct {
	Name       string
	Size       int64
	Mode       fs.FileMode
	Mtime      time.Time
	LinkTarget string // absolute
}

// source is a file of a container that is copied out.
type source struct {
	root, dir int // dir: the folder that it is in
	base      string
	st        unix.Stat_t
	clean     string
	own       string // its name in an archive
	content   bool   // of a folder, and not the folder
	close     func()
}

func (s *source) release() {
	unix.Close(s.dir)
	s.close()
}

func (s *source) isDir() bool  { return s.st.Mode&unix.S_IFMT == unix.S_IFDIR }
func (s *source) isLink() bool { return s.st.Mode&unix.S_IFMT == unix.S_IFLNK }

// source finds a file of a container. A link is followed where the user wants it or
// means a folder.
func (c *container) source(in *folder.Store, from string, followLink bool) (*source, error) {
	root, release, err := c.rootfs(in)
	if err != nil {
		return nil, err
	}
	clean, content, isFolder := inside(from)
	s := &source{root: root, dir: -1, clean: clean, content: content, close: release, own: path.Base(clean)}
	if clean == "/" {
		s.own = "."
	}
	if !s.find() || s.isLink() && (followLink || isFolder) && !s.follow() {
		s.release()
		return nil, &NoSuchPath{from, c.Record.Name}
	}
	if isFolder && !s.isDir() {
		s.release()
		return nil, &Invalid{fmt.Errorf("%s: not a directory", from)}
	}
	return s, nil
}

func (s *source) find() bool {
	parent, base := path.Split(s.clean)
	if s.base = base; base == "" {
		s.base = "."
	}
	var err error
	if s.dir, err = mount.OpenInRoot(s.root, parent, unix.O_RDONLY|unix.O_DIRECTORY); err != nil {
		return false
	}
	return unix.Fstatat(s.dir, s.base, &s.st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

func (s *source) follow() bool {
	unix.Close(s.dir)
	var err error
	s.dir, s.base, s.st, err = follow(s.root, s.clean)
	return err == nil
}

// follow resolves a link in the container to the file that it leads to.
func follow(root int, p string) (dir int, base string, st unix.Stat_t, err error) {
	fd, err := mount.OpenInRoot(root, p, unix.O_PATH)
	if err != nil {
		return -1, "", st, err
	}
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fd, ".", st, err
	}
	unix.Close(fd)
	// A file: its folder, by resolving link after link.
	for range 40 {
		parent, last := path.Split(p)
		dir, err = mount.OpenInRoot(root, parent, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return -1, "", st, err
		}
		if err = unix.Fstatat(dir, last, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return dir, last, st, err
		}
		b := make([]byte, 4096)
		n, err := unix.Readlinkat(dir, last, b)
		unix.Close(dir)
		if err != nil {
			return -1, "", st, err
		}
		if p = string(b[:n]); !path.IsAbs(p) {
			p = path.Join(parent, p)
		}
	}
	return -1, "", st, unix.ELOOP
}

// stat is docker's description of it.
func (s *source) stat() *PathStat {
	p := &PathStat{Name: s.own, Size: s.st.Size, Mode: fileMode(s.st.Mode), Mtime: time.Unix(s.st.Mtim.Unix())}
	if s.clean == "/" {
		p.Name = "/"
	}
	if s.isLink() {
		p.LinkTarget = s.target()
	}
	return p
}

// target is the path that a link leads to in the end, as far as there is something.
func (s *source) target() string {
	at := s.clean
	for range 40 {
		parent, last := path.Split(at)
		dir, err := mount.OpenInRoot(s.root, parent, unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			break
		}
		b := make([]byte, 4096)
		n, err := unix.Readlinkat(dir, last, b)
		unix.Close(dir)
		if err != nil {
			break
		}
		if to := string(b[:n]); path.IsAbs(to) {
			at = path.Clean(to)
		} else {
			at = path.Join(parent, to)
		}
	}
	return at
}

// fileMode is a mode in Go's bits, which docker's API uses.
func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode & 0o777)
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		m |= fs.ModeDir
	case unix.S_IFLNK:
		m |= fs.ModeSymlink
	case unix.S_IFIFO:
		m |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		m |= fs.ModeSocket
	case unix.S_IFBLK:
		m |= fs.ModeDevice
	case unix.S_IFCHR:
		m |= fs.ModeDevice | fs.ModeCharDevice
	}
	for bit, to := range map[uint32]fs.FileMode{unix.S_ISUID: fs.ModeSetuid, unix.S_ISGID: fs.ModeSetgid, unix.S_ISVTX: fs.ModeSticky} {
		if mode&bit != 0 {
			m |= to
		}
	}
	return m
}

// StatPath describes a file of a container. A link at the end is not followed.
func (e *Engine) StatPath(name, p string) (*PathStat, error) {
	in, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	s, err := c.source(in, p, false)
	if err != nil {
		return nil, err
	}
	defer s.release()
	return s.stat(), nil
}
