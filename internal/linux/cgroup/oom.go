package cgroup

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// OOMKilled counts the processes of the group that the kernel killed for want of memory.
func (g *Group) OOMKilled() (uint64, error) {
	file := "memory.oom_control"
	dir := g.Path(Memory)
	if g.state.Mode == V2 {
		dir, file = g.unified(), "memory.events"
	}
	if dir == "" {
		return 0, nil
	}
	c := &counters{dir: dir}
	n := c.key(file, "oom_kill")
	return n, c.err
}

// OOM watches a group for lack of memory. Wait and Stop may be called from
// different goroutines.
type OOM struct {
	group    *Group
	event    int // eventfd (v1) or inotify (v2)
	stop     int // eventfd that Close writes to
	control  int // v1: memory.oom_control stays open as long as the watch
	presence string
	killed   uint64
	woken    bool // v2: something has happened since the watch began
}

// ErrGone is returned by [OOM.Wait] when the group was removed, has no process
// any more (v2), or the watch was stopped.
var ErrGone = errors.New("the cgroup is gone")

// OOM starts a watch.
func (g *Group) OOM() (*OOM, error) {
	w := &OOM{group: g, event: -1, stop: -1, control: -1}
	err := w.start()
	if err != nil {
		w.release()
		return nil, err
	}
	return w, nil
}

func (w *OOM) start() (err error) {
	if w.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if w.group.state.Mode == V2 {
		return w.startV2(w.group.unified())
	}
	return w.startV1(w.group.Path(Memory))
}

// startV1 registers an eventfd in cgroup.event_control (cgroup-v1/memory.rst, "OOM Control").
func (w *OOM) startV1(dir string) (err error) {
	if dir == "" {
		return errors.New("watch for out of memory: the memory controller is not available")
	}
	w.presence = dir + "/cgroup.event_control"
	if w.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if w.control, err = openFile(unix.AT_FDCWD, dir+"/memory.oom_control", unix.O_RDONLY); err != nil {
		return &os.PathError{Op: "open", Path: dir + "/memory.oom_control", Err: err}
	}
	return write(w.presence, strconv.Itoa(w.event)+" "+strconv.Itoa(w.control))
}

// startV2 watches memory.events, and cgroup.events for the end (cgroup-v2.rst).
func (w *OOM) startV2(dir string) (err error) {
	w.presence = dir + "/memory.events"
	if dir == "" || !exists(w.presence) {
		return errors.New("watch for out of memory: the memory controller is not available")
	}
	if w.killed, err = w.group.OOMKilled(); err != nil {
		return err
	}
	if w.event, err = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK); err != nil {
		return os.NewSyscallError("inotify_init1", err)
	}
	for _, file := range [...]string{w.presence, dir + "/cgroup.events"} {
		if _, err := unix.InotifyAddWatch(w.event, file, unix.IN_MODIFY); err != nil {
			return &os.PathError{Op: "watch", Path: file, Err: err}
		}
	}
	return nil
}

// Wait returns nil each time that memory ran out in the group, ErrGone at its end.
//
// One reading of inotify(7) may take the news of a kill and of the end together, so on v2 it
// looks at the files before it waits, too. A group that nothing has happened in yet may still be empty.
func (w *OOM) Wait() error {
	for {
		if w.woken {
			if happened, err := w.look(); happened || err != nil {
				return err
			}
		}
		p := []unix.PollFd{{Fd: int32(w.event), Events: unix.POLLIN}, {Fd: int32(w.stop), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return os.NewSyscallError("poll", err)
		}
		if p[1].Revents != 0 {
			return ErrGone
		}
		if happened, err := w.drain(); happened || err != nil {
			return err
		}
	}
}

// drain takes a wake-up.
func (w *OOM) drain() (happened bool, err error) {
	var buf [4096]byte
	if _, err := readRetry(w.event, buf[:]); err == unix.EAGAIN {
		return false, nil
	} else if err != nil {
		return false, os.NewSyscallError("read", err)
	}
	if w.group.state.Mode == V2 {
		w.woken = true
		return false, nil
	}
	return w.look()
}

// FD becomes readable when [OOM.News] has something to tell, for who waits for other things, too; -1 without a watch.
func (w *OOM) FD() int {
	if w == nil {
		return -1
	}
	return w.event
}

// News says whether memory ran out since the last call, and ErrGone at the group's end. It doesn't wait.
func (w *OOM) News() (bool, error) {
	happened, err := w.drain()
	if err == nil && w.woken {
		happened, err = w.look()
	}
	return happened, err
}

// look tells what a wake-up was about.
func (w *OOM) look() (happened bool, err error) {
	if !exists(w.presence) {
		return false, ErrGone // v1 wakes every watch when the group is removed
	}
	if w.group.state.Mode != V2 {
		return true, nil
	}
	n, err := w.group.OOMKilled()
	if err != nil || n > w.killed {
		w.killed = n
		return err == nil, err
	}
	c := &counters{dir: w.group.unified()}
	if c.key("cgroup.events", "populated") == 0 {
		return false, ErrGone
	}
	return false, c.err
}

// Stop makes Wait return.
func (w *OOM) Stop() {
	unix.Write(w.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// Close frees the watch; nobody may be in Wait then.
func (w *OOM) Close() { w.release() }

func (w *OOM) release() {
	for _, fd := range []int{w.event, w.control, w.stop} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
