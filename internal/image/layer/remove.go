package layer

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Remove deletes the tree at path, which may be an unfinished layer and may
// have folders that their owner cannot enter. A path that does not exist is fine.
// No link is followed and no other file system is entered by a link.
func Remove(path string) error {
	if err := removeAt(unix.AT_FDCWD, path, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

// maxRemoveDepth is above every depth that Unpack can make.
const maxRemoveDepth = 4096

func removeAt(dir int, name string, depth int) error {
	err := unix.Unlinkat(dir, name, 0)
	// Linux answers EISDIR for a folder, POSIX EPERM.
	if err != unix.EISDIR && err != unix.EPERM {
		return err
	}
	if e := unix.Unlinkat(dir, name, unix.AT_REMOVEDIR); e == nil || e == unix.ENOTDIR {
		return e
	}
	if depth > maxRemoveDepth {
		return unix.ELOOP
	}
	fd, err := unix.Openat(dir, name, openDir, 0)
	if err == unix.EACCES {
		if err = unix.Fchmodat(dir, name, 0o700, 0); err == nil {
			fd, err = unix.Openat(dir, name, openDir, 0)
		}
	}
	if err != nil {
		return err
	}
	if err := removeContent(fd, name, depth); err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
}

// removeContent empties the folder fd and closes it.
func removeContent(fd int, name string, depth int) error {
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		if len(names) == 0 {
			if err == io.EOF {
				return nil
			}
			return err
		}
		for _, n := range names {
			if err := removeAt(fd, n, depth+1); err != nil && err != unix.ENOENT {
				return err
			}
		}
	}
}
