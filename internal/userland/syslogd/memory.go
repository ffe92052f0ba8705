package syslogd

import (
	"bytes"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// Logread is logread.
var Logread = applet.Applet{
	Names: "logread",
	Usage: "[-fF]",
	About: "Show messages in syslogd's circular buffer.",
	Options: `
-f	output data as log grows
-F	same as -f, but dump buffer first
`,
	AtMost: applet.None,
	Dir:    "/sbin",
	Run:    logread,
}

// key is that of the shared memory and of its semaphores: BusyBox's, whose logread
// reads our buffer as ours reads that of its syslogd.
const key = 0x414e4547

// memory is the shared buffer: the size of the data less one, the position behind
// the last message, and messages that end with a zero byte each.
type memory struct {
	id, semaphores int
	all            []byte
}

const (
	header  = 8
	semUndo = 0x1000
)

// operation is struct sembuf.
type operation struct {
	number  uint16
	change  int16
	options int16
}

// failure is what failed with its reason.
type failure struct {
	what string
	err  error
}

func (f failure) Error() string { return f.what + ": " + applet.Reason(f.err) }

// create makes the buffer, or takes the one that is there.
func create(size int) (*memory, error) {
	const write = 0o644
	id, err := unix.SysvShmGet(key, size, unix.IPC_CREAT|write)
	if err != nil {
		return nil, failure{"shmget", err}
	}
	all, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil, failure{"shmat", err}
	}
	m := &memory{id: id, all: all[:size]}
	clear(m.all)
	*m.word(0) = int32(size - header - 1)
	const everybody = 0o1777
	sem, _, errno := syscall.RawSyscall(unix.SYS_SEMGET, key, 2, unix.IPC_CREAT|unix.IPC_EXCL|everybody)
	if errno == syscall.EEXIST {
		sem, _, errno = syscall.RawSyscall(unix.SYS_SEMGET, key, 2, 0)
	}
	if errno != 0 {
		return nil, failure{"semget", errno}
	}
	m.semaphores = int(sem)
	return m, nil
}

func (m *memory) word(i int) *int32 { return (*int32)(unsafe.Pointer(&m.all[4*i])) }

func (m *memory) operate(ops ...operation) error {
	for {
		_, _, errno := syscall.Syscall(unix.SYS_SEMOP, uintptr(m.semaphores), uintptr(unsafe.Pointer(&ops[0])), uintptr(len(ops)))
		if errno == 0 {
			return nil
		}
		if errno != syscall.EINTR {
			return errno
		}
	}
}

// put adds a message. Semaphore 0 counts readers, 1 the writer.
func (m *memory) put(text string) {
	if m.operate(operation{0, 0, 0}, operation{1, 0, 0}, operation{1, 1, 0}) != nil {
		return
	}
	size, tail := int(*m.word(0)), int(*m.word(1))
	p := append([]byte(text), 0)
	for len(p) > 0 {
		n := copy(m.all[header+tail:header+size], p)
		p = p[n:]
		if tail += n; tail >= size {
			tail = 0
		}
	}
	atomic.StoreInt32(m.word(1), int32(tail))
	m.operate(operation{1, -1, unix.IPC_NOWAIT})
}

func (m *memory) remove() {
	unix.SysvShmDetach(m.all[:cap(m.all)])
	unix.SysvShmCtl(m.id, unix.IPC_RMID, nil)
	syscall.RawSyscall(unix.SYS_SEMCTL, uintptr(m.semaphores), 0, unix.IPC_RMID)
}

// attach finds the buffer of a running syslogd.
func attach() (*memory, error) {
	id, err := unix.SysvShmGet(key, 0, 0)
	if err != nil {
		return nil, failure{"can't find syslogd buffer", err}
	}
	all, err := unix.SysvShmAttach(id, 0, unix.SHM_RDONLY)
	if err != nil {
		return nil, failure{"can't access syslogd buffer", err}
	}
	m := &memory{id: id, all: all}
	sem, _, errno := syscall.RawSyscall(unix.SYS_SEMGET, key, 0, 0)
	if errno != 0 {
		return nil, failure{"can't get access to semaphores for syslogd buffer", errno}
	}
	m.semaphores = int(sem)
	if size := int(*m.word(0)); size <= 0 || size > len(all)-header {
		return nil, failure{"can't access syslogd buffer", syscall.EINVAL}
	}
	return m, nil
}

func logread(c *applet.Call) int {
	m, err := attach()
	if err != nil {
		return c.Complain(err.Error())
	}
	position := -1
	if c.Last("f", "F") == "f" {
		position = int(*m.word(1))
	}
	for {
		next, text, err := m.since(position)
		if err != nil {
			return c.Warn("semop[SMrdn]", err)
		}
		position = next
		c.Out.Write(bytes.ReplaceAll(text, []byte{0}, nil))
		if !c.Has("f") && !c.Has("F") {
			return 0
		}
		c.Out.Flush()
		if c.Out.Err() != nil {
			return 1
		}
		if len(text) == 0 {
			time.Sleep(time.Second)
		}
	}
}

// since copies what was added after the position, everything for -1, and returns the next position.
func (m *memory) since(position int) (next int, text []byte, err error) {
	if err := m.operate(operation{1, 0, 0}, operation{0, 1, semUndo}); err != nil {
		return 0, nil, err
	}
	size, tail := int(*m.word(0)), int(*m.word(1))
	data := m.all[header : header+size]
	tail = min(max(tail, 0), size)
	if position < 0 {
		position = oldest(data, tail)
	}
	if position <= tail {
		text = append(text, data[position:tail]...)
	} else {
		text = append(append(text, data[position:]...), data[:tail]...)
	}
	return tail, text, m.operate(operation{0, -1, unix.IPC_NOWAIT | semUndo})
}

// oldest is where the oldest whole message begins: behind the first zero byte after the last message.
func oldest(data []byte, tail int) int {
	i := bytes.IndexByte(data[tail:], 0)
	if i < 0 {
		if i = bytes.IndexByte(data[:tail], 0); i < 0 {
			return tail
		}
		return i + 1
	}
	return (tail + i + 1) % len(data)
}
