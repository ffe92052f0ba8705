package monitor

import (
	"os"

	"bantam/internal/linux/namespace"

	"golang.org/x/sys/unix"
)

// inPrivateMounts runs something in a mount namespace of its own, which ends with it unless
// a process was started there. It returns the descriptor that do has made.
func inPrivateMounts(do func() (int, error)) (int, error) {
	return namespace.Thread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return os.NewSyscallError("unshare", err)
		}
		return os.NewSyscallError("mount", unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""))
	}, do)
}
