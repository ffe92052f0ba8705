// Package terminal passes a container's terminal on: to whoever listens on a
// console socket, or between the caller's own terminal and the container's.
package terminal

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Connect connects to the console socket at path, which takes the master end. A
// path longer than sun_path is reached by its folder's descriptor.
func Connect(path string) (int, error) {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	name := path
	if len(path) > 107 {
		dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			unix.Close(sock)
			return -1, &os.PathError{Op: "open", Path: filepath.Dir(path), Err: err}
		}
		defer unix.Close(dir)
		name = "/proc/self/fd/" + strconv.Itoa(dir) + "/" + filepath.Base(path)
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Connect(sock, &unix.SockaddrUnix{Name: name})
	}
	if err != nil {
		unix.Close(sock)
		return -1, &os.PathError{Op: "connect to console socket", Path: path, Err: err}
	}
	return sock, nil
}

// Pair makes the two ends over which the container hands its terminal to this process.
func Pair() (own, child int, err error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, os.NewSyscallError("socketpair", err)
	}
	return p[0], p[1], nil
}

// Receive takes the master end from the socket.
func Receive(sock int) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4))
	var n int
	var err error
	for err = unix.EINTR; err == unix.EINTR; {
		_, n, _, _, err = unix.Recvmsg(sock, make([]byte, 256), oob, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		return -1, os.NewSyscallError("recvmsg", err)
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(msgs) != 1 {
		return -1, errors.New("the container has sent no terminal")
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 1 {
		return -1, errors.New("the container has sent no terminal")
	}
	return fds[0], nil
}
