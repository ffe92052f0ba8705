package layer

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Flush puts an unpacked tree on the disk. syncfs(2) would wait for whatever everybody
// else has written to the file system, too, which takes seconds on a busy machine. Where
// the file system's journal is known to keep order, the files' data is written and
// waited for, and one fsync of last, a file made after the tree, commits the journal
// with all names and attributes that came before it (ext4 with data=ordered, XFS).
func Flush(last *os.File, roots ...int) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(last.Fd()), &fs); err != nil {
		return err
	}
	switch fs.Type {
	case unix.TMPFS_MAGIC:
		return nil
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC:
	default:
		return unix.Syncfs(int(last.Fd()))
	}
	for _, root := range roots {
		fd, err := unix.Openat(root, ".", openDir, 0)
		if err != nil {
			return err
		}
		if err := flushFolder(fd); err != nil {
			return err
		}
	}
	return last.Sync()
}

// flushFolder writes the data of all files below the open folder, which it closes.
func flushFolder(fd int) error {
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	for {
		entries, err := f.ReadDir(1024)
		for _, e := range entries {
			if err := flushEntry(fd, e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func flushEntry(dir int, e os.DirEntry) error {
	switch {
	case e.IsDir():
		fd, err := unix.Openat(dir, e.Name(), openDir, 0)
		if err != nil {
			return err
		}
		return flushFolder(fd)
	case e.Type().IsRegular():
		fd, err := unix.Openat(dir, e.Name(), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == unix.EACCES { // an ordinary user's file of mode 0
			return nil
		}
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.SyncFileRange(fd, 0, 0, unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE|unix.SYNC_FILE_RANGE_WAIT_AFTER)
	}
	return nil
}
