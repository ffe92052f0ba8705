// Package copytree copies a tree of files by descriptors: what an image holds at a mount
// point into a new file system or volume. Names are resolved one at a time and links are
// never followed, so that a hostile tree leads nowhere.
package copytree

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// maxDepth bounds how deep a tree may be: each level keeps descriptors open.
const maxDepth = 400

// Copy copies what is below the folder from into the folder to: content, owners, modes, times, hard
// links, extended attributes. Both may be O_PATH descriptors. What is there already
// is kept if it is a folder, and otherwise an error.
func Copy(from, to int) error {
	c := &copier{to: to, links: map[inode]string{}}
	return c.tree(from, to, "", 0)
}

// Attributes gives the folder to the owner, mode, times and extended attributes of the folder from.
func Attributes(from, to int) error {
	src, err := reopen(from)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := reopen(to)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	var st unix.Stat_t
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	return fdAttributes(src, dst, &st)
}

type inode struct{ dev, ino uint64 }

type copier struct {
	to    int              // the folder at the top
	links map[inode]string // where a file of several names was copied to first, from the top
}

// reopen opens an O_PATH descriptor of a folder for reading.
func reopen(fd int) (int, error) {
	return unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

func (c *copier) tree(from, to int, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("copy %s: more than %d folders in each other", path[:min(len(path), 100)], maxDepth)
	}
	dir, err := reopen(from)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(dir), "copytree")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.entry(dir, to, name, path+"/"+name, depth); err != nil {
			if depth > 0 {
				return err
			}
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	return nil
}

func (c *copier) entry(from, to int, name, path string, depth int) error {
	var st unix.Stat_t
	if err := unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	kind := st.Mode & unix.S_IFMT
	if kind == unix.S_IFDIR {
		return c.folder(from, to, name, path, &st, depth)
	}
	if st.Nlink > 1 {
		key := inode{st.Dev, st.Ino}
		if first, ok := c.links[key]; ok {
			return c.link(first, to, name)
		}
		c.links[key] = path
	}
	switch kind {
	case unix.S_IFREG:
		return file(from, to, name, &st)
	case unix.S_IFLNK:
		if err := symlink(from, to, name); err != nil {
			return err
		}
	default:
		if err := unix.Mknodat(to, name, st.Mode, int(st.Rdev)); err != nil {
			return err
		}
	}
	return nodeAttributes(to, name, &st)
}

func (c *copier) folder(from, to int, name, path string, st *unix.Stat_t, depth int) error {
	if err := unix.Mkdirat(to, name, 0o700); err != nil && err != unix.EEXIST {
		return err
	}
	src, err := openFolder(from, name)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := openFolder(to, name)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	if err := c.tree(src, dst, path, depth+1); err != nil {
		return err
	}
	return fdAttributes(src, dst, st)
}

func openFolder(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// link gives a file that was copied already a further name. Somebody may write to the
// target meanwhile: no link is followed on the way.
func (c *copier) link(first string, to int, name string) error {
	fd, err := unix.Openat2(c.to, first[1:], &unix.OpenHow{Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Linkat(unix.AT_FDCWD, proc(fd), to, name, unix.AT_SYMLINK_FOLLOW)
}

func symlink(from, to int, name string) error {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(from, name, buf)
	if err != nil {
		return err
	}
	return unix.Symlinkat(string(buf[:n]), to, name)
}
