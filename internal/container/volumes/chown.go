package volumes

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// chown gives what is mounted with the option U to the container's user. A tree whose top is
// that user's already is left alone.
func chown(m *folder.Mount, tree, uid, gid int) error {
	path := m.Source
	if tree >= 0 {
		path = "/proc/self/fd/" + strconv.Itoa(tree)
	}
	if err := chownPath(path, uid, gid); err != nil {
		return fmt.Errorf("give %s to %d:%d: %w", m.Source, uid, gid, err)
	}
	return nil
}

func chownPath(path string, uid, gid int) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || int(st.Uid) == uid && int(st.Gid) == gid {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		if err := chownTree(fd, uid, gid, 0); err != nil {
			return err
		}
	}
	return unix.Fchown(fd, uid, gid)
}

// maxDepth bounds how deep a tree may be: each level keeps a descriptor open.
const maxDepth = 800

// chownTree changes what is in a folder, names by names and following no link; the
// top comes last, so that a run that was killed begins anew.
func chownTree(dir, uid, gid, depth int) error {
	if depth > maxDepth {
		return errors.New("too many folders in each other")
	}
	own, err := unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(own), "volume")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, n := range names {
		fd, err := unix.Openat(dir, n, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err == nil {
			err = chownTree(fd, uid, gid, depth+1)
			unix.Close(fd)
		} else if err == unix.ENOTDIR || err == unix.ELOOP {
			err = nil
		}
		if err == nil {
			err = unix.Fchownat(dir, n, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
		}
		if err != nil && err != unix.ENOENT {
			return err
		}
	}
	return nil
}
