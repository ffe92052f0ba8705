package engine

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
)

// Attachment is somebody who attends to a container, which may have yet to be started.
// Whoever starts it hands the far end over (StartOptions), so not a byte is missed; a
// start by another process is noticed soon after.
type Attachment struct {
	session
	far     wire.Conn
	live    bool        // the container ran already
	taken   atomic.Bool // the far end is no longer ours
	began   time.Time   // of the container's last start
	code    int         // exit code of a container that has ended already
	over    bool        // and nobody waits for another life
	removed bool        // stays until the container is removed
}

// Connect attaches to a container; to its next life if it doesn't run.
func (e *Engine) Connect(name string, o *AttachOptions) (*Attachment, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return nil, &Invalid{err}
	}
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	if c.State.Status == folder.Running && c.Marked(folder.Paused) {
		return nil, &Conflict{errors.New("container " + c.Record.ID + " is paused, unpause the container before attach")}
	}
	a, err := e.connect(c, !o.NoStdin, o.DetachKeys, o.Streams.or())
	if err == nil {
		e.containerEvent(c.Record, "attach")
	}
	return a, err
}

func (e *Engine) connect(c *container, stdin bool, keys string, streams Streams) (*Attachment, error) {
	near, far, err := wire.Pair()
	if err != nil {
		return nil, err
	}
	tty := c.Record.Config.Tty
	v := view{tty, stdin && c.Record.Config.OpenStdin, false, keys, streams.only(true, !tty)}
	a := &Attachment{far: far, began: c.State.Started, code: c.State.ExitCode}
	a.session = session{engine: e, conn: near, folder: c.Folder, record: c.Record, view: v, pidfd: -1}
	a.job = wire.Job{Root: e.Root, ID: c.Record.ID, Stdout: v.Out >= 0, Stderr: v.Err >= 0, Input: v.Stdin}
	err = near.Send(wire.KindAttach, wire.Streams(a.job.Stdout, a.job.Stderr), v.outputs()...)
	if err == nil && c.State.Status == folder.Running {
		a.taken.Store(true)
		a.live = true
		err = wire.Hand(c.State.Monitor, c.State.Door, far)
		far.Close()
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// ID is the container's.
func (a *Attachment) ID() string { return a.record.ID }

// TTY says whether the container has a terminal.
func (a *Attachment) TTY() bool { return a.view.TTY }

// Close leaves the container.
func (a *Attachment) Close() {
	a.close()
	if a.take() {
		a.far.Close()
	}
}

// take makes the far end the caller's to hand over, if it is nobody's yet.
func (a *Attachment) take() bool { return a.taken.CompareAndSwap(false, true) }

// untaken are those of a list that nobody has handed over.
func untaken(list []*Attachment) []*Attachment {
	var own []*Attachment
	for _, a := range list {
		if a.take() {
			own = append(own, a)
		}
	}
	return own
}

// lookEvery is how often a waiting one looks whether another process has started the
// container, or removed it.
const lookEvery = 100 * time.Millisecond

// Stay returns the container's exit code when it has ended.
func (a *Attachment) Stay() (int, error) {
	code, err := a.life()
	var missing *folder.NotFound
	if a.removed && (err == nil || errors.As(err, &missing)) {
		return code, a.awaitRemoval()
	}
	return code, err
}

// life attends to one life of the container.
func (a *Attachment) life() (int, error) {
	if a.over {
		return a.code, nil
	}
	a.ear = listenTo(a.conn, a.view.Leave != nil)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case m := <-a.ear.messages:
			look.Stop()
			if a.live && (m.err == io.EOF || m.Kind == wire.KindExited) {
				return a.ended(m)
			}
			if err := a.started(m.Message, m.err); err != nil {
				return code(err), err
			}
			return a.stay()
		case <-a.view.Leave:
			return 0, errDetached
		case <-look.C:
			if code, over, err := a.look(); over {
				return code, err
			}
		}
	}
}

// ended is for who came to a running container that ended just then, or whose monitor
// was killed.
func (a *Attachment) ended(m heard) (int, error) {
	if m.err == nil && len(m.Body) == 1 {
		code := int(m.Body[0])
		for m.err == nil && m.Kind != wire.KindGone && m.Kind != wire.KindRest {
			m = <-a.ear.messages
		}
		return code, nil
	}
	_, c, err := a.engine.get(a.record.ID)
	if err != nil {
		return 0, err
	}
	if c.State.Status != folder.Running {
		return c.State.ExitCode, nil
	}
	again, err := a.engine.connect(c, a.view.Stdin, a.view.DetachKeys, a.view.Streams)
	if err != nil {
		return 0, err
	}
	a.close()
	a.session = again.session
	return a.life()
}

// look joins a container that somebody else has started; over says that it has even ended.
func (a *Attachment) look() (code int, over bool, err error) {
	if a.taken.Load() {
		return 0, false, nil
	}
	st, err := a.folder.ReadState()
	switch {
	case a.gone():
		return a.code, true, &folder.NotFound{Name: a.record.ID}
	case err != nil:
		return 0, true, err
	case st.Status == folder.Running:
		a.join(st)
	case !st.Started.Equal(a.began):
		return st.ExitCode, true, nil
	}
	return 0, false, nil
}

func (a *Attachment) gone() bool {
	_, err := os.Lstat(a.folder.Path("record.json"))
	return err != nil
}

// join hands the far end to the monitor of a container that runs.
func (a *Attachment) join(st *folder.State) {
	if !a.take() {
		return
	}
	if wire.Hand(st.Monitor, st.Door, a.far) != nil {
		a.taken.Store(false) // its monitor may have been killed: another look will tell
		return
	}
	a.far.Close()
}

func (a *Attachment) awaitRemoval() error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !a.gone() {
		select {
		case <-look.C:
		case <-a.view.Leave:
			return errDetached
		}
	}
	return nil
}
