package local

import (
	"errors"
	"os"
	"path/filepath"

	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

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
