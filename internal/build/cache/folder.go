package cache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Sharing says who may have a cache folder at the same time.
type Sharing int

// The values of sharing= (reference, "RUN --mount=type=cache").
const (
	Shared  Sharing = iota // anybody
	Private                // one; the next one gets a folder of its own
	Locked                 // one; the next one waits
)

// Folder gives a folder by its name, until free is called. fresh: it is new and empty, and
// counts as made when Ready was called for it.
//
//	ROOT/build/mounts/HEX[.N]         a folder; N where several are private at once
//	ROOT/build/mounts/HEX[.N].lock    its lock
func (c *Cache) Folder(id string, how Sharing) (dir string, fresh bool, free func(), err error) {
	if err := os.MkdirAll(c.Dir("mounts"), 0o711); err != nil {
		return "", false, nil, fmt.Errorf("cache folder %s: %w", id, err)
	}
	hex := c.Dir("mounts/") + digest.FromBytes([]byte(id)).Hex()
	for n := 0; ; n++ {
		dir = hex
		if n > 0 {
			dir += "." + strconv.Itoa(n)
		}
		free, err := lockFolder(dir, how)
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return "", false, nil, fmt.Errorf("cache folder %s: %w", id, err)
		}
		err = os.Mkdir(dir, 0o755)
		if err != nil && !errors.Is(err, os.ErrExist) {
			free()
			return "", false, nil, fmt.Errorf("cache folder %s: %w", id, err)
		}
		_, ready := os.Lstat(dir + ".ready")
		return dir, ready != nil, free, nil
	}
}

func lockFolder(dir string, how Sharing) (func(), error) {
	fd, err := unix.Open(dir+".lock", unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	flag := [...]int{Shared: unix.LOCK_SH, Private: unix.LOCK_EX | unix.LOCK_NB, Locked: unix.LOCK_EX}[how]
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, flag)
	}
	var own, there unix.Stat_t
	if err == nil && (unix.Fstat(fd, &own) != nil || unix.Lstat(dir+".lock", &there) != nil || own.Ino != there.Ino) {
		unix.Close(fd)
		return lockFolder(dir, how) // it was removed while this waited
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	now := time.Now()
	_ = os.Chtimes(dir+".lock", now, now) // the last use
	return func() { unix.Close(fd) }, nil
}

// Ready says that a fresh folder has its owner and content.
func (c *Cache) Ready(dir string) error {
	return os.WriteFile(dir+".ready", nil, 0o600)
}

// Kept is a folder that builds keep.
type Kept struct {
	Dir  string
	Used time.Time
}

// Folders lists the folders.
func (c *Cache) Folders() ([]Kept, error) {
	names, err := filepath.Glob(c.Dir("mounts") + "/*.lock")
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, n := range names {
		dir := strings.TrimSuffix(n, ".lock")
		if info, err := os.Lstat(n); err == nil && len(filepath.Base(dir)) >= 64 {
			list = append(list, Kept{dir, info.ModTime()})
		}
	}
	return list, nil
}

// Remove removes the folder, or returns EWOULDBLOCK while a build has it.
func (k Kept) Remove() error {
	free, err := lockFolder(k.Dir, Private)
	if err != nil {
		return err
	}
	defer free()
	if err := os.RemoveAll(k.Dir); err != nil {
		return err
	}
	_ = os.Remove(k.Dir + ".ready")
	return os.Remove(k.Dir + ".lock")
}
