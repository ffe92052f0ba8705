package monitor

import (
	"strconv"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// adopt takes a container over whose monitor was killed. Its init is no child of
// this process: the pidfd tells of its end, and its exit code where the kernel keeps
// it (see strangerExit). The output goes on where it stopped: the container still
// holds its pipes, which are opened anew through /proc.
func (m *monitor) adopt() int {
	m.group, m.begun = loadGroup(m.job.ID, m.state.Cgroup), m.state.Started
	if m.pidfd < 0 {
		m.pidfd = m.openInit()
	}
	logErr := m.openLog()
	if logErr != nil {
		m.log = logging.None
	}
	m.output = newOutput(m.reopen(), m.log)
	m.output.logErr = logErr
	for _, c := range m.clients {
		m.output.connect(c.sinks)
	}
	m.output.begin()
	if m.pidfd < 0 {
		return m.finishUnseen()
	}
	m.reconnect()
	if err := m.nameFiles(m.state.Pid); err != nil {
		m.note("take over: " + err.Error())
	}
	m.reopenDoor()
	m.say(wire.KindStarted, nil)
	m.watch()
	return m.afterLife()
}

// reopenDoor lets later commands in again. Without it the container runs on, only
// nobody can attach.
func (m *monitor) reopenDoor() {
	if m.stdin >= 0 {
		// The output closes its own copy.
		m.input, _ = unix.FcntlInt(uintptr(m.stdin), unix.F_DUPFD_CLOEXEC, 0)
	}
	err := m.openDoor()
	if err == nil {
		err = m.folder.WriteState(m.state, false)
	}
	if err != nil {
		m.note("take over: " + err.Error())
	}
}

// openInit opens the process that the state names, if it is still that one.
func (m *monitor) openInit() int {
	fd, err := unix.PidfdOpen(m.state.Pid, 0)
	if err != nil {
		return -1
	}
	if !m.state.Alive() {
		unix.Close(fd)
		return -1
	}
	return fd
}

// reopen finds the container's output again.
func (m *monitor) reopen() []*stream {
	var list []*stream
	if m.job.Terminal && m.record.Config.Tty {
		return []*stream{{name: "stdout", from: m.stdin}}
	}
	for i, name := range [...]string{"stdout", "stderr"} {
		if m.job.Pipes {
			list = append(list, &stream{name: name, from: m.kept[i]})
			continue
		}
		fd, err := unix.Open("/proc/"+strconv.Itoa(m.state.Pid)+"/fd/"+strconv.Itoa(i+1), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if m.state.Pipes[i] == 0 || inode(fd) != m.state.Pipes[i] {
			unix.Close(fd) // the container has put something else in its place
			continue
		}
		list = append(list, &stream{name: name, from: fd})
	}
	return list
}

// finishUnseen records an end that nobody saw.
func (m *monitor) finishUnseen() int {
	m.state.Status, m.state.ExitCode, m.state.Finished = folder.Exited, unknownExit, time.Now().UTC()
	m.state.Error = "its monitor was killed before it saw the exit: the exit code is lost"
	if err := m.folder.WriteState(m.state, true); err != nil {
		m.say(wire.KindGone, []byte(err.Error()))
		return 1
	}
	m.eventDied()
	m.output.finish()
	m.say(wire.KindExited, []byte{unknownExit})
	return m.leave()
}
