// Package monitor is the process that looks after one container: parent of its
// init, owner of its output, keeper of its exit code. See package wire for what
// it says to the command that started it, and package folder for what it keeps.
//
// A monitor holds the lock of the container's folder from its first message to
// its end. Whoever gets that lock knows that nobody looks after the container.
package monitor

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"time"

	"bantam/internal/container/connect"
	"bantam/internal/container/folder"
	"bantam/internal/container/logging"
	"bantam/internal/container/monitor/wire"
	"bantam/internal/container/names"
	"bantam/internal/container/volumes"
	"bantam/internal/linux/cgroup"
	"bantam/internal/linux/selfexe"

	"golang.org/x/sys/unix"
)

// monitor is one container's.
type monitor struct {
	job     *wire.Job
	clients []*client
	door    wire.Conn // the near end: see package wire
	store   *folder.Store
	folder  folder.Folder
	record  *folder.Record
	state   *folder.State
	lock    folder.Lock

	pidfd   int
	program int // wire.ProgramFD until it is closed, or -1
	log     logging.Log
	output  *output
	group   *group
	input   int            // of the container: a pipe's write end, or the terminal's master end; or -1
	stdin   int            // the terminal's master end, from a command whose monitor was killed, or -1
	execs   sync.WaitGroup // further processes in the container
	health  *health        // nil without a health check
	oom     *cgroup.OOM    // nil without a watch: see watchMemory
	names   *names.Resolver
	ran     bool      // it ran before this monitor started it
	begun   time.Time // of this life, by the monotonic clock: state.Started is the wall's, which may jump
	stirred time.Time // since when there is something to be given back: see settle; zero is at rest
	visited time.Time // when the last command came
	kept    [2]int    // the container's output, from the same, or -1
	early   []byte    // signals that came before the container ran
	net     *connect.Container
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
	m := &monitor{pidfd: -1, stdin: -1, input: -1, program: -1, door: wire.Conn{FD: -1}}
	if _, err := unix.FcntlInt(wire.ProgramFD, unix.F_SETFD, unix.FD_CLOEXEC); err == nil {
		m.program = wire.ProgramFD
	}
	if err := m.accept(wire.Conn{FD: wire.FD}); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
		return 1
	}
	if m.job.Adopt {
		return m.adopt()
	}
	return m.live()
}

// accept reads the job and takes the descriptors that came with it.
func (m *monitor) accept(conn wire.Conn) error {
	msg, err := m.word(conn)
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
	first, err := newClient(conn, m.job.Stdout, m.job.Stderr, next)
	if err != nil {
		return err
	}
	m.clients = []*client{first}
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
	for range m.job.Waiting {
		m.admit(conn)
	}
	m.store = &folder.Store{Root: m.job.Root}
	m.folder = m.store.Folder(m.job.ID)
	return m.load()
}

// word is what a command says next; the signals that it sends meanwhile are for the container, which does not run yet.
func (m *monitor) word(conn wire.Conn) (wire.Message, error) {
	for {
		msg, err := conn.Receive()
		if err != nil || msg.Kind != wire.KindSignal || len(msg.Body) != 1 {
			return msg, err
		}
		m.early = append(m.early, msg.Body[0])
	}
}

// signal sends the container's init what a command has passed on.
func (m *monitor) signal(numbers ...byte) {
	for _, n := range numbers {
		unix.PidfdSendSignal(m.pidfd, unix.Signal(n), nil, 0)
	}
}

func (m *monitor) load() (err error) {
	if m.record, err = m.folder.ReadRecord(); err != nil {
		return fmt.Errorf("container %s: %w", m.job.ID, err)
	}
	m.state, err = m.folder.ReadState()
	return err
}

// watch waits for the container's end, listens to commands and checks its health meanwhile.
func (m *monitor) watch() {
	m.health = m.newHealth()
	if m.mayRunOut() {
		m.watchMemory()
	}
	m.stir()
	for !m.listen(m.pidfd, m.patience()) {
		m.health.tick(m)
		m.settle()
	}
}

// finish records the exit before anything else, and tells the commands that listen.
func (m *monitor) finish(status folder.Status) {
	code := exitCode(m.pidfd)
	m.state.Status, m.state.ExitCode, m.state.Finished = status, code, time.Now().UTC()
	m.memoryEnd(code == 128+int(unix.SIGKILL))
	err := m.folder.WriteState(m.state, !m.record.Host.AutoRemove)
	m.eventDied()
	if m.record.Host.AutoRemove && err == nil {
		m.say(wire.KindExited, []byte{byte(code)})
	}
	reap(m.pidfd)
	m.output.finish()
	m.closeInput()
	if m.output.logErr != nil {
		m.note("log: " + m.output.logErr.Error())
	}
	if !m.record.Host.AutoRemove {
		m.say(wire.KindExited, []byte{byte(code)})
	}
}

// clear removes what a container that has ended no longer needs.
func (m *monitor) clear() error {
	m.execs.Wait() // they ended with init
	m.health.close()
	m.closeNames()
	unix.Close(m.pidfd)
	m.pidfd = -1
	m.foreign().delete()
	m.disconnect()
	return m.group.remove()
}

// leave ends the monitor: it removes what is left, and with --rm the container.
func (m *monitor) leave() int {
	err := m.clear()
	later := false
	if m.record.Host.AutoRemove && !(m.job.Tied && len(m.clients) > 0) && !m.folder.Kept() {
		err = cmp.Or(err, volumes.RemoveAnonymous(m.store, m.record))
		m.store.Forget(m.folder, m.record.Name)
		// Nobody needs to wait until a few empty folders are gone. Of a layer it may be the space that the next one waits for, and
		// what a plugin could not take back the next command does, when this container is gone.
		if later = m.folder.Unwritten() && m.state.Error == ""; !later {
			err = cmp.Or(err, m.folder.Clear())
		}
		m.event("destroy")
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	m.say(wire.KindGone, []byte(text))
	if later {
		if err := m.folder.Clear(); err != nil {
			fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
		}
	}
	return 0
}

// discard removes the container of --rm and its anonymous volumes.
func (m *monitor) discard() error {
	err := volumes.RemoveAnonymous(m.store, m.record)
	return cmp.Or(err, m.store.Remove(m.folder, m.record.Name))
}

// note keeps a trouble that did not stop the container in its state.
func (m *monitor) note(text string) {
	m.state.Error = text
	if err := m.folder.WriteState(m.state, false); err != nil {
		fmt.Fprintln(os.Stderr, "bantam-oci monitor:", err)
	}
}
