package engine

import (
	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// mark is an empty file in a container's folder that stays, by which one command tells others,
// and the monitor, what the user wants of it. [folder.Mark] is one that comes and goes.
type mark string

// stopped: the user has stopped it, so no restart policy starts it again.
const stopped mark = "stopped"

func (c *container) mark(m mark) error { return touch(c.Path(string(m))) }

func (c *container) unmark(m mark) { _ = unix.Unlink(c.Path(string(m))) }

func (c *container) marked(m mark) bool { return unix.Access(c.Path(string(m)), unix.F_OK) == nil }

// pausedMark says that the container is paused.
func (c *container) pausedMark() error { return c.Mark(folder.Paused, touch) }

func touch(path string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}
