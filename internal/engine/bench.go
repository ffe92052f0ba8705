package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// BenchOptions are those of bantam bench.
type BenchOptions struct {
	Runs    int           // starts, of which the median counts
	Idle    time.Duration // how long it is left alone before and while it is looked at
	Command []string      // in place of the image's
}

// BenchResult is what a container of an image costs.
type BenchResult struct {
	Image string
	// Start is the median, Fastest the least time from the command to the program's first instruction.
	Start, Fastest time.Duration
	// Memory is what `stats` shows of it at rest, in bytes; CPU what it uses then, in percent of one CPU.
	Memory uint64
	CPU    float64
	Pids   uint64
	// Unpacked and Compressed are the bytes of its layers on disk and as a registry sends them.
	Unpacked, Compressed int64
	Files, SetUID        int
}

// Bench measures an image: how fast its container starts, what it takes at rest, how big it is.
func (e *Engine) Bench(ctx context.Context, name string, o *BenchOptions) (*BenchResult, error) {
	img, err := e.image(name, "")
	if err != nil {
		return nil, err
	}
	r := &BenchResult{Image: name}
	for _, part := range [...]func(context.Context, *image, *BenchOptions) error{r.sizes(e), r.files, r.starts(e), r.rest(e)} {
		if err := part(ctx, img, o); err != nil {
			return nil, fmt.Errorf("bench %s: %w", name, err)
		}
	}
	return r, nil
}

// sizes adds the layers up. Those that are kept unpacked alone are compressed for it.
func (r *BenchResult) sizes(e *Engine) func(context.Context, *image, *BenchOptions) error {
	return func(ctx context.Context, img *image, _ *BenchOptions) error {
		s, err := e.images()
		if err != nil {
			return err
		}
		id, err := digest.Parse(img.ID)
		if err != nil {
			return err
		}
		i, err := s.Find(img.ID)
		if err != nil {
			return err
		}
		r.Unpacked = i.Size
		lease, err := s.Lease()
		if err != nil {
			return err
		}
		defer lease.Close()
		_, m, err := lease.Manifest(ctx, local.Target{Image: id}, false)
		if err != nil {
			return err
		}
		for _, l := range m.Layers {
			r.Compressed += l.Size
		}
		return nil
	}
}

// files counts what the image has, and the programs that give rights to who calls them.
func (r *BenchResult) files(_ context.Context, img *image, _ *BenchOptions) error {
	layers := img.Layers[:len(img.Layers)-1] // without the base of mount points that all containers have
	if len(layers) == 0 {
		return nil
	}
	fd, err := readOnlyTree(layers)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return filepath.WalkDir("/proc/self/fd/"+strconv.Itoa(fd)+"/", func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		r.Files++
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err == nil && info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
			r.SetUID++
		}
		return err
	})
}

// starts measures how long it takes until the program runs.
func (r *BenchResult) starts(e *Engine) func(context.Context, *image, *BenchOptions) error {
	return func(ctx context.Context, img *image, o *BenchOptions) error {
		var times []time.Duration
		for i := range o.Runs + 1 {
			if err := ctx.Err(); err != nil {
				return err
			}
			begin := time.Now()
			s, err := e.prepare(benchRun(img, o))
			if err != nil {
				return err
			}
			if i > 0 { // the first one warms the caches
				times = append(times, time.Since(begin))
			}
			s.stopNow()
		}
		slices.Sort(times)
		r.Start, r.Fastest = times[len(times)/2], times[0]
		return nil
	}
}

// rest looks at a container that has been left alone.
func (r *BenchResult) rest(e *Engine) func(context.Context, *image, *BenchOptions) error {
	return func(ctx context.Context, img *image, o *BenchOptions) error {
		s, err := e.prepare(benchRun(img, o))
		if err != nil {
			return err
		}
		defer s.stopNow()
		var before *Sample
		for range 2 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(o.Idle):
			}
			now, err := e.Sample(s.record.ID)
			if err != nil || now.Cgroup == nil {
				return errors.Join(errors.New("its program has ended by itself: name one that stays, as sleep 1000"), err)
			}
			if before != nil {
				r.CPU = now.CPUPercent(before)
			}
			r.Memory, r.Pids, before = now.Memory(), now.Pids(), now
		}
		return nil
	}
}

// benchRun is a container that nobody talks to: its program stays as long as its standard input is open, if that is what it waits for.
func benchRun(img *image, o *BenchOptions) *RunOptions {
	return &RunOptions{
		Image: img.ID, Command: o.Command, Stdin: true, Attach: []string{"stdin"}, Remove: true, LogDriver: "none",
		NetworkOptions: NetworkOptions{Network: "none"}, Health: HealthOptions{Disable: true},
	}
}

// stopNow ends the container of a session and waits until it is gone.
func (s *session) stopNow() {
	if s.pidfd >= 0 {
		_ = unix.PidfdSendSignal(s.pidfd, unix.SIGKILL, nil, 0)
	}
	s.dismiss()
}
