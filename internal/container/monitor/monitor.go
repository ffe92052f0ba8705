// Package monitor is the process that looks after one container: parent of its
// init, owner of its output, keeper of its exit code. See package wire for what
// it says to the command that started it, and package folder for what it keeps.
//
// A monitor holds the lock of the container's folder from its first message to
// its end. Whoever gets that lock knows that nobody looks after the container.
package monitor

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/linux/selfexe"

	"golang.org/x/sys/unix"
)

// monitor is one container's.
type monitor struct {
	conn     wire.Conn
	attached bool
	job      *wire.Job
	store    *folder.Store
	folder   folder.Folder
	record   *folder.Record
	state    *folder.State
	lock     folder.Lock

	pidfd  int
	wake   int // eventfd: nobody is attached any more
	sinks  [2]*sink
	output *output
	group  *group
	stdin  int    // the terminal's master end, from a command whose monitor was killed, or -1
	kept   [2]int // the container's output, from the same, or -1
}

// Main is the hidden verb "monitor". The command's end of the socket is descriptor wire.FD.
func Main() int {
	if err := selfexe.Seal(); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
		return 1
	}
	// What this process ends by must not be its container's fate, and Ctrl-C is for the command.
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	unix.CloseOnExec(wire.FD)
	m := &monitor{conn: wire.Conn{FD: wire.FD}, attached: true, pidfd: -1, wake: -1, stdin: -1}
	if err := m.accept(); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
		return 1
	}
	if m.job.Adopt {
		return m.adopt()
	}
	if err := m.start(); err != nil {
		return m.failed(err)
	}
	m.watch()
	return m.finish()
}

// accept reads the job and takes the descriptors that came with it.
func (m *monitor) accept() error {
	msg, err := m.conn.Receive()
	if err != nil || msg.Kind != wire.KindJob {
		return wire.ErrJob
	}
	if m.job, err = wire.DecodeJob(msg.Body); err != nil {
		return err
	}
	fds := msg.FDs
	next := func() int {
		if len(fds) == 0 {
			return -1
		}
		fd := fds[0]
		fds = fds[1:]
		return fd
	}
	m.lock.FD = next()
	if m.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	for i, on := range [...]bool{m.job.Stdout, m.job.Stderr} {
		if on {
			m.sinks[i] = newSink(next(), m.wake)
		}
	}
	if m.job.Pidfd {
		m.pidfd = next()
	}
	if m.job.Terminal {
		m.stdin = next()
	}
	m.kept = [2]int{-1, -1}
	if m.job.Pipes {
		m.kept = [2]int{next(), next()}
	}
	m.store = &folder.Store{Root: m.job.Root}
	m.folder = m.store.Folder(m.job.ID)
	return m.load()
}

func (m *monitor) load() (err error) {
	if m.record, err = m.folder.ReadRecord(); err != nil {
		return fmt.Errorf("container %s: %w", m.job.ID, err)
	}
	m.state, err = m.folder.ReadState()
	return err
}

// watch waits for the container's end and passes signals on meanwhile.
func (m *monitor) watch() {
	patience := settleAfter
	for {
		p := [2]unix.PollFd{{Fd: int32(m.pidfd), Events: unix.POLLIN}, {Fd: int32(m.conn.FD), Events: unix.POLLIN}}
		n := 2
		if !m.attached {
			n = 1
		}
		ready, err := unix.Poll(p[:n], patience)
		if err != nil && err != unix.EINTR {
			return
		}
		if ready == 0 && err == nil {
			settle()
			patience = -1
		}
		if m.attached && p[1].Revents != 0 {
			m.hear()
		}
		if p[0].Revents != 0 {
			return
		}
	}
}

// settleAfter is when, in milliseconds, a container counts as one that stays.
const settleAfter = 1000

// settle gives the memory of the start back and keeps the heap small from now on:
// a monitor lives as long as its container.
func settle() {
	debug.SetGCPercent(25)
	debug.FreeOSMemory()
}

// hear acts on one message of the command, or on its end.
func (m *monitor) hear() {
	msg, err := m.conn.Receive()
	if err != nil {
		m.detach()
		return
	}
	if msg.Kind == wire.KindSignal && len(msg.Body) == 1 {
		unix.PidfdSendSignal(m.pidfd, unix.Signal(msg.Body[0]), nil, 0)
	}
}

// detach lets the container go on with nobody listening.
func (m *monitor) detach() {
	if !m.attached {
		return
	}
	m.attached = false
	m.conn.Close()
	unix.Write(m.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// say tells the command, if there still is one.
func (m *monitor) say(kind wire.Kind, body []byte, fds ...int) {
	if m.attached && m.conn.Send(kind, body, fds...) != nil {
		m.detach()
	}
}

// finish records the exit before anything else, then cleans up.
func (m *monitor) finish() int {
	code := m.exitCode()
	m.state.Status, m.state.ExitCode, m.state.Finished = folder.Exited, code, time.Now().UTC()
	err := m.folder.WriteState(m.state, !m.record.Host.AutoRemove)
	if m.record.Host.AutoRemove && err == nil {
		m.say(wire.KindExited, []byte{byte(code)})
	}
	m.reap()
	<-m.output.done
	if m.output.logErr != nil {
		m.note("log: " + m.output.logErr.Error())
	}
	if !m.record.Host.AutoRemove {
		m.say(wire.KindExited, []byte{byte(code)})
	}
	return m.leave()
}

// leave removes what the container no longer needs. It ends the monitor.
func (m *monitor) leave() int {
	err := m.group.remove()
	if m.record.Host.AutoRemove {
		if rm := m.store.Remove(m.folder, m.record.Name); err == nil {
			err = rm
		}
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	m.say(wire.KindGone, []byte(text))
	return 0
}

// note keeps a trouble that did not stop the container in its state.
func (m *monitor) note(text string) {
	m.state.Error = text
	if err := m.folder.WriteState(m.state, false); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
	}
}
