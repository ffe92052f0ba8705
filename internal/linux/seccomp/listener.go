package seccomp

import (
	"errors"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// SendListener hands a listener to the seccomp agent: it connects to the stream
// socket at path and sends state, the JSON of a ContainerProcessState, with fd
// beside its first byte (config-linux.md, "The Container Process State"). fd stays open.
func SendListener(path string, fd int, state []byte) error {
	if len(state) == 0 {
		return errors.New("seccomp: no state to send to the agent")
	}
	sock, err := dial(path)
	if err != nil {
		return errors.New("seccomp: connecting to the agent at " + path + ": " + err.Error())
	}
	defer unix.Close(sock)
	rights := unix.UnixRights(fd)
	for len(state) > 0 {
		n, err := unix.SendmsgN(sock, state, rights, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return errors.New("seccomp: sending the listener to the agent at " + path + ": " + err.Error())
		}
		state, rights = state[n:], nil
	}
	return nil
}

// dial connects to a unix socket. A path of any length works: the folder is
// reached through its descriptor where sun_path is too short.
func dial(path string) (int, error) {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	name := path
	if len(path) > 107 {
		dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			unix.Close(sock)
			return -1, err
		}
		defer unix.Close(dir)
		name = "/proc/self/fd/" + strconv.Itoa(dir) + "/" + filepath.Base(path)
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Connect(sock, &unix.SockaddrUnix{Name: name})
	}
	if err != nil {
		unix.Close(sock)
		return -1, err
	}
	return sock, nil
}
