// Package wire is what a command and a container's monitor say to each other,
// over a socket pair of packets (unix(7), SOCK_SEQPACKET):
//
//	command                                monitor
//	  | -- Job [lock, stdout, stderr] ------> | reads the record, compiles the plan, forks
//	  | <-- Started [pidfd, out, err, input]  |   or Failed: exit code and text
//	  | -- Signal n ------------------------> | to the container's init; at any time, even before the Job
//	  | <-- Exited code --------------------- | after the exit is on disk and all output is written
//	  | <-- Gone ---------------------------- | after clean-up, and removal where --rm asks for it;
//	  |                                       | or Rest: the restart policy will start it again
//
// The command copies its standard input into "input" by itself (the write end of
// a pipe, or the terminal's master end); the monitor writes to the command's
// output by itself. "out" and "err" are the pipes that the container writes to
// (none with a terminal): the command only keeps them for a next monitor. The end of either process closes the socket: for the monitor
// it means that this command is no longer attached, for the command that the monitor
// was killed and another one must take over.
//
// A command that comes later reaches the monitor through its door, the far end of a
// socket pair that the monitor keeps open and whose number stands in the container's
// state: the command takes a copy of it (pidfd_getfd(2)) and sends one end of a pair of
// its own through it. No file has to be made, and none is left behind.
//
//	command                                monitor
//	  | -- Call [end of a new pair] --------> | through the door
//	  | -- Attach [stdout, stderr] ---------> | through the new pair, as all that follows
//	  | <-- Started [pidfd, out, err, input]  |
//	  | ...                                   | as above
//
// A further process (exec) has its terminal from the command, which may leave it to the monitor: so the process goes
// on, and what it prints is read by somebody.
//
//	command                                monitor
//	  | -- Exec [request, files] -----------> | through the new pair
//	  | <-- Started [pidfd, terminal] ------- |
//	  | -- Keep [terminal] -----------------> | who detaches
//	  | <-- Exited code --------------------- | to who has stayed
//
// A command that wants to look at the container before its program begins (trace) says so in the Job:
//
//	| <-- Held [pidfd] -------------------  | all is set up but for the execve
//	| -- Go ------------------------------> |
//	| <-- Started ...                       | as above
//
// Who wants to be attached from the first byte on, before somebody else starts the
// container, makes the pair and sends its Attach in advance; the one who starts it sends
// the far end along as a Call, after the Job, which says how many of them come.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sys/unix"
)

// FD is the descriptor at which a monitor finds its end.
const FD = 3

// ProgramFD is the descriptor at which a monitor finds the mount that its program was executed from, or something that it does not need. It
// closes it when nobody waits: the last one to close a mount that is in no namespace waits for an RCU grace period.
const ProgramFD = 4

// Kind is the first byte of a message.
type Kind byte

// The messages, in the order of the drawing.
const (
	KindJob     Kind = 'J'
	KindStarted Kind = 'S'
	KindFailed  Kind = 'F'
	KindSignal  Kind = 'K'
	KindExited  Kind = 'X'
	KindGone    Kind = 'G'
	KindRest    Kind = 'R'
	KindCall    Kind = 'C'
	KindAttach  Kind = 'A'
	KindExec    Kind = 'E'
	KindHeld    Kind = 'H'
	KindGo      Kind = 'O'
	KindNetwork Kind = 'N'
	KindKeep    Kind = 'T'
)

// Conn is one end.
type Conn struct{ FD int }

// Message is one packet.
type Message struct {
	Kind Kind
	Body []byte
	FDs  []int
}

// Drop closes the descriptors of a message that nobody wants any more.
func (m Message) Drop() {
	for _, fd := range m.FDs {
		unix.Close(fd)
	}
}

// Pair makes both ends, closed by exec.
func Pair() (command, monitor Conn, err error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return Conn{-1}, Conn{-1}, fmt.Errorf("socket pair for the monitor: %w", err)
	}
	return Conn{p[0]}, Conn{p[1]}, nil
}

// Close closes the end.
func (c Conn) Close() { unix.Close(c.FD) }

// Send writes one message. A peer that is gone is io.EOF.
func (c Conn) Send(kind Kind, body []byte, fds ...int) error {
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	packet := append([]byte{byte(kind)}, body...)
	for {
		err := unix.Sendmsg(c.FD, packet, oob, nil, unix.MSG_NOSIGNAL)
		switch err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.EPIPE, unix.ECONNRESET:
			return io.EOF
		default:
			return fmt.Errorf("send %c: %w", kind, err)
		}
	}
}

