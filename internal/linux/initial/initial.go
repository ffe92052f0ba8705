// Package initial knows how the process was started, where the Go runtime changes it. It knows of that only in a
// program linked with -E bantam/internal/linux/initial.entry.
package initial

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// files and slack are what entry finds before the Go runtime does anything.
var (
	files [2]uint64
	slack uint64
)

// Files is the limit of open files that the process was started with. Go raises the soft
// limit to the hard one at its start and gives commands the old one back, so
// getrlimit(2) says what is nobody's but this process's.
func Files() (limit syscall.Rlimit, known bool) {
	return syscall.Rlimit{Cur: files[0], Max: files[1]}, files[1] != 0
}

// Slack gives the calling thread the timer slack that the process was started with (prctl(2), PR_SET_TIMERSLACK), and
// programs that it starts inherit it. entry sets one of 4 ms, which the Go runtime's watching thread keeps: it is woken
// every 70 µs in a young process without, for nine tenths of the context switches of a short one.
func Slack() {
	if slack != 0 {
		syscall.RawSyscall(syscall.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(slack), 0)
	}
}
