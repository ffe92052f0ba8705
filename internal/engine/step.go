package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor/wire"

	"golang.org/x/sys/unix"
)

// Step is a program that a build runs once, in a container that ends with this process, however
// that ends. Like the classic builder's it has a name that nobody gave it and is seen by `ps`.
type Step struct {
	RunOptions
	Layers []string // folders, topmost first
	Upper  string   // a folder with what was written before, which the step takes; "" begins with nothing
	More   []StepMount
	// Out and Err take the output; with a terminal it is the user's.
	Out, Err io.Writer
}

// StepResult is what became of it.
type StepResult struct {
	Code  int
	Upper string // the folder with what it has written, until Close
	Close func()
}

// RunStep runs a step to its end. The end of ctx kills it.
func (e *Engine) RunStep(ctx context.Context, st *Step) (*StepResult, error) {
	if _, err := e.containers(); err != nil { // makes the root absolute
		return nil, err
	}
	type outcome struct {
		res *StepResult
		err error
	}
	done := make(chan outcome)
	go func() {
		// What is mounted for the step belongs to a mount namespace of this thread and of the
		// monitor that it starts. It is not unlocked, so the thread ends with the goroutine.
		if len(st.More) > 0 {
			runtime.LockOSThread()
		}
		res, err := e.runStep(ctx, st)
		done <- outcome{res, err}
	}()
	o := <-done
	return o.res, o.err
}

func (e *Engine) runStep(ctx context.Context, st *Step) (res *StepResult, err error) {
	store, err := e.containers()
	if err != nil {
		return nil, err
	}
	st.Remove = true // nothing of it outlives a power cut
	r, err := st.draft(&image{Layers: st.Layers})
	if err != nil {
		return nil, err
	}
	release, err := e.mountStep(st, r)
	defer release()
	if err != nil {
		return nil, err
	}
	f, lock, err := e.create(store, &st.RunOptions, r)
	if err != nil {
		return nil, err
	}
	remove := func() { _ = discard(store, f, r) }
	if st.Upper != "" {
		if err := os.Rename(st.Upper, f.Path("upper")); err != nil {
			remove()
			lock.Free()
			return nil, fmt.Errorf("go on with the step's files: %w", err)
		}
	}
	code, err := e.attendStep(ctx, st, r, f, lock)
	if err != nil {
		remove()
		return nil, err
	}
	return &StepResult{Code: code, Upper: f.Path("upper"), Close: remove}, nil
}

// mountStep mounts what the step is to find, where this thread alone sees it.
func (e *Engine) mountStep(st *Step, r *folder.Record) (release func(), err error) {
	if len(st.More) == 0 {
		return func() {}, nil
	}
	dir := e.Root + "/build/mnt"
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return func() {}, err
	}
	more, release, err := mountForStep(dir, st.More)
	r.Mounts = append(r.Mounts, more...)
	return release, err
}

// attendStep starts the step and passes its output on until it has ended.
func (e *Engine) attendStep(ctx context.Context, st *Step, r *folder.Record, f folder.Folder, lock *folder.Lock) (int, error) {
	out, err := newStepOutput(st)
	if err != nil {
		lock.Free()
		return 0, err
	}
	defer out.close()
	conn, pid, err := e.spawn()
	if err != nil {
		lock.Free()
		return 0, err
	}
	s := &session{engine: e, conn: conn, monitor: pid, pidfd: -1, folder: f, record: r, view: view{TTY: st.TTY, Stdin: st.TTY, Streams: out.streams}}
	s.job = wire.Job{Root: e.Root, ID: r.ID, Stdout: true, Stderr: !st.TTY, Input: st.TTY, Tied: true}
	defer s.close()
	if st.TTY {
		s.showTerminal()
		defer s.term.restore()
	}
	if err := s.begin(lock); err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Send(wire.KindSignal, []byte{byte(unix.SIGKILL)}) })
	defer stop()
	code, err := s.stay()
	if errors.Is(err, errDetached) {
		err = nil
	}
	return code, err
}

// stepOutput is the pipes that a step writes to. The monitor writes to them too, so their
// end comes when it has gone.
type stepOutput struct {
	streams Streams
	files   []*os.File
	copied  []chan struct{}
}

func newStepOutput(st *Step) (*stepOutput, error) {
	o := &stepOutput{streams: Streams{In: os.Stdin, Out: 1, Err: -1}}
	if st.TTY {
		return o, nil
	}
	o.streams.In, o.streams.Pipes = nil, true
	for _, x := range [...]struct {
		to *int
		w  io.Writer
	}{{&o.streams.Out, st.Out}, {&o.streams.Err, st.Err}} {
		r, w, err := os.Pipe()
		if err != nil {
			o.close()
			return nil, err
		}
		*x.to = int(w.Fd())
		o.files = append(o.files, w)
		done := make(chan struct{})
		o.copied = append(o.copied, done)
		go func() {
			defer close(done)
			defer r.Close()
			_, _ = io.Copy(x.w, r)
		}()
	}
	return o, nil
}

// close waits until everything that was written has been passed on.
func (o *stepOutput) close() {
	for _, f := range o.files {
		f.Close()
	}
	for _, done := range o.copied {
		<-done
	}
}
