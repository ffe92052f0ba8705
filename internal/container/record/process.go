package record

import (
	"bytes"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// StartTime returns field 22 of /proc/PID/stat, and whether the process lives
// (proc_pid_stat(5)): a zombie does not.
func StartTime(pid int) (start uint64, alive bool) {
	var buf [1024]byte
	return parseStat(readStat(pid, buf[:]))
}

func readStat(pid int, buf []byte) []byte {
	fd, err := open("/proc/"+strconv.Itoa(pid)+"/stat", unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// FailedEarly tells of an init that has ended whether it did so before its execve, as far as
// that can be known: nobody has fetched its status yet, and it still has the runtime's name.
func (r *Record) FailedEarly() bool {
	var buf [1024]byte
	b := readStat(r.Pid, buf[:])
	from, to := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if from < 0 || to < from {
		return false
	}
	start, _ := parseStat(b)
	return start == r.Start && string(b[from+1:to]) == r.Comm
}

// Comm is this process's name.
func Comm() string {
	var b [16]byte
	if unix.Prctl(unix.PR_GET_NAME, uintptr(unsafe.Pointer(&b)), 0, 0, 0) != nil {
		return ""
	}
	return unix.ByteSliceToString(b[:])
}

// parseStat passes over the name, which may hold anything, brackets too.
func parseStat(b []byte) (start uint64, alive bool) {
	at := bytes.LastIndexByte(b, ')')
	if at < 0 || at+2 >= len(b) {
		return 0, false
	}
	b = b[at+2:]
	alive = b[0] != 'Z' && b[0] != 'X'
	for range 19 {
		at := bytes.IndexByte(b, ' ')
		if at < 0 {
			return 0, false
		}
		b = b[at+1:]
	}
	if at := bytes.IndexByte(b, ' '); at >= 0 {
		b = b[:at]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		start = start*10 + uint64(c-'0')
	}
	return start, alive
}

// Alive tells whether the container's init lives.
func (s Slot) Alive() bool {
	if s.Pid == 0 {
		return false
	}
	start, alive := StartTime(s.Pid)
	return alive && start == s.Start
}

// SelfExe identifies this program's file.
func SelfExe() (dev, ino uint64) {
	var st unix.Stat_t
	if unix.Stat("/proc/self/exe", &st) != nil {
		return 0, 0
	}
	return st.Dev, st.Ino
}

// Executed tells whether init no longer runs the runtime's file. Where that can't be seen (the
// process is not dumpable before its execve) it has not called execve yet.
func (r *Record) Executed() bool {
	var st unix.Stat_t
	if unix.Stat("/proc/"+strconv.Itoa(r.Pid)+"/exe", &st) != nil {
		return false
	}
	return st.Dev != r.ExeDev || st.Ino != r.ExeIno
}

// RunsRuntime tells whether a process runs the file that the container's runtime ran.
func (r *Record) RunsRuntime(pid int) bool {
	var st unix.Stat_t
	return unix.Stat("/proc/"+strconv.Itoa(pid)+"/exe", &st) == nil && st.Dev == r.ExeDev && st.Ino == r.ExeIno
}

// State asks the kernel for the truth, except for the freezer: a container that is
// running by it may be paused.
func (r *Record) State() State {
	switch {
	case r.Pid == 0 && r.Status == Creating:
		return StateCreating
	case !r.Alive():
		return StateStopped
	case r.Status == Creating:
		return StateCreating
	case r.Status == Created, r.Status == Starting && !r.Executed():
		return StateCreated
	}
	return StateRunning
}
