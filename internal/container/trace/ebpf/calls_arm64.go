package ebpf

import (
	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// argument is where in struct pt_regs the arguments of a system call are, callNumber where its number is
// (arch/arm64/include/asm/ptrace.h).
var argument = [...]int32{0, 8, 16, 24, 32, 40}

const (
	callNumber = 280
	creat      = -1 // there is none
)

var calls = [...]call{
	{unix.SYS_OPENAT, trace.Open, 1, 2, false},
	{unix.SYS_OPENAT2, trace.Open, 1, -1, false},
	{unix.SYS_EXECVE, trace.Exec, 0, -1, false},
	{unix.SYS_EXECVEAT, trace.Exec, 1, -1, false},
	{unix.SYS_CONNECT, trace.Connect, 1, -1, true},
	{unix.SYS_BIND, trace.Bind, 1, -1, true},
	{unix.SYS_SENDTO, trace.Send, 4, -1, true},
}
