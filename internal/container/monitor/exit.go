package monitor

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unknownExit is docker's code for a container whose exit nobody saw.
const unknownExit = 255

// exitCode learns how a process ended. A child's status is only looked at: it stays a
// zombie until reap, so a monitor killed before the code is on disk loses nothing.
func exitCode(pidfd int) int {
	var info siginfo
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, uintptr(pidfd), uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return strangerExit(pidfd)
		}
		if info.code == cldExited {
			return int(info.status)
		}
		return 128 + int(info.status)&0x7f
	}
}

// siginfo is what waitid(2) fills in.
type siginfo struct {
	signo, errno, code, _ int32
	pid, uid, status      int32
	_                     [100]byte
}

const cldExited = 1 // CLD_EXITED

// reap lets the kernel forget the zombie.
func reap(pidfd int) {
	var info siginfo
	unix.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, uintptr(pidfd), uintptr(unsafe.Pointer(&info)), unix.WEXITED, 0, 0)
}

// strangerExit asks the pidfd of a process that is not our child how it ended:
// Linux 6.15 and later keep that for whoever holds a pidfd (PIDFD_INFO_EXIT), from
// the moment on when the process is reaped, which the pidfd tells by POLLHUP.
func strangerExit(pidfd int) int {
	for end := time.Now().Add(reaperPatience); ; {
		info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
		err := unix.IoctlPidfdInfo(pidfd, &info)
		if err == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0 {
			return statusCode(unix.WaitStatus(info.Exit_code))
		}
		left := time.Until(end)
		if err != nil && err != unix.ESRCH || left <= 0 {
			return unknownExit
		}
		p := []unix.PollFd{{Fd: int32(pidfd)}}
		if n, err := unix.Poll(p, int(left.Milliseconds())+1); err != nil && err != unix.EINTR || n == 0 {
			return unknownExit
		}
	}
}

// reaperPatience is how long the host's init may take to reap an orphan.
const reaperPatience = 5 * time.Second

func statusCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
