package barefork

import (
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// follow answers the child until it has gone on to another program, or failed.
func (s *Script) follow(socket, pid int) (int, error) {
	first, on := pid, s.on
	for {
		var m message
		n, err := unix.Read(socket, unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m)))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n == 0:
			return pid, nil
		case m.kind == forked:
			pid = int(m.value)
			continue
		case pid == first && s.behindFork(m.step):
			pid = lateFork(socket, first)
		}
		switch m.kind {
		case waiting:
			err = on[0](pid)
			on = on[1:]
			if err != nil {
				return first, s.abandon(socket, first, pid, err)
			}
			unix.Write(socket, []byte{0})
		default:
			if pid != first {
				reap(pid)
			}
			return pid, &Error{s.what[m.step], syscall.Errno(m.value)}
		}
	}
}

// behindFork says that a step is the forked process's.
func (s *Script) behindFork(i uint32) bool {
	return slices.ContainsFunc(s.steps[:i], func(s step) bool { return s.kind == split })
}

// lateFork is the process of a Fork that was quicker than its parent's word of it.
func lateFork(socket, first int) int {
	for {
		var m message
		n, err := unix.Read(socket, unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m)))
		switch {
		case err == unix.EINTR:
		case err != nil || n == 0:
			return first
		case m.kind == forked:
			return int(m.value)
		}
	}
}

// abandon ends a child that won't get its answer.
func (s *Script) abandon(socket, first, pid int, err error) error {
	unix.Shutdown(socket, unix.SHUT_RDWR)
	if pid != first {
		reap(pid)
	}
	return err
}

func reap(pid int) {
	for {
		_, err := unix.Wait4(pid, nil, 0, nil)
		if err != unix.EINTR {
			return
		}
	}
}
