package ebpf

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// decoder puts the records of an entry and an exit of execve(2) together.
type decoder struct {
	begun map[uint32]trace.Event // by thread
	boot  time.Time              // when the clock of the records was zero
}

// decode reads a record; ok says that an event is whole.
func (d *decoder) decode(b []byte) (e trace.Event, ok bool) {
	if len(b) < recordHead {
		return e, false
	}
	order := binary.NativeEndian
	thread, nr := order.Uint32(b[8:]), int(order.Uint32(b[16:]))
	if d.begun == nil {
		d.begun = map[uint32]trace.Event{}
		d.boot = bootTime()
	}
	stage, result := order.Uint32(b[20:]), failure(int64(order.Uint64(b[24:])))
	if stage == stageExit {
		e, ok = d.begun[thread]
		delete(d.begun, thread)
		e.Errno = result
		return e, ok
	}
	c := callOf(nr)
	if c == nil || len(b) < recordSize {
		return e, false
	}
	e = trace.Event{
		Time: d.boot.Add(time.Duration(order.Uint64(b))), Pid: int(order.Uint32(b[12:])), Command: text(b[40:recordHead]),
		Kind: c.kind, Flags: order.Uint64(b[32:]), Errno: result,
	}
	if c.nr == creat {
		e.Flags = unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC
	}
	if e.Text = text(b[recordHead:recordSize]); c.address {
		e.Text = address(b[recordHead:recordSize])
	}
	if stage == stageEnter {
		d.begun[thread] = e
		return e, false
	}
	return e, e.Text != ""
}

// failure is the error in a system call's result.
func failure(result int64) syscall.Errno {
	if result < 0 && result > -4096 {
		return syscall.Errno(-result)
	}
	return 0
}

func callOf(nr int) *call {
	for i := range calls {
		if calls[i].nr == nr {
			return &calls[i]
		}
	}
	return nil
}

// text is a C string.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// address writes a struct sockaddr; empty for what leads nowhere.
func address(b []byte) string {
	port := strconv.Itoa(int(binary.BigEndian.Uint16(b[2:])))
	switch family := binary.NativeEndian.Uint16(b); family {
	case unix.AF_UNSPEC:
		return ""
	case unix.AF_INET:
		return netip.AddrFrom4([4]byte(b[4:8])).String() + ":" + port
	case unix.AF_INET6:
		return "[" + netip.AddrFrom16([16]byte(b[8:24])).String() + "]:" + port
	case unix.AF_UNIX:
		if b[2] == 0 {
			return "unix:@" + text(b[3:addressSize])
		}
		return "unix:" + text(b[2:addressSize])
	case unix.AF_NETLINK:
		return "netlink"
	default:
		return "family " + strconv.Itoa(int(family))
	}
}

// bootTime is when the monotonic clock began.
func bootTime() time.Time {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Now().Add(-time.Duration(ts.Nano()))
}
