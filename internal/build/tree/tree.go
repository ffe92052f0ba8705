// Package tree reads the files that COPY and ADD take: of a context, without what
// .dockerignore names, or of a stage.
//
// # Threat model
//
// The files belong to a stranger, who may have put links anywhere. A path is opened one
// component at a time below an open folder; a link means what it would mean if that
// folder were the root (openat2, RESOLVE_IN_ROOT), so nothing outside is read whatever it
// says. What is walked is never followed.
package tree

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// Tree is the files below an open folder.
type Tree struct {
	// FD is the folder; it belongs to whoever made the tree.
	FD int
	// Unowned files are root's, whoever has them here: those of a context.
	Unowned bool
	// Ignore leaves out what it names; nil leaves out nothing.
	Ignore *Ignore
	// Sums knows files that were hashed before; nil knows none.
	Sums *Sums
}

// Entry is a file of whatever kind.
type Entry struct {
	Path string // from the tree's root, without a slash at its beginning; the root is ""
	Stat unix.Stat_t
}

// IsDir says that it is a folder.
func (e *Entry) IsDir() bool { return e.Stat.Mode&unix.S_IFMT == unix.S_IFDIR }

// IsRegular says that it is a file with content.
func (e *Entry) IsRegular() bool { return e.Stat.Mode&unix.S_IFMT == unix.S_IFREG }

const openDir = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

func fdFile(fd int, name string) *os.File { return os.NewFile(uintptr(fd), name) }

// Clean makes a path relative to the root; ".." ends there.
func Clean(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// Open opens a path in the tree; its last component is followed too unless flags say
// O_NOFOLLOW.
func (t *Tree) Open(p string, flags int) (int, error) {
	if p == "" {
		p = "."
	}
	return mount.OpenInRoot(t.FD, p, uint64(flags))
}

// maxLinks on the way of one path, as the kernel has it.
const maxLinks = 40

// Resolve follows the links of a path inside the tree and says what is there. Where the path ends
// before its last component, exists is false and the rest is taken as it is.
func (t *Tree) Resolve(p string) (real string, st unix.Stat_t, exists bool, err error) {
	rest := strings.Split(Clean(p), "/")
	done := ""
	links := 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = Clean(path.Dir("/" + done))
			continue
		}
		next := join(done, part)
		if err := t.lstat(next, &st); err == unix.ENOENT || err == unix.ENOTDIR {
			return Clean(path.Join(append([]string{next}, rest...)...)), st, false, nil
		} else if err != nil {
			return "", st, false, err
		}
		if st.Mode&unix.S_IFMT != unix.S_IFLNK {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", st, false, unix.ELOOP
		}
		to, err := t.Readlink(next)
		if err != nil {
			return "", st, false, err
		}
		if strings.HasPrefix(to, "/") {
			done = ""
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return done, st, true, t.lstat(done, &st)
}

func (t *Tree) lstat(p string, st *unix.Stat_t) error {
	dir, base := t.parent(p)
	fd, err := t.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstatat(fd, base, st, unix.AT_SYMLINK_NOFOLLOW)
}

// Readlink reads a link.
func (t *Tree) Readlink(p string) (string, error) {
	dir, base := t.parent(p)
	fd, err := t.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return readlink(fd, base)
}

func readlink(fd int, base string) (string, error) {
	for size := 256; ; size *= 2 {
		b := make([]byte, size)
		n, err := unix.Readlinkat(fd, base, b)
		if err != nil || n < size {
			return string(b[:max(n, 0)]), err
		}
	}
}

func (t *Tree) parent(p string) (dir, base string) {
	if p == "" {
		return "", "."
	}
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return "", p
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// Walk calls visit for what is at p, which no link leads through, and what is below it,
// folders before their content, sorted by name. What is ignored is left out, but
// not a folder that something in it is wanted of.
func (t *Tree) Walk(p string, visit func(e *Entry) error) error {
	w := &walk{tree: t, visit: visit}
	e := Entry{Path: p}
	dir, base := t.parent(p)
	fd, err := t.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Fstatat(fd, base, &e.Stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	m, err := t.Ignore.above(p)
	if err != nil {
		return err
	}
	return w.entry(fd, base, &e, m)
}

type walk struct {
	tree    *Tree
	visit   func(e *Entry) error
	pending []*Entry // folders that are ignored themselves
}

func (w *walk) entry(dir int, base string, e *Entry, above match) error {
	m, err := w.tree.Ignore.match(e.Path, above)
	if err != nil {
		return err
	}
	if m.ignored && (!e.IsDir() || !w.tree.Ignore.wantsBelow(e.Path)) {
		return nil
	}
	if !m.ignored {
		for _, p := range w.pending {
			if err := w.visit(p); err != nil {
				return err
			}
		}
		w.pending = nil
		if err := w.visit(e); err != nil {
			return err
		}
	}
	if !e.IsDir() {
		return nil
	}
	if m.ignored {
		w.pending = append(w.pending, e)
		defer func() {
			if i := slices.Index(w.pending, e); i >= 0 {
				w.pending = w.pending[:i]
			}
		}()
	}
	fd, err := unix.Openat(dir, base, openDir, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", e.Path, err)
	}
	f := fdFile(fd, e.Path)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, n := range names {
		sub := &Entry{Path: join(e.Path, n)}
		err := unix.Fstatat(fd, n, &sub.Stat, unix.AT_SYMLINK_NOFOLLOW)
		if err == unix.ENOENT {
			continue // it went meanwhile
		}
		if err == nil {
			err = w.entry(fd, n, sub, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Sum is the digest of an entry: kind, permissions, owner and content, neither name nor time.
func (t *Tree) Sum(e *Entry) (string, error) {
	st := &e.Stat
	head := fmt.Sprintf("%o %d %d ", st.Mode, st.Uid, st.Gid)
	if t.Unowned {
		head = fmt.Sprintf("%o 0 0 ", st.Mode)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		d, err := t.Content(e)
		return head + string(d), err
	case unix.S_IFLNK:
		to, err := t.Readlink(e.Path)
		return head + to, err
	case unix.S_IFCHR, unix.S_IFBLK:
		return head + fmt.Sprint(st.Rdev), nil
	}
	return head, nil
}

// Content is the digest of a regular file's bytes.
func (t *Tree) Content(e *Entry) (digest.Digest, error) {
	if d, ok := t.Sums.get(e); ok {
		return d, nil
	}
	fd, err := t.Open(e.Path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", e.Path, err)
	}
	f := os.NewFile(uintptr(fd), e.Path)
	defer f.Close()
	h := digest.New()
	n, err := io.CopyBuffer(onlyWriter{h}, onlyReader{io.LimitReader(f, e.Stat.Size+1)}, make([]byte, 128<<10))
	if err != nil {
		return "", err
	}
	if n != e.Stat.Size {
		return "", fmt.Errorf("%s: %w", e.Path, ErrChanged)
	}
	d := digest.From(h)
	t.Sums.put(e, d)
	return d, nil
}

// ErrChanged says that a file was written while it was read.
var ErrChanged = errors.New("the file changed while it was read: build again")

type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }
