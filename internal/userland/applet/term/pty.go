package term

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// OpenPty opens the master of a new pseudo-terminal and returns the path of its other
// end.
func OpenPty() (master int, path string, err error) {
	master, err = applet.OpenFile("/dev/ptmx", syscall.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return -1, "", err
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		syscall.Close(master)
		return -1, "", err
	}
	return master, "/dev/pts/" + strconv.Itoa(n), nil
}
