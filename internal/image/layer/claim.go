package layer

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Claim makes a folder for a command and locks it for as long as the descriptor
// is open, so that Sweep can tell it from one whose command was killed.
func Claim(dir string) (string, int, error) {
	for {
		tmp, err := os.MkdirTemp(dir, ".new-")
		if err != nil {
			return "", -1, err
		}
		fd, err := unix.Open(tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err == unix.ENOENT {
			continue // swept before it was locked
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

// Sweep removes the folders of killed commands. It is not worth an error.
func Sweep(dir string) {
	left, _ := filepath.Glob(dir + "/.new-*")
	for _, tmp := range left {
		fd, err := unix.Open(tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = Remove(tmp)
		}
		unix.Close(fd)
	}
}
