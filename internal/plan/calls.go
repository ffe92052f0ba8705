package plan

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// describeCall is the name of a system call and the shape of each argument: d descriptor, s string, x flags,
// o mode, i number, p other pointer, and those of pointerText.
func describeCall(nr int) (name, shape string) {
	for i := range calls {
		if calls[i].nr == nr {
			return calls[i].name, calls[i].shape
		}
	}
	return "syscall_" + strconv.Itoa(nr), "xxxxxx"
}

var calls = [...]struct {
	nr          int
	name, shape string
}{
	{unix.SYS_OPENAT2, "openat2", "dsh"},
	{unix.SYS_OPENAT, "openat", "dsx"},
	{unix.SYS_OPEN_TREE, "open_tree", "dsx"},
	{unix.SYS_MOVE_MOUNT, "move_mount", "dsdsx"},
	{unix.SYS_MOUNT_SETATTR, "mount_setattr", "dsxa"},
	{unix.SYS_FSOPEN, "fsopen", "sx"},
	{unix.SYS_FSCONFIG, "fsconfig", "diss"},
	{unix.SYS_FSMOUNT, "fsmount", "dxx"},
	{unix.SYS_MOUNT, "mount", "sssxs"},
	{unix.SYS_UMOUNT2, "umount2", "sx"},
	{unix.SYS_PIVOT_ROOT, "pivot_root", "ss"},
	{unix.SYS_CHROOT, "chroot", "s"},
	{unix.SYS_CHDIR, "chdir", "s"},
	{unix.SYS_FCHDIR, "fchdir", "d"},
	{unix.SYS_MKDIRAT, "mkdirat", "dso"},
	{unix.SYS_MKNODAT, "mknodat", "dsox"},
	{unix.SYS_SYMLINKAT, "symlinkat", "sds"},
	{unix.SYS_FCHOWNAT, "fchownat", "dsiix"},
	{unix.SYS_FCHOWN, "fchown", "dii"},
	{unix.SYS_EVENTFD2, "eventfd2", "ix"},
	{unix.SYS_READ, "read", "dpi"},
	{unix.SYS_WRITE, "write", "dsi"},
	{unix.SYS_PWRITE64, "pwrite", "dsi"},
	{unix.SYS_IOCTL, "ioctl", "dxp"},
	{unix.SYS_DUP3, "dup3", "dix"},
	{unix.SYS_CLOSE_RANGE, "close_range", "iix"},
	{unix.SYS_SOCKET, "socket", "ixi"},
	{unix.SYS_SENDMSG, "sendmsg", "dpx"},
	{unix.SYS_RECVMSG, "recvmsg", "dpx"},
	{unix.SYS_CLOSE, "close", "d"},
	{unix.SYS_SETNS, "setns", "dx"},
	{unix.SYS_UNSHARE, "unshare", "x"},
	{unix.SYS_SETHOSTNAME, "sethostname", "si"},
	{unix.SYS_SETDOMAINNAME, "setdomainname", "si"},
	{unix.SYS_PRCTL, "prctl", "iiiii"},
	{unix.SYS_CAPSET, "capset", "pc"},
	{unix.SYS_SETSID, "setsid", ""},
	{unix.SYS_KEYCTL, "keyctl", "is"},
	{unix.SYS_UMASK, "umask", "o"},
	{unix.SYS_PRLIMIT64, "prlimit64", "iilp"},
	{unix.SYS_SETGROUPS, "setgroups", "ip"},
	{unix.SYS_SETRESGID, "setresgid", "iii"},
	{unix.SYS_SETRESUID, "setresuid", "iii"},
	{unix.SYS_SECCOMP, "seccomp", "ixf"},
	{unix.SYS_SCHED_SETATTR, "sched_setattr", "ipi"},
	{unix.SYS_SCHED_SETAFFINITY, "sched_setaffinity", "iip"},
	{unix.SYS_IOPRIO_SET, "ioprio_set", "iii"},
	{unix.SYS_SET_MEMPOLICY, "set_mempolicy", "ipi"},
	{unix.SYS_PERSONALITY, "personality", "x"},
	{unix.SYS_FACCESSAT2, "faccessat2", "dsix"},
	{unix.SYS_FCNTL, "fcntl", "dii"},
	{unix.SYS_GETCWD, "getcwd", "pi"},
	{unix.SYS_RT_SIGPROCMASK, "rt_sigprocmask", "ipp"},
	{unix.SYS_RT_SIGTIMEDWAIT, "rt_sigtimedwait", "ppp"},
	{unix.SYS_EXECVE, "execve", "svv"},
	{unix.SYS_EXIT_GROUP, "exit_group", "i"},
	{unix.SYS_MEMFD_CREATE, "memfd_create", "sx"},
	{unix.SYS_PIDFD_OPEN, "pidfd_open", "ix"},
	{unix.SYS_PIDFD_SEND_SIGNAL, "pidfd_send_signal", "dixx"},
	{unix.SYS_PPOLL, "ppoll", "pip"},
	{unix.SYS_WAITID, "waitid", "iipx"},
}
