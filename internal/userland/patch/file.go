package patch

import (
	"io"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// target is the file that is patched. It is found from folder to folder below the
// current one, and no link is followed: the diff may be a stranger's.
type target struct {
	name string // as told
	dir  int
	base string
	data string
	mode uint32
}

func (t *target) close() {
	if t.dir >= 0 {
		syscall.Close(t.dir)
	}
}

// open finds the file and reads it.
func (p *patch) open(names [2]string, first *hunk) (t *target, ok bool) {
	name := p.choose(names)
	if name == "" || name == null {
		p.status = p.c.Complain("no file to patch")
		return nil, false
	}
	_, err := p.enter(name, false)
	create := err == syscall.ENOENT && (names[0] == null || first.oldCount == 0)
	if create {
		p.c.Out.Print("creating ", name, "\n")
	} else {
		p.c.Out.Print("patching file ", name, "\n")
	}
	if create && p.dry {
		return &target{name: name, dir: -1}, true
	}
	if t, err = p.enter(name, create); err == nil || create && err == syscall.ENOENT {
		return t, true
	}
	p.status = p.c.CantOpen(name, err)
	return nil, false
}

// choose picks one of the two names: the new one, if there is that file or there
// isn't the other.
func (p *patch) choose(names [2]string) string {
	if p.operand != "" {
		return p.operand
	}
	old, new := p.stripped(names[0]), p.stripped(names[1])
	if new != null && p.exists(new) || old == null || old == "" {
		return new
	}
	if p.exists(old) || new == null {
		return old
	}
	return new
}

func (p *patch) exists(name string) bool {
	t, err := p.enter(name, false)
	if err != nil {
		return false
	}
	t.close()
	return true
}

// enter opens the folder that the file is in, which it makes if it should, and reads
// the file. If only the file is missing the error is ENOENT and there is a target.
func (p *patch) enter(name string, create bool) (*target, error) {
	t := &target{name: name, dir: unix.AT_FDCWD, mode: 0o666}
	follow := p.operand != ""
	nofollow := unix.O_NOFOLLOW
	if follow {
		nofollow = 0
	}
	rest := name
	if follow {
		// Who typed the name may have it lead anywhere.
		t.base = name
	} else if strings.HasPrefix(name, "/") || name == "" {
		return nil, syscall.EPERM
	}
	for t.base == "" {
		part, after, more := strings.Cut(rest, "/")
		rest = strings.TrimLeft(after, "/")
		if part == ".." {
			t.leave()
			return nil, syscall.EPERM
		}
		if !more {
			t.base = part
			break
		}
		if err := t.down(part, create); err != nil {
			t.leave()
			return nil, err
		}
	}
	fd, err := applet.OpenAt(t.dir, t.base, syscall.O_RDONLY|syscall.O_NONBLOCK|nofollow, 0)
	if err == syscall.ENOENT && create {
		return t, err
	}
	if err == nil {
		err = t.read(fd)
	}
	if err != nil {
		t.leave()
		return nil, err
	}
	return t, nil
}

func (t *target) leave() {
	if t.dir != unix.AT_FDCWD {
		t.close()
	}
}

// down goes into a folder.
func (t *target) down(part string, create bool) error {
	const flags = syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_NOFOLLOW
	fd, err := applet.OpenAt(t.dir, part, flags, 0)
	if err == syscall.ENOENT && create {
		if err = unix.Mkdirat(t.dir, part, 0o777); err == nil {
			fd, err = applet.OpenAt(t.dir, part, flags, 0)
		}
	}
	if err != nil {
		return err
	}
	t.leave()
	t.dir = fd
	return nil
}

// read reads a regular file.
func (t *target) read(fd int) error {
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return syscall.EINVAL
	}
	t.mode = st.Mode & 0o7777
	data, err := applet.ReadAll(fd)
	if err == io.EOF {
		err = nil
	}
	t.data = string(data)
	return err
}

// write puts a new file in the old one's place.
func (t *target) write(data string) error {
	dir, base := t.dir, t.base
	for n := syscall.Getpid(); ; n++ {
		temporary := base + strconv.Itoa(n)
		fd, err := applet.OpenAt(dir, temporary, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, t.mode)
		if err == syscall.EEXIST {
			continue
		}
		if err != nil {
			return err
		}
		err = applet.WriteFd(fd, []byte(data))
		if t.data != "" && err == nil {
			err = syscall.Fchmod(fd, t.mode)
		}
		if e := syscall.Close(fd); err == nil {
			err = e
		}
		if err == nil {
			err = unix.Renameat(dir, temporary, dir, base)
		}
		if err != nil {
			unix.Unlinkat(dir, temporary, 0)
		}
		return err
	}
}

func (t *target) remove() error { return unix.Unlinkat(t.dir, t.base, 0) }
