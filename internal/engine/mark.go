package engine

import "golang.org/x/sys/unix"

// mark is an empty file in a container's folder by which one command tells others,
// and the monitor, what the user wants of it.
type mark string

const (
	// stopped: the user has stopped it, so no restart policy starts it again.
	stopped mark = "stopped"
	// paused: its processes are frozen.
	paused mark = "paused"
)

func (c *container) mark(m mark) error {
	fd, err := unix.Open(c.Path(string(m)), unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func (c *container) unmark(m mark) { _ = unix.Unlink(c.Path(string(m))) }

func (c *container) marked(m mark) bool { return unix.Access(c.Path(string(m)), unix.F_OK) == nil }
