package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// ExecRequest asks a monitor for a further process in its container. Its text goes
// through a memory file, because arguments and environment may be larger than a packet:
//
//	command                                monitor
//	  | -- Exec [text, in, out, err] -------> | forks into the container; no in, out, err with a terminal
//	  | <-- Started [pidfd, master] --------- | master with a terminal; or Failed: exit code and text
//	  | <-- Exited code --------------------- |
//
// The process goes on when the command is gone.
type ExecRequest struct {
	ID         string // that its events have, or ""
	Keep       bool   // its state is kept under the id
	Args, Env  []string
	User, Cwd  string // "" is the container's own
	TTY        bool
	Privileged bool
}

// maxExec bounds a request: Linux takes 2 MiB of arguments and environment with the default stack limit.
const maxExec = 8 << 20

// Encode puts the request into a memory file, which the caller closes.
func (r *ExecRequest) Encode() (int, error) {
	var flags byte
	if r.TTY {
		flags |= 1
	}
	if r.Privileged {
		flags |= 2
	}
	if r.Keep {
		flags |= 4
	}
	b := []byte{flags}
	for _, list := range [...][]string{{r.User, r.Cwd, r.ID}, r.Args, r.Env} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
		for _, s := range list {
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
		}
	}
	if len(b) > maxExec {
		return -1, errors.New("argument list too long")
	}
	fd, err := unix.MemfdCreate("exec", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("memory file: %w", err)
	}
	if n, err := unix.Write(fd, b); err != nil || n < len(b) {
		unix.Close(fd)
		return -1, fmt.Errorf("memory file: %w", err)
	}
	return fd, nil
}

// ReadExec reads a request from its memory file.
func ReadExec(fd int) (*ExecRequest, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Size > maxExec {
		return nil, errExec
	}
	b := make([]byte, st.Size)
	if n, err := unix.Pread(fd, b, 0); err != nil || n != len(b) {
		return nil, io.ErrUnexpectedEOF
	}
	return decodeExec(b)
}

var errExec = errors.New("a request for exec that can't be read: bantam and the monitor are of different versions")

func decodeExec(b []byte) (*ExecRequest, error) {
	if len(b) == 0 {
		return nil, errExec
	}
	r := &ExecRequest{TTY: b[0]&1 != 0, Privileged: b[0]&2 != 0, Keep: b[0]&4 != 0}
	b = b[1:]
	var own []string
	for _, to := range [...]*[]string{&own, &r.Args, &r.Env} {
		var ok bool
		if *to, b, ok = decodeList(b); !ok {
			return nil, errExec
		}
	}
	if len(own) != 3 || len(b) > 0 {
		return nil, errExec
	}
	r.User, r.Cwd, r.ID = own[0], own[1], own[2]
	return r, nil
}

func decodeList(b []byte) (list []string, rest []byte, ok bool) {
	n, b, ok := decodeNumber(b)
	if !ok || n > len(b) {
		return nil, b, false
	}
	for range n {
		var size int
		if size, b, ok = decodeNumber(b); !ok || size > len(b) {
			return nil, b, false
		}
		list = append(list, string(b[:size]))
		b = b[size:]
	}
	return list, b, true
}

func decodeNumber(b []byte) (n int, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, b, false
	}
	return int(binary.LittleEndian.Uint32(b)), b[4:], true
}
