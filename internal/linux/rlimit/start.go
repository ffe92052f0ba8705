package rlimit

import "syscall"

// start is what entry reads before the Go runtime does anything.
var start [2]uint64

// Files is the limit of open files that the process was started with. Go raises the soft
// limit to the hard one at its start and gives commands the old one back, so
// getrlimit(2) says what is nobody's but this process's. It is known only to a program
// linked with -E bantam/internal/linux/rlimit.entry.
func Files() (limit syscall.Rlimit, known bool) {
	return syscall.Rlimit{Cur: start[0], Max: start[1]}, start[1] != 0
}
