package ptrace

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

const eventStop = 128 // PTRACE_EVENT_STOP

// stopped answers the stop of a thread: the ptrace(2) manual's "Stopped states".
func (s *session) stopped(st stop) {
	t := s.threads[st.tid]
	if t == nil {
		return
	}
	if !st.status.Stopped() {
		delete(s.threads, st.tid)
		if t.begun != nil && t.begun.Kind == trace.Exec { // it may live on as the first of its process: see replaced
			s.vanished[st.tid] = t
		}
		return
	}
	sig, event := st.status.StopSignal(), int(st.status)>>16
	deliver := uintptr(0)
	switch {
	case sig == unix.SIGTRAP|0x80:
		s.call(st.tid, t)
	case event == unix.PTRACE_EVENT_FORK || event == unix.PTRACE_EVENT_VFORK || event == unix.PTRACE_EVENT_CLONE:
		s.follow(message(st.tid))
	case event == unix.PTRACE_EVENT_EXEC:
		s.replaced(message(st.tid), st.tid)
	case event == eventStop && sig != unix.SIGTRAP && !s.ending: // stopped as by SIGSTOP: so it stays
		_ = request(unix.PTRACE_LISTEN, st.tid, 0, 0)
		return
	case event == 0 && !(sig == unix.SIGSTOP && t.pid == 1 && fromInside(st.tid)):
		deliver = uintptr(sig)
	}
	if s.ending {
		if request(unix.PTRACE_DETACH, st.tid, 0, deliver) == nil {
			delete(s.threads, st.tid)
		}
		return
	}
	_ = request(unix.PTRACE_SYSCALL, st.tid, 0, deliver)
}

// fromInside says that a signal comes from the same pid namespace: process 1 of one can't be stopped by its own, but
// the kernel asks a tracer before it knows.
func fromInside(tid int) bool {
	var b [128]byte // siginfo_t: si_pid at 16, 0 for a process of another namespace
	err := request(unix.PTRACE_GETSIGINFO, tid, 0, uintptr(unsafe.Pointer(&b)))
	return err == nil && binary.NativeEndian.Uint32(b[16:]) != 0
}

// replaced: the program of a process was replaced by a thread that now has the process's number. Nobody says whether
// the thread's old number is seen to be gone before or after that.
func (s *session) replaced(former, tid int) {
	t := s.threads[former]
	if t == nil {
		t = s.vanished[former]
	}
	if former == tid || t == nil {
		return
	}
	s.threads[tid] = t
	delete(s.threads, former)
	delete(s.vanished, former)
}

// info is struct ptrace_syscall_info.
type info struct {
	op      uint8
	_       [3]uint8
	arch    uint32
	ip, sp  uint64
	numbers [8]uint64 // entry: the call and six arguments; exit: the result
}

const (
	getSyscallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
	entry, exit    = 1, 2
)

// call notes the entry of a system call and tells of one that is an event at its exit.
func (s *session) call(tid int, t *thread) {
	var i info
	if request(getSyscallInfo, tid, unsafe.Sizeof(i), uintptr(unsafe.Pointer(&i))) != nil {
		return
	}
	switch {
	case i.op == entry:
		t.begun = nil
		if i.arch != nativeArch {
			return
		}
		number := int(i.numbers[0])
		s.mu.Lock()
		s.calls[number]++
		s.mu.Unlock()
		if c := trace.CallOf(number); c != nil {
			t.begun = event(tid, t, c, i.numbers[1:7])
		}
	case i.op == exit && t.begun != nil:
		e := t.begun
		t.begun = nil
		if result := int64(i.numbers[0]); result < 0 && result > -4096 {
			e.Errno = syscall.Errno(-result)
		}
		if e.Text == "" {
			return
		}
		select {
		case s.events <- *e:
		case <-s.unread:
		}
	}
}

// event is a call as it begins: behind an execve(2) the path's memory is gone.
func event(tid int, t *thread, c *trace.Call, args []uint64) *trace.Event {
	e := &trace.Event{Time: time.Now(), Pid: t.pid, Command: command(tid), Kind: c.Kind, Flags: c.Implied}
	if c.Flags >= 0 {
		e.Flags |= args[c.Flags]
	}
	switch {
	case args[c.Text] == 0:
	case c.Address:
		b := make([]byte, trace.AddressSize)
		read(tid, args[c.Text], b[:min(uint64(len(b)), args[c.Text+1]&0xffff)])
		e.Text = trace.Address(b)
	default:
		e.Text = text(tid, args[c.Text])
	}
	return e
}

// text reads a C string of at most PATH_MAX bytes.
func text(tid int, at uint64) string {
	const page = 4096
	var b [page]byte
	n := 0
	for n < len(b) {
		most := min(len(b)-n, page-int((at+uint64(n))%page)) // what is behind a page may not be there
		got := read(tid, at+uint64(n), b[n:n+most])
		if s := trace.UntilNul(b[n : n+got]); len(s) < got || got < most {
			return string(b[:n+len(s)])
		}
		n += got
	}
	return string(b[:])
}

func read(tid int, at uint64, b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n, err := unix.ProcessVMReadv(tid, []unix.Iovec{{Base: &b[0], Len: uint64(len(b))}}, []unix.RemoteIovec{{Base: uintptr(at), Len: len(b)}}, 0)
	if err != nil {
		return 0
	}
	return n
}

// command is a thread's name.
func command(tid int) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/comm") // it may be killed meanwhile
	return strings.TrimSuffix(string(b), "\n")
}

// ownPid is the number of a thread's process in its own pid namespace (proc_pid_status(5), NStgid).
func ownPid(tid int) int {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	for line := range strings.SplitSeq(string(b), "\n") {
		if list, ok := strings.CutPrefix(line, "NStgid:"); ok {
			f := strings.Fields(list)
			if len(f) == 0 {
				return 0
			}
			pid, _ := strconv.Atoi(f[len(f)-1])
			return pid
		}
	}
	return 0
}

// message is what an event says: a new thread, or the former number of one.
func message(tid int) int {
	var b [8]byte
	_ = request(unix.PTRACE_GETEVENTMSG, tid, 0, uintptr(unsafe.Pointer(&b)))
	return int(binary.NativeEndian.Uint64(b[:]))
}

func request(what, tid int, addr, data uintptr) error {
	_, _, e := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(what), uintptr(tid), addr, data, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
