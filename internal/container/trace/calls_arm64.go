package trace

import "golang.org/x/sys/unix"

// Calls are those that are events.
var Calls = [...]Call{
	{unix.SYS_OPENAT, Open, 1, 2, false, 0},
	{unix.SYS_OPENAT2, Open, 1, -1, false, 0},
	{unix.SYS_EXECVE, Exec, 0, -1, false, 0},
	{unix.SYS_EXECVEAT, Exec, 1, -1, false, 0},
	{unix.SYS_CONNECT, Connect, 1, -1, true, 0},
	{unix.SYS_BIND, Bind, 1, -1, true, 0},
	{unix.SYS_SENDTO, Send, 4, -1, true, 0},
}
