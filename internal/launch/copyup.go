package launch

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// copyUp serves SyncCopyUp (the mount option tmpcopyup): two descriptors of folders
// follow in a message of their own, and the tree below the first is copied into the second.
func (p *Process) copyUp() error {
	oob := make([]byte, unix.CmsgSpace(8))
	_, n, _, _, err := unix.Recvmsg(p.sync, make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return &os.SyscallError{Syscall: "recvmsg", Err: err}
	}
	fds, err := passedFDs(oob[:n])
	if err != nil {
		return err
	}
	defer closeAll(fds)
	if len(fds) != 2 {
		return fmt.Errorf("copy up: %d descriptors instead of 2", len(fds))
	}
	return copyTree(fds[0], fds[1])
}

func passedFDs(oob []byte) ([]int, error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	if len(msgs) != 1 {
		return nil, errors.New("copy up: no descriptors in the message")
	}
	return unix.ParseUnixRights(&msgs[0])
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// copyTree copies what is below the folder from into the folder to. Names are
// resolved one at a time and links are never followed: the tree is the image's.
func copyTree(from, to int) error {
	dir, err := reopen(from, unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(dir), "tmpcopyup")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := copyEntry(dir, to, name); err != nil {
			return fmt.Errorf("copy up %s: %w", name, err)
		}
	}
	return nil
}

// reopen opens an O_PATH descriptor for reading.
func reopen(fd, flags int) (int, error) {
	return unix.Openat(fd, ".", unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
}

func copyEntry(from, to int, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	var err error
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		err = copyFolder(from, to, name)
	case unix.S_IFLNK:
		err = copyLink(from, to, name)
	case unix.S_IFREG:
		err = copyFile(from, to, name)
	default:
		err = unix.Mknodat(to, name, st.Mode, int(st.Rdev))
	}
	if err != nil {
		return err
	}
	return copyAttributes(to, name, &st)
}

func copyFolder(from, to int, name string) error {
	if err := unix.Mkdirat(to, name, 0o700); err != nil && err != unix.EEXIST {
		return err
	}
	src, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	dst, err := unix.Openat(to, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	return copyTree(src, dst)
}

func copyLink(from, to int, name string) error {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(from, name, buf)
	if err != nil {
		return err
	}
	return unix.Symlinkat(string(buf[:n]), to, name)
}

func copyFile(from, to int, name string) error {
	src, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	in := os.NewFile(uintptr(src), name)
	defer in.Close()
	dst, err := unix.Openat(to, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(dst), name)
	if _, err := out.ReadFrom(in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// copyAttributes sets owner, mode and times; the owner first, as it clears set-id bits.
func copyAttributes(to int, name string, st *unix.Stat_t) error {
	if err := unix.Fchownat(to, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := chmodNoFollow(to, name, st.Mode&0o7777); err != nil {
			return err
		}
	}
	return unix.UtimesNanoAt(to, name, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// chmodNoFollow changes the mode through a descriptor: fchmodat(2) follows links.
func chmodNoFollow(to int, name string, mode uint32) error {
	fd, err := unix.Openat(to, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
}
