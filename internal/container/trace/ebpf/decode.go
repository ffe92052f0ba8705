package ebpf

import (
	"encoding/binary"
	"syscall"
	"time"

	"bantam/internal/container/trace"

	"golang.org/x/sys/unix"
)

// decoder puts the records of an entry and an exit of execve(2) together.
type decoder struct {
	begun map[uint32]trace.Event // by thread
	boot  time.Time              // when the clock of the records was zero
	known map[string]string      // names that have been seen: most come again
}

// maxKnown bounds the names that are kept.
const maxKnown = 4096

// text is the C string in b, the one of last time if it was there.
func (d *decoder) text(b []byte) string {
	b = trace.UntilNul(b)
	if s, ok := d.known[string(b)]; ok {
		return s
	}
	if d.known == nil || len(d.known) == maxKnown {
		d.known = map[string]string{}
	}
	s := string(b)
	d.known[s] = s
	return s
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
		for t, other := range d.begun {
			// The thread that replaces a program gets the number of the first one; the others are gone.
			if result == 0 && other.Pid == int(order.Uint32(b[12:])) {
				if !ok {
					e, ok = other, true
				}
				delete(d.begun, t)
			}
		}
		e.Errno = result
		return e, ok
	}
	c := trace.CallOf(nr)
	if c == nil || len(b) < recordSize {
		return e, false
	}
	e = trace.Event{
		Time: d.boot.Add(time.Duration(order.Uint64(b))), Pid: int(order.Uint32(b[12:])), Command: d.text(b[40:recordHead]),
		Kind: c.Kind, Flags: order.Uint64(b[32:]) | c.Implied, Errno: result,
	}
	if c.Address {
		e.Text = trace.Address(b[recordHead:recordSize])
	} else {
		e.Text = d.text(b[recordHead:recordSize])
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

// bootTime is when the monotonic clock began.
func bootTime() time.Time {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Now().Add(-time.Duration(ts.Nano()))
}
