package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// claim makes a folder for a command and locks it for as long as the descriptor
// is open, so that collect can tell it from one whose command was killed.
func claim(dir string) (string, int, error) {
	for {
		tmp, err := os.MkdirTemp(dir, ".new-")
		if err != nil {
			return "", -1, err
		}
		fd, err := unix.Open(tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err == unix.ENOENT {
			continue // collected before it was locked
		}
		if err != nil {
			return "", -1, fmt.Errorf("open %s: %w", tmp, err)
		}
		var st unix.Stat_t
		if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil && unix.Fstat(fd, &st) == nil && st.Nlink > 0 {
			return tmp, fd, nil
		}
		unix.Close(fd)
	}
}

// collect removes the folders of killed commands. It is not worth an error.
func collect(dir string) {
	left, _ := filepath.Glob(dir + "/.new-*")
	for _, tmp := range left {
		fd, err := unix.Open(tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = layer.Remove(tmp)
		}
		unix.Close(fd)
	}
}

// Base makes the folder below every image: what docker creates in each container
// so that there is something to mount on.
func (s *Store) Base() error {
	base := s.Root + "/base"
	if _, err := os.Lstat(base); err == nil {
		return nil
	}
	err := replace(base, func(tmp string) error {
		for _, d := range []string{"", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/etc", "/proc", "/sys"} {
			if err := os.Mkdir(tmp+d, 0o755); err != nil {
				return err
			}
		}
		for _, f := range []string{"/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"} {
			if err := writeDurably(tmp+f, nil); err != nil {
				return err
			}
			if err := os.Chmod(tmp+f, 0o755); err != nil {
				return err
			}
		}
		return os.Symlink("/proc/mounts", tmp+"/etc/mtab")
	})
	if errors.Is(err, os.ErrExist) || errors.Is(err, unix.ENOTEMPTY) { // another command was faster
		return nil
	}
	return err
}

// replace makes a file beside its place and renames it.
func replace(path string, make func(tmp string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o710); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tmp := dir + "/new"
	if err := make(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return layer.WriteOutFile(f)
}