// Receive reads one message, io.EOF at the peer's end.
func (c Conn) Receive() (Message, error) {
	b := make([]byte, 16<<10)
	oob := make([]byte, 128)
	for {
		n, on, _, _, err := unix.Recvmsg(c.FD, b, oob, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET, err == nil && n == 0:
			return Message{}, io.EOF
		case err != nil:
			return Message{}, fmt.Errorf("receive: %w", err)
		}
		fds, err := rights(oob[:on])
		return Message{Kind(b[0]), b[1:n], fds}, err
	}
}

func rights(oob []byte) ([]int, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return unix.ParseUnixRights(&list[0])
}

// Call reaches a monitor through its door, the descriptor number fd of the process.
func Call(monitor, fd int) (Conn, error) {
	ours, theirs, err := Pair()
	if err != nil {
		return ours, err
	}
	defer theirs.Close()
	if err := Hand(monitor, fd, theirs); err != nil {
		ours.Close()
		return Conn{-1}, err
	}
	return ours, nil
}

// Hand sends the far end of a pair through a monitor's door.
func Hand(monitor, fd int, far Conn) error {
	pidfd, err := unix.PidfdOpen(monitor, 0)
	if err != nil {
		return fmt.Errorf("reach the monitor, process %d: %w", monitor, err)
	}
	defer unix.Close(pidfd)
	door, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return fmt.Errorf("reach the monitor, process %d: %w", monitor, err)
	}
	defer unix.Close(door)
	// A pid that another process has by now: its socket pairs are not the monitor's.
	kind, err := unix.GetsockoptInt(door, unix.SOL_SOCKET, unix.SO_TYPE)
	owner, err2 := unix.GetsockoptUcred(door, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil || err2 != nil || kind != unix.SOCK_SEQPACKET || int(owner.Pid) != monitor {
		return fmt.Errorf("reach the monitor: process %d is not it any more", monitor)
	}
	if err := (Conn{door}).Send(KindCall, nil, far.FD); err != nil {
		return fmt.Errorf("reach the monitor, process %d: %w", monitor, err)
	}
	return nil
}

// Streams are the body of KindAttach: which of the command's outputs come with it.
func Streams(stdout, stderr bool) []byte {
	var b byte
	if stdout {
		b |= 1
	}
	if stderr {
		b |= 2
	}
	return []byte{b}
}

// Job is what a monitor is started for.
type Job struct {
	Root, ID string
	// Stdout, Stderr: the command's descriptors follow the lock's. Input: the container gets a pipe for its standard input.
	Stdout, Stderr, Input bool
	// Adopt takes a running container over from a monitor that was killed. Pidfd: the command kept one, the last descriptor.
	Adopt, Pidfd bool
	// Terminal: the command kept the master end of the container's terminal (adopt; after Pidfd).
	Terminal bool
	// Pipes: the command kept the read ends of the container's output (adopt; after Pidfd).
	Pipes bool
	// Tied: the container is a part of what the command does. It is killed when the command goes,
	// and its folder is the command's to remove, unless that has gone.
	Tied bool
	// Hold: the container's program waits for a Go.
	Hold bool
	// Rows and Cols are the size of the command's terminal.
	Rows, Cols uint16
	// Waiting is how many attach from the start on, each with a Call that follows the job.
	Waiting uint16
}

// ErrJob is a job that does not parse.
var ErrJob = errors.New("the monitor was started without a job: it is started by bantam, not by hand")

// Encode makes the body of a KindJob message.
func (j *Job) Encode() []byte {
	var flags uint16
	for i, on := range j.flags() {
		if *on {
			flags |= 1 << i
		}
	}
	b := binary.LittleEndian.AppendUint16(nil, flags)
	b = binary.LittleEndian.AppendUint16(b, j.Rows)
	b = binary.LittleEndian.AppendUint16(b, j.Cols)
	b = binary.LittleEndian.AppendUint16(b, j.Waiting)
	return append(b, j.ID+"\x00"+j.Root...)
}

func (j *Job) flags() [9]*bool {
	return [9]*bool{&j.Stdout, &j.Stderr, &j.Input, &j.Adopt, &j.Pidfd, &j.Terminal, &j.Pipes, &j.Tied, &j.Hold}
}

// DecodeJob reads the body of a KindJob message.
func DecodeJob(b []byte) (*Job, error) {
	j := new(Job)
	if len(b) < 9 {
		return nil, ErrJob
	}
	flags := binary.LittleEndian.Uint16(b)
	for i, on := range j.flags() {
		*on = flags&(1<<i) != 0
	}
	j.Rows = binary.LittleEndian.Uint16(b[2:])
	j.Cols = binary.LittleEndian.Uint16(b[4:])
	j.Waiting = binary.LittleEndian.Uint16(b[6:])
	var ok bool
	if j.ID, j.Root, ok = strings.Cut(string(b[8:]), "\x00"); !ok || j.ID == "" {
		return nil, ErrJob
	}
	return j, nil
}
