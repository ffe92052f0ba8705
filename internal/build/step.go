package build

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
)

// step makes one layer, or finds it in the cache.
func (w *work) step(ctx context.Context, s *dockerfile.Step) error {
	switch {
	case s.Run != nil:
		return w.runStep(ctx, s)
	case s.Copy != nil:
		return w.copyStep(ctx, s)
	}
	return w.dirStep(ctx, s)
}

// layer finds the layer by its key, or lets fill write its tar file. pg is started already.
func (w *work) layer(ctx context.Context, s *dockerfile.Step, pg *progress.Step, k digest.Digest, fill func(out io.Writer) error) error {
	free, hit, err := w.lookup(s, k)
	if err != nil {
		return w.failed(ctx, pg, err)
	}
	if hit != nil {
		w.take(s, pg, hit)
		pg.FromCache()
		return nil
	}
	defer free()
	rec, err := w.keep(ctx, s, k, fill)
	if err != nil {
		return w.failed(ctx, pg, err)
	}
	w.take(s, pg, rec)
	pg.Finish(nil)
	return nil
}

// lookup finds a record whose layer is there. Without one the key is locked: another
// build that works on it is waited for.
func (w *work) lookup(s *dockerfile.Step, k digest.Digest) (free func(), hit *cache.Record, err error) {
	if hit, err = w.find(s, k); hit != nil || err != nil {
		return nil, hit, err
	}
	if free, err = w.Cache.Lock(k); err != nil {
		return nil, nil, err
	}
	if hit, err = w.find(s, k); hit != nil || err != nil {
		free()
		return nil, hit, err
	}
	return free, nil, nil
}

// find finds a record; without a cache only one that this very build has made: for another
// platform, or in another stage.
func (w *work) find(s *dockerfile.Step, k digest.Digest) (*cache.Record, error) {
	if w.opt.NoCache || s.Stage.NoCache {
		if _, own := w.made.Load(k); !own {
			return nil, nil
		}
	}
	rec, ok := w.Cache.Get(k)
	if !ok || rec.Diff == "" {
		return nil, nil
	}
	there, err := w.Lease.Protect(rec.Diff)
	if err != nil || !there || !w.Lease.HasLayer(rec.Diff) {
		return nil, err
	}
	return rec, nil
}

// keep brings the tar file that fill writes into the store and remembers it.
func (w *work) keep(ctx context.Context, s *dockerfile.Step, k digest.Digest, fill func(out io.Writer) error) (*cache.Record, error) {
	r, out := io.Pipe()
	go func() {
		b := bufio.NewWriterSize(out, 256<<10) // a header alone is not worth a change of goroutines
		err := fill(b)
		if err == nil {
			err = b.Flush()
		}
		out.CloseWithError(err)
	}()
	defer r.Close()
	l, err := w.Lease.Layer(ctx, &local.Source{Open: func(int64) (io.ReadCloser, error) { return r, nil }})
	if err != nil {
		return nil, err
	}
	if err := w.Lease.Publish(); err != nil {
		return nil, err
	}
	rec := &cache.Record{Key: k, Diff: l.DiffID, Size: l.Size, Created: time.Now().UTC(), What: s.Name, Parent: w.key}
	w.made.Store(k, true)
	return rec, w.Cache.Put(rec)
}

// take puts the layer on top of the stage's.
func (w *work) take(s *dockerfile.Step, pg *progress.Step, rec *cache.Record) {
	w.layers = append(w.layers, made{rec.Diff, s.History, rec.Created, rec})
	w.last, w.key = pg, rec.Key
}

// failed ends the step in the progress and gives the error the step's output.
func (w *work) failed(ctx context.Context, pg *progress.Step, err error) error {
	if errors.Is(err, context.Canceled) || ctx.Err() != nil {
		pg.Cancel()
		return errors.Join(context.Canceled, err)
	}
	pg.Finish(err)
	return &StepError{Step: pg, Output: pg.Tail(), Err: err}
}

// start begins a step in the progress, after those that it waits for.
func (w *work) start(s *dockerfile.Step, more ...*work) *progress.Step {
	var inputs []*progress.Step
	for _, d := range append([]*work{w}, more...) {
		if d.last != nil {
			inputs = append(inputs, d.last)
		}
	}
	return w.Log.Start(s.Name, inputs...)
}

// time is what files get that have no time of their own.
func (w *work) time() time.Time {
	if e := w.opt.File.Epoch; e != nil {
		return *e
	}
	return w.begin
}

// epoch is a part of every key: it is in the files.
func (w *work) epoch() string {
	if e := w.opt.File.Epoch; e != nil {
		return fmt.Sprint(e.Unix())
	}
	return ""
}
