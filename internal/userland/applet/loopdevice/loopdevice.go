// Package loopdevice attaches files to loop devices (loop(4)).
package loopdevice

import (
	"strconv"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"

	"golang.org/x/sys/unix"
)

// Options of an attachment.
type Options struct {
	Offset, Limit uint64
	ReadOnly      bool
	// Autoclear frees the device when nobody uses it any more.
	Autoclear bool
}

// Attach attaches the file to the device, or to a free one if device is empty, and
// returns the device and its descriptor. With Autoclear the descriptor must stay open
// until the device is mounted.
func Attach(device, file string, o Options) (name string, fd int, err error) {
	mode := syscall.O_RDWR
	if o.ReadOnly {
		mode = syscall.O_RDONLY
	}
	backing, err := applet.OpenFile(file, mode, 0)
	if err != nil && mode == syscall.O_RDWR {
		mode = syscall.O_RDONLY
		backing, err = applet.OpenFile(file, mode, 0)
	}
	if err != nil {
		return "", -1, err
	}
	defer syscall.Close(backing)
	if device != "" {
		fd, err = claim(device, mode, backing, file, o)
		return device, fd, err
	}
	// Somebody else may take the free device first: ask again.
	for range 64 {
		if device, err = Free(); err != nil {
			return "", -1, err
		}
		if fd, err = claim(device, mode, backing, file, o); err != syscall.EBUSY {
			return device, fd, err
		}
	}
	return device, -1, err
}

// Free returns a loop device that nobody uses, which it makes if it has to.
func Free() (string, error) {
	control, err := applet.OpenFile("/dev/loop-control", syscall.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(control)
	n, err := unix.IoctlRetInt(control, unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return "", err
	}
	device := "/dev/loop" + strconv.Itoa(n)
	if !applet.Exists(device) {
		// No udev here.
		syscall.Mknod(device, syscall.S_IFBLK|0o644, int(unix.Mkdev(7, uint32(n))))
	}
	return device, nil
}

// claim opens the device and attaches the file.
func claim(device string, mode, backing int, file string, o Options) (int, error) {
	fd, err := applet.OpenFile(device, mode, 0)
	if err == syscall.EROFS && mode == syscall.O_RDWR {
		mode = syscall.O_RDONLY
		fd, err = applet.OpenFile(device, mode, 0)
	}
	if err != nil {
		return -1, err
	}
	info := unix.LoopInfo64{Offset: o.Offset, Sizelimit: o.Limit}
	copy(info.File_name[:len(info.File_name)-1], file)
	if o.Autoclear {
		info.Flags |= unix.LO_FLAGS_AUTOCLEAR
	}
	if mode == syscall.O_RDONLY {
		info.Flags |= unix.LO_FLAGS_READ_ONLY
	}
	config := unix.LoopConfig{Fd: uint32(backing), Info: info}
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_CONFIGURE, uintptr(unsafe.Pointer(&config)))
	if errno == syscall.EINVAL || errno == syscall.ENOTTY {
		errno = claimInSteps(fd, backing, &info) // Linux before 5.8
	}
	if errno != 0 {
		syscall.Close(fd)
		return -1, errno
	}
	return fd, nil
}

func claimInSteps(fd, backing int, info *unix.LoopInfo64) syscall.Errno {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_SET_FD, uintptr(backing))
	if errno != 0 {
		return errno
	}
	_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_SET_STATUS64, uintptr(unsafe.Pointer(info)))
	if errno != 0 {
		syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_CLR_FD, 0)
	}
	return errno
}

// Detach frees the device.
func Detach(device string) error {
	fd, err := applet.OpenFile(device, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.LOOP_CLR_FD, 0); errno != 0 {
		return errno
	}
	return nil
}
