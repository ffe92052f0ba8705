package layer

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// # On the disk
//
// An image is acknowledged when it is on the disk. syncfs(2) would wait for whatever
// everybody else has written to the file system, too, which takes seconds on a busy
// machine, and an fsync(2) of each file would commit the journal thousands of times.
// Where the journal is known to keep order (ext4, XFS), data is written and waited for
// first, with sync_file_range(2); then names are given, and one fsync of the folder that
// was changed last commits all names and attributes that came before. On other file
// systems syncfs takes both places.
//
// Unpack begins to write each file when it has it whole, so that the disk works while the rest of the layer is
// read, and many files are on their way when the first is waited for.

// ordered says whether the journal of the file system keeps order; without is a file
// system in memory, where nothing has to be done.
func ordered(fd int) (ordered, without bool, err error) {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return false, false, err
	}
	switch fs.Type {
	case unix.TMPFS_MAGIC:
		return false, true, nil
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC:
		return true, false, nil
	}
	return false, false, nil
}

// WriteOut brings the data of the files below the folder root to the disk.
func WriteOut(root int) error {
	journal, memory, err := ordered(root)
	if err != nil || memory {
		return err
	}
	if !journal {
		return unix.Syncfs(root)
	}
	fd, err := unix.Openat(root, ".", openDir, 0)
	if err != nil {
		return err
	}
	return flushFolder(fd)
}

// WriteOutFile is WriteOut for one file.
func WriteOutFile(f *os.File) error {
	journal, memory, err := ordered(int(f.Fd()))
	if err != nil || memory {
		return err
	}
	if !journal {
		return f.Sync()
	}
	return writeOut(int(f.Fd()))
}

// behind begins to write files that are whole, and closes them, beside the unpacking: of many small files
// that takes a quarter of the time. A nil one only closes.
type behind struct {
	files chan int
	done  sync.WaitGroup
}

func newBehind() *behind {
	b := &behind{files: make(chan int, 64)}
	b.done.Go(func() {
		for fd := range b.files {
			_ = unix.SyncFileRange(fd, 0, 0, unix.SYNC_FILE_RANGE_WRITE) // the first half of writeOut, which tells errors
			unix.Close(fd)
		}
	})
	return b
}

// finish takes over a file that has everything.
func (b *behind) finish(fd int, size int64) {
	if b == nil || size == 0 {
		unix.Close(fd)
		return
	}
	b.files <- fd
}

func (b *behind) close() {
	close(b.files)
	b.done.Wait()
}

func writeOut(fd int) error {
	return unix.SyncFileRange(fd, 0, 0, unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE|unix.SYNC_FILE_RANGE_WAIT_AFTER)
}

// Settle makes what was written out, and the names that were given since, outlast a power
// cut; dir is the folder that was changed last.
func Settle(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	journal, memory, err := ordered(int(f.Fd()))
	if err != nil || memory {
		return err
	}
	if !journal {
		return unix.Syncfs(int(f.Fd()))
	}
	return f.Sync()
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
		return writeOut(fd)
	}
	return nil
}
