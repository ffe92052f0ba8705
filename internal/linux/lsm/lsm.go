// Package lsm says which security modules of the kernel take labels here and
// where a process writes its own.
package lsm

import (
	"errors"

	"golang.org/x/sys/unix"
)

// State is what this machine offers.
type State struct {
	AppArmor bool // profiles can be entered
	SELinux  bool // labels can be set
	// AppArmorFile is where AppArmor's label for the next exec is written, relative to
	// /proc/PID/attr: "apparmor/exec" where the module has a folder of its own (Linux 5.8), else "exec".
	AppArmorFile string
}

// SELinux's files below /proc/PID/attr (selinux(8)). SELinux has no folder of its own.
const (
	SELinuxExec   = "exec"       // label after execve(2)
	SELinuxKey    = "keycreate"  // label of new keyrings
	SELinuxSocket = "sockcreate" // label of new sockets
)

// Detect looks at the running kernel. It reads a byte and makes two other system calls.
func Detect() State { return detect("/") }

func detect(root string) State {
	s := State{
		AppArmor:     appArmorEnabled(root + "sys/module/apparmor/parameters/enabled"),
		AppArmorFile: "exec",
	}
	if s.AppArmor && unix.Access(root+"proc/self/attr/apparmor", unix.F_OK) == nil {
		s.AppArmorFile = "apparmor/exec"
	}
	var fs unix.Statfs_t
	err := unix.Statfs(root+"sys/fs/selinux", &fs)
	s.SELinux = err == nil && fs.Type == unix.SELINUX_MAGIC
	return s
}

func appArmorEnabled(path string) bool {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var b [1]byte
	n, err := unix.Read(fd, b[:])
	return err == nil && n == 1 && b[0] == 'Y'
}

// ErrNoAppArmor and ErrNoSELinux say that a label was asked for that the kernel cannot give.
var (
	ErrNoAppArmor = errors.New("apparmor is not enabled on this host: remove process.apparmorProfile or enable the module")
	ErrNoSELinux  = errors.New("selinux is not enabled on this host: remove process.selinuxLabel and linux.mountLabel or enable the module")
)

// CheckAppArmor returns the error for a profile that can't be entered. No
// profile, and "unconfined" where nothing confines, need no module.
func (s State) CheckAppArmor(profile string) error {
	if profile == "" || profile == "unconfined" || s.AppArmor {
		return nil
	}
	return ErrNoAppArmor
}

// CheckSELinux returns the error for a label that can't be set.
func (s State) CheckSELinux(label string) error {
	if label == "" || s.SELinux {
		return nil
	}
	return ErrNoSELinux
}

// AppArmorExec is what a process writes to AppArmorFile to enter profile at its
// next execve(2) (apparmor_procattr, "exec").
func AppArmorExec(profile string) string { return "exec " + profile }
