package cgroup

import (
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// States of freezer.state (v1).
const (
	thawed   = "THAWED"
	frozen   = "FROZEN"
	freezing = "FREEZING"
)

// freezePatience bounds the wait for processes in uninterruptible sleep.
const freezePatience = 10 * time.Second

var errNoFreezer = errors.New("the container's cgroup can't be frozen: there is no freezer controller and no cgroup.freeze")

// Freeze stops every process of the group and returns when all have stopped.
// Where that fails the group is thawed again.
func (g *Group) Freeze() error {
	if dir := g.Path(Freezer); dir != "" {
		return freezeV1(dir)
	}
	dir := g.unified()
	if dir == "" {
		return errNoFreezer
	}
	if err := write(dir+"/cgroup.freeze", "1"); err != nil {
		return err
	}
	if err := awaitEvent(dir, "frozen 1", freezePatience); err != nil {
		write(dir+"/cgroup.freeze", "0")
		return err
	}
	return nil
}

// Thaw lets the processes run again.
func (g *Group) Thaw() error {
	if dir := g.Path(Freezer); dir != "" {
		return write(dir+"/freezer.state", thawed)
	}
	dir := g.unified()
	if dir == "" {
		return errNoFreezer
	}
	return write(dir+"/cgroup.freeze", "0")
}

// Frozen tells whether the group itself was frozen (not a group above it).
func (g *Group) Frozen() (bool, error) {
	file := "/freezer.self_freezing"
	dir := g.Path(Freezer)
	if dir == "" {
		if dir, file = g.unified(), "/cgroup.freeze"; dir == "" {
			return false, nil
		}
	}
	s, err := readShort(unix.AT_FDCWD, dir+file)
	if gone(err) {
		return false, nil
	}
	return s == "1", err
}

// freezeV1 writes FROZEN until the kernel says FROZEN: a task that is forked or
// attached meanwhile leaves the state at FREEZING, and only another write
// (sometimes only after a thaw) picks it up.
func freezeV1(dir string) (err error) {
	file := dir + "/freezer.state"
	defer func() {
		if err != nil {
			write(file, thawed) // a half-frozen group blocks its own tear-down
		}
	}()
	end := time.Now().Add(freezePatience)
	for round := 1; ; round++ {
		if err := write(file, frozen); err != nil {
			return err
		}
		state, err := readShort(unix.AT_FDCWD, file)
		switch {
		case err != nil:
			return err
		case state == frozen:
			return nil
		case state != freezing:
			return errors.New(file + " holds the unknown state " + quote(state))
		case time.Now().After(end):
			return &os.PathError{Op: "freeze", Path: dir, Err: errors.New("a process does not stop within 10 s (thawed again)")}
		}
		pauseFreezing(file, round)
	}
}

func pauseFreezing(file string, round int) {
	switch {
	case round%50 == 0:
		write(file, thawed)
		time.Sleep(10 * time.Millisecond)
	case round > 10:
		time.Sleep(100 * time.Microsecond)
	}
}

// awaitEvent waits until a line of cgroup.events is there; the kernel says by
// POLLPRI when the file changes (cgroups(7)).
func awaitEvent(dir, line string, patience time.Duration) error {
	file := dir + "/cgroup.events"
	fd, err := openFile(unix.AT_FDCWD, file, unix.O_RDONLY)
	if err != nil {
		return &os.PathError{Op: "open", Path: file, Err: err}
	}
	defer unix.Close(fd)
	end := time.Now().Add(patience)
	var buf [256]byte
	for {
		n, err := unix.Pread(fd, buf[:], 0)
		if err != nil && err != unix.EINTR {
			return &os.PathError{Op: "read", Path: file, Err: err}
		}
		if strings.Contains(string(buf[:max(n, 0)]), line) {
			return nil
		}
		left := time.Until(end)
		if left <= 0 {
			return &os.PathError{Op: "wait for " + quote(line), Path: file, Err: os.ErrDeadlineExceeded}
		}
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
		if _, err := unix.Poll(p, int(min(left, time.Second).Milliseconds())+1); err != nil && err != unix.EINTR {
			return &os.PathError{Op: "poll", Path: file, Err: err}
		}
	}
}
