package launch

import (
	"errors"
	"fmt"
	"os"

	"bantam/internal/linux/copytree"

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
	if err := copytree.Copy(fds[0], fds[1]); err != nil {
		return fmt.Errorf("copy up: %w", err)
	}
	return nil
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
