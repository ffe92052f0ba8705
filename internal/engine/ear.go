package engine

import (
	"errors"
	"os"

	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// heard is one message, or the error instead.
type heard struct {
	wire.Message
	err error
}

// ear receives what a monitor says, in a goroutine of its own, until the connection ends.
type ear struct {
	messages   chan heard
	stop, done chan struct{}
}

// listenTo listens to a monitor. many: this process has many ears, so that the goroutine
// must not cost a thread; Go's poller, which a command can do without, wakes it.
func listenTo(conn wire.Conn, many bool) *ear {
	e := &ear{messages: make(chan heard), stop: make(chan struct{}), done: make(chan struct{})}
	receive, free := conn.Receive, func() {}
	if many {
		receive, free = polled(conn)
	}
	go func() {
		defer close(e.done)
		defer free()
		for {
			m, err := receive()
			select {
			case e.messages <- heard{m, err}:
			case <-e.stop:
				m.Drop()
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return e
}

// polled is the connection's Receive by Go's poller.
func polled(conn wire.Conn) (receive func() (wire.Message, error), free func()) {
	fd, err := unix.FcntlInt(uintptr(conn.FD), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return conn.Receive, func() {}
	}
	f := os.NewFile(uintptr(fd), "monitor")
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		_ = unix.SetNonblock(conn.FD, false)
		return conn.Receive, func() {}
	}
	return func() (m wire.Message, err error) {
		bad := raw.Read(func(fd uintptr) bool {
			m, err = wire.Conn{FD: int(fd)}.Receive()
			return !errors.Is(err, unix.EAGAIN)
		})
		if bad != nil {
			err = bad
		}
		return m, err
	}, func() { f.Close() }
}

// close waits for the goroutine's end; the connection has been shut down.
func (e *ear) close() {
	if e != nil {
		close(e.stop)
		<-e.done
	}
}
