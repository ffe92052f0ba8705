package cpio

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// creation is a run that writes an archive.
type creation struct {
	c      *applet.Call
	own    owner
	out    *applet.Out
	warn   func(name string, err error)
	offset int64
	next   uint32 // number of an inode, with --renumber-inodes
	links  []linked
	index  map[[2]uint64]int
	failed bool
	buf    []byte
}

// linked is a file of several names.
type linked struct {
	st     unix.Stat_t
	number uint32
	names  []string
}

func newCreation(c *applet.Call, own owner, out *applet.Out) *creation {
	return &creation{
		c: c, own: own, out: out, index: map[[2]uint64]int{}, buf: make([]byte, 64<<10),
		warn: func(name string, err error) { c.Warn(name, err) },
	}
}

// create writes an archive.
func create(c *applet.Call, own owner) int {
	if !strings.HasPrefix(c.Value("H"), "n") {
		return c.UsageError("")
	}
	out := c.Out
	if file, given := c.Given("F"); given {
		var err error
		if out, err = applet.Create(file, 0o666); err != nil {
			return c.CantOpen(file, err)
		}
	}
	k := newCreation(c, own, out)
	k.all()
	status := 0
	if k.failed {
		status = 1
	}
	if out != c.Out {
		if err := out.Close(); err != nil {
			return c.Warn("write error", err)
		}
	}
	return status
}

func (k *creation) fail(name string, err error) {
	k.failed = true
	k.warn(name, err)
}

// all archives what standard input names.
func (k *creation) all() {
	end := byte('\n')
	if k.c.Has("0") {
		end = 0
	}
	for k.out.Err() == nil {
		line, ok := k.c.In.Until(end)
		if !ok {
			break
		}
		name := string(line)
		for strings.HasPrefix(name, "./") {
			name = strings.TrimLeft(name[1:], "/")
		}
		if name != "" {
			k.file(name)
		}
	}
	if err := k.c.In.Err(); err != nil {
		k.fail("standard input", err)
	}
	for i := len(k.links) - 1; i >= 0; i-- {
		// Only the last name has the data.
		l := &k.links[i]
		for j := len(l.names) - 1; j >= 0; j-- {
			k.member(l.names[j], &l.st, l.number, j == 0)
		}
	}
	var none unix.Stat_t
	k.header(trailer, &none, 0, 0)
	k.out.Flush()
}

// file archives a file, or remembers it if it has several names.
func (k *creation) file(name string) {
	var st unix.Stat_t
	stat := unix.Lstat
	if k.c.Has("L") {
		stat = unix.Stat
	}
	if err := stat(name, &st); err != nil {
		k.fail(name, err)
		return
	}
	if k.own.uid != users.Unchanged {
		st.Uid = k.own.uid
	}
	if k.own.gid != users.Unchanged {
		st.Gid = k.own.gid
	}
	kind := st.Mode & unix.S_IFMT
	if kind == unix.S_IFDIR || st.Nlink < 2 {
		k.member(name, &st, k.number(&st), true)
		return
	}
	key := [2]uint64{st.Dev, st.Ino}
	i, known := k.index[key]
	if !known {
		i = len(k.links)
		k.index[key] = i
		k.links = append(k.links, linked{st: st, number: k.number(&st)})
	}
	k.links[i].names = append(k.links[i].names, name)
}

func (k *creation) number(st *unix.Stat_t) uint32 {
	if !k.c.Has("renumber-inodes") {
		return uint32(st.Ino)
	}
	k.next++
	return k.next
}

// member writes a member.
func (k *creation) member(name string, st *unix.Stat_t, number uint32, data bool) {
	switch kind := st.Mode & unix.S_IFMT; {
	case kind == unix.S_IFLNK:
		target, err := tree.Readlink(unix.AT_FDCWD, name)
		if err != nil {
			k.fail(name, err)
			return
		}
		if !data {
			target = ""
		}
		k.header(name, st, number, int64(len(target)))
		k.write([]byte(target))
		k.pad()
	case kind == unix.S_IFREG && data:
		k.regular(name, st, number)
	default:
		k.header(name, st, number, 0)
	}
}

// regular writes a file with its data. If the file becomes shorter, zeros stand for the rest.
func (k *creation) regular(name string, st *unix.Stat_t, number uint32) {
	fd, err := applet.OpenFile(name, syscall.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		k.fail("can't open '"+name+"'", err)
		return
	}
	defer syscall.Close(fd)
	var now unix.Stat_t
	if err := unix.Fstat(fd, &now); err != nil || now.Mode&unix.S_IFMT != unix.S_IFREG {
		k.fail(name, tree.ErrMoved)
		return
	}
	if now.Size > 1<<32-1 {
		k.fail(name, syscall.EFBIG)
		return
	}
	k.header(name, st, number, now.Size)
	for left := now.Size; left > 0; {
		p := k.buf[:min(left, int64(len(k.buf)))]
		n, err := applet.ReadFd(fd, p)
		if n <= 0 {
			if err == nil {
				err = archive.ErrShort
			}
			k.fail(name, err)
			clear(k.buf)
			for ; left > 0 && k.out.Err() == nil; left -= int64(len(p)) {
				p = k.buf[:min(left, int64(len(k.buf)))]
				k.write(p)
			}
			break
		}
		k.write(p[:n])
		left -= int64(n)
	}
	k.pad()
}

func (k *creation) write(p []byte) {
	k.out.Write(p)
	k.offset += int64(len(p))
}

// pad goes on to a multiple of 4.
func (k *creation) pad() {
	var zeros [4]byte
	k.write(zeros[:-k.offset&3])
}

// header writes a header.
func (k *creation) header(name string, st *unix.Stat_t, number uint32, size int64) {
	device, special := st.Dev, st.Rdev
	if k.c.Has("ignore-devno") {
		device, special = 0, 0
	}
	h := make([]byte, 0, 128+len(name))
	h = append(h, "070701"...)
	for _, v := range [...]uint32{
		number, st.Mode, st.Uid, st.Gid, uint32(st.Nlink), uint32(st.Mtim.Sec), uint32(size),
		unix.Major(device), unix.Minor(device), unix.Major(special), unix.Minor(special), uint32(len(name) + 1), 0,
	} {
		for shift := 28; shift >= 0; shift -= 4 {
			h = append(h, "0123456789ABCDEF"[v>>shift&15])
		}
	}
	h = append(h, name...)
	k.write(append(h, 0))
	k.pad()
}
