package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// watch ends a request in which nothing moves. It runs while the other side is waited
// for, and rests while our own does something with what arrived.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	after  time.Duration
	timer  *time.Timer
}

// StallError says that a registry sent nothing for too long.
type StallError struct{ After time.Duration }

func (e *StallError) Error() string { return fmt.Sprintf("nothing arrived for %s", e.After) }

func newWatch(ctx context.Context, after time.Duration) *watch {
	w := &watch{after: after}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(after, func() { w.cancel(&StallError{after}) })
	return w
}

func (w *watch) run() { w.timer.Reset(w.after) }

func (w *watch) rest() { w.timer.Stop() }

// stop ends the request, whatever it is doing.
func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain says that it was a stall, where net/http says "context canceled".
func (w *watch) explain(err error) error {
	var s *StallError
	if errors.As(context.Cause(w.ctx), &s) {
		return s
	}
	return err
}

// watchedReader is a body that is sent.
type watchedReader struct {
	io.Reader
	w *watch
}

func (r *watchedReader) Read(p []byte) (int, error) {
	r.w.rest()
	defer r.w.run()
	return r.Reader.Read(p)
}

// Close closes what is sent; net/http does so when it is gone.
func (r *watchedReader) Close() error {
	if c, ok := r.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// watchedBody is a body that is received.
type watchedBody struct {
	io.ReadCloser
	w *watch
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.w.run()
	n, err := b.ReadCloser.Read(p)
	b.w.rest()
	if err != nil && err != io.EOF {
		err = b.w.explain(err)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.w.stop()
	return b.ReadCloser.Close()
}

// isNetwork says whether an error is the connection's.
func isNetwork(err error) bool {
	var stall *StallError
	var network net.Error
	return errors.As(err, &stall) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
