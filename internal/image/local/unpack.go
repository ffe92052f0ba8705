package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// Unpack reads a tar file, compressed or not, into a layer. Decompressing and
// hashing run beside the unpacking. It then calls keep with the layer's diff id and
// the size of its files; keep adds the image before anybody can delete the layer.
func (s *Store) Unpack(r io.Reader, keep func(diff digest.Digest, size int64) error) error {
	for _, d := range [...]string{"/layers", "/images"} {
		if err := os.MkdirAll(s.Root+d, 0o710); err != nil {
			return err
		}
	}
	collect(s.Root + "/layers")
	tmp, held, err := claim(s.Root + "/layers")
	if err != nil {
		return err
	}
	defer unix.Close(held)
	defer layer.Remove(tmp)
	diff, size, err := unpack(held, r)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	// The image is acknowledged when its configuration is kept: its files first.
	if err := unix.Syncfs(held); err != nil {
		return fmt.Errorf("unpack: flush to disk: %w", err)
	}
	free, err := s.Share()
	if err != nil {
		return err
	}
	defer free()
	err = os.Rename(tmp, s.layer(diff))
	if err != nil && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENOTEMPTY) { // those say it is there
		return fmt.Errorf("keep layer %s: %w", diff.Short(), err)
	}
	return keep(diff, size)
}

// unpack puts the archive into the folder that dir is open on.
func unpack(dir int, r io.Reader) (digest.Digest, int64, error) {
	source := archive.NewAhead(context.Background(), r)
	defer source.Close()
	plain, err := archive.NewReader(source)
	if err != nil {
		return "", 0, err
	}
	hash := digest.New()
	tar := archive.NewAhead(context.Background(), io.TeeReader(plain, hash))
	defer tar.Close()
	stats, err := layer.Unpack(dir, tar, layer.Options{Rootless: os.Geteuid() != 0})
	if err != nil {
		return "", 0, err
	}
	plain.Close()
	return digest.From(hash), stats.Size, nil
}

// claim makes a folder for an import and locks it for as long as the descriptor
// is open, so that collect can tell it from one whose import was killed.
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

// collect removes what killed imports left behind. It is not worth an error.
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
	return replace(base, func(tmp string) error {
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
}
