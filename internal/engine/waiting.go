package engine

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"
)

// Waiting is somebody's attachment to a container that has yet to be started. Whoever
// starts it hands the far end over (StartOptions), so not a byte is missed; a start by
// another process is noticed soon after.
type Waiting struct {
	session
	far   wire.Conn
	taken atomic.Bool
	began time.Time // of the container's last start
}

// Await attaches to the next life of a container that doesn't run.
func (e *Engine) Await(name string, o *AttachOptions) (*Waiting, error) {
	if _, err := parseDetachKeys(o.DetachKeys); err != nil {
		return nil, err
	}
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	if c.State.Status == folder.Running {
		return nil, &Conflict{errors.New("container " + c.Record.ID + " runs already")}
	}
	near, far, err := wire.Pair()
	if err != nil {
		return nil, err
	}
	tty := c.Record.Config.Tty
	v := view{tty, !o.NoStdin && c.Record.Config.OpenStdin, false, o.DetachKeys, o.Streams.or().only(true, !tty)}
	w := &Waiting{far: far, began: c.State.Started}
	w.session = session{engine: e, conn: near, folder: c.Folder, record: c.Record, view: v, pidfd: -1}
	w.job = wire.Job{Root: e.Root, ID: c.Record.ID, Stdout: v.Out >= 0, Stderr: v.Err >= 0, Input: v.Stdin}
	if err := near.Send(wire.KindAttach, wire.Streams(w.job.Stdout, w.job.Stderr), v.outputs()...); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// ID is the container's.
func (w *Waiting) ID() string { return w.record.ID }

// Close gives up.
func (w *Waiting) Close() {
	w.close()
	if w.take() {
		w.far.Close()
	}
}

// take makes the far end the caller's to hand over, if it is nobody's yet.
func (w *Waiting) take() bool { return w.taken.CompareAndSwap(false, true) }

// taken are those of a list that nobody has handed over.
func taken(list []*Waiting) []*Waiting {
	var own []*Waiting
	for _, w := range list {
		if w.take() {
			own = append(own, w)
		}
	}
	return own
}

// lookEvery is how often a waiting one looks whether another process has started the container.
const lookEvery = 100 * time.Millisecond

// Stay returns the container's exit code when it has been started and has ended.
func (w *Waiting) Stay() (int, error) {
	w.ear = listenTo(w.conn)
	for look := time.NewTicker(lookEvery); ; {
		select {
		case m := <-w.ear.messages:
			look.Stop()
			if err := w.started(m.Message, m.err); err != nil {
				return code(err), err
			}
			return w.stay()
		case <-w.view.Leave:
			look.Stop()
			return 0, errDetached
		case <-look.C:
			if code, over, err := w.look(); over {
				look.Stop()
				return code, err
			}
		}
	}
}

// look joins a container that somebody else has started; over says that it has even ended.
func (w *Waiting) look() (code int, over bool, err error) {
	if w.taken.Load() {
		return 0, false, nil
	}
	st, err := w.folder.ReadState()
	if _, gone := os.Lstat(w.folder.Path("record.json")); gone != nil {
		return 0, true, &folder.NotFound{Name: w.record.ID}
	}
	switch {
	case err != nil:
		return 0, true, err
	case st.Status == folder.Running:
		w.join(st)
	case !st.Started.Equal(w.began):
		return st.ExitCode, true, nil
	}
	return 0, false, nil
}

// join hands the far end to the monitor of a container that runs.
func (w *Waiting) join(st *folder.State) {
	if !w.take() {
		return
	}
	if wire.Hand(st.Monitor, st.Door, w.far) != nil {
		w.taken.Store(false) // its monitor may have been killed: another look will tell
		return
	}
	w.far.Close()
}
