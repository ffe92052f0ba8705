package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/build/tree"
	"bantam/internal/image/digest"
	"bantam/internal/image/reference"
	"bantam/internal/linux/mount"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"golang.org/x/sys/unix"
)

// work is a stage that is being built.
type work struct {
	*run
	stage *dockerfile.Stage
	base  *Base // of an image
	files *Named
	done  chan struct{} // closed when layers are final, or err is set
	err   error

	layers []made
	last   *progress.Step // the step that made the topmost layer
	key    digest.Digest  // of the last step, for the cache's order

	once   sync.Once // opens the files
	opened *tree.Tree
	bad    error
}

// made is a layer of a stage.
type made struct {
	diff    digest.Digest
	history int // index of its entry in the history
	created time.Time
	record  *cache.Record // nil for a layer of an image
}

// resolve finds the stages that are needed and what they begin with. Triggers of base
// images may need further stages.
func (r *run) resolve(ctx context.Context, target *dockerfile.Stage) error {
	for {
		needed, err := r.file.Needed(target)
		if err != nil {
			return err
		}
		r.order = r.order[:0]
		var open []*work
		for _, s := range needed {
			w := r.works[s]
			if w == nil {
				w = &work{run: r, stage: s, done: make(chan struct{})}
				r.works[s] = w
			}
			r.order = append(r.order, w)
			if s.Unbased() && !s.Scratch() {
				open = append(open, w)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if err := r.loadAll(ctx, open); err != nil {
			return err
		}
	}
}

// loadAll loads base images side by side.
func (r *run) loadAll(ctx context.Context, open []*work) error {
	errs := make([]error, len(open))
	var wg sync.WaitGroup
	for i, w := range open {
		wg.Go(func() {
			if err := w.load(ctx); err != nil {
				errs[i] = parser.WithLocation(err, w.stage.Lines)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	for _, w := range open { // one after the other: it changes the file's list of stages
		img := &dockerfile.Image{}
		if w.base != nil {
			w.stage.Ref = w.base.Ref
			if err := json.Unmarshal(w.base.Config, img); err != nil {
				return parser.WithLocation(fmt.Errorf("failed to parse image config: %w", err), w.stage.Lines)
			}
		}
		if err := w.stage.SetBase(img); err != nil {
			return err
		}
	}
	return nil
}

// named finds the --build-context for a stage.
func (w *work) named() *Named {
	s := w.stage
	if s.Context {
		return w.opt.Contexts[strings.ToLower(s.Name)]
	}
	if n := w.opt.Contexts[strings.ToLower(s.Base)]; n != nil {
		return n
	}
	if ref, err := reference.Parse(s.Base); err == nil {
		for _, name := range [...]string{ref.Tagged().Familiar(), ref.Tagged().String(), ref.Familiar()} {
			if n := w.opt.Contexts[strings.ToLower(name)]; n != nil {
				return n
			}
		}
	}
	return nil
}

// load finds what the stage begins with.
func (w *work) load(ctx context.Context) (err error) {
	name := w.stage.Base
	if n := w.named(); n != nil {
		switch {
		case n.Files != nil:
			w.files = n
			return nil
		case n.Load != nil:
			w.base, err = n.Load(ctx, w.Lease, w.stage.Wants())
			return err
		}
		name = n.Image
	}
	ref, err := reference.Parse(name)
	if err != nil {
		return fmt.Errorf("failed to parse stage name %q: invalid reference format", name)
	}
	w.base, err = w.image(ctx, name, ref, w.stage.Wants())
	return w.stage.Near(err, name)
}

// image loads an image once for all stages that begin with it.
func (r *run) image(ctx context.Context, name string, ref reference.Reference, p dockerfile.Platform) (*Base, error) {
	r.mu.Lock()
	key := ref.Tagged().String() + " " + p.String()
	l := r.loads[key]
	if l == nil {
		l = &load{}
		r.loads[key] = l
	}
	r.mu.Unlock()
	l.once.Do(func() {
		step := r.Log.Start("[internal] load metadata for " + ref.Tagged().String())
		if l.base, l.err = r.Images.Image(ctx, r.Lease, name, p, step); l.err != nil {
			l.err = fmt.Errorf("%s: failed to resolve source metadata for %s: %w", name, ref.Tagged().String(), l.err)
		}
		step.Finish(l.err)
		if l.err == nil {
			r.used(imageMaterial(ref, p, l.base))
		}
	})
	return l.base, l.err
}

// imageMaterial names a base image as a package URL; its digest is the manifest's, else the
// configuration's.
func imageMaterial(ref reference.Reference, p dockerfile.Platform, b *Base) Material {
	m := Material{URI: "pkg:docker/" + ref.FamiliarName() + "@" + ref.Tagged().Tag + "?platform=" + strings.ReplaceAll(p.String(), "/", "%2F"), Digest: digest.FromBytes(b.Config)}
	if _, sum, ok := strings.Cut(b.Ref, "@"); ok {
		if d, err := digest.Parse(sum); err == nil {
			m.Digest = d
		}
	}
	return m
}

// load is the loading of an image.
type load struct {
	once sync.Once
	base *Base
	err  error
}

// await waits for another stage.
func (w *work) await(ctx context.Context, s *dockerfile.Stage) (*work, error) {
	d := w.works[s]
	if d == nil {
		return nil, fmt.Errorf("stage %s was not prepared", s.Title())
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d.err != nil {
		return nil, errStage
	}
	return d, nil
}

// errStage ends a stage quietly: the one that it needs has said what is wrong.
var errStage = errors.Join(context.Canceled, errors.New("another stage failed"))

// build builds the stage.
func (w *work) build(ctx context.Context) (err error) {
	if err := w.inherit(ctx); err != nil {
		return err
	}
	for _, s := range w.stage.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.step(ctx, s); err != nil {
			return parser.WithLocation(err, s.Lines)
		}
	}
	return nil
}

// inherit takes over the layers of the base.
func (w *work) inherit(ctx context.Context) error {
	s := w.stage
	switch {
	case s.From != nil:
		d, err := w.await(ctx, s.From)
		if err != nil {
			return err
		}
		w.layers, w.last, w.key = append(w.layers, d.layers...), d.last, d.key
		return nil
	case w.files != nil:
		return w.beginFiles(ctx)
	case w.base == nil:
		return nil
	}
	step := w.Log.Start(s.FromName)
	history := 0
	for _, d := range s.Image.RootFS.DiffIDs {
		diff, err := digest.Parse(d.String())
		if err != nil {
			step.Finish(err)
			return err
		}
		if there, err := w.Lease.Protect(diff); err != nil || !there {
			err = errors.Join(err, fmt.Errorf("layer %s of %s is missing: pull the image again", diff.Short(), w.base.Ref))
			step.Finish(err)
			return err
		}
		for history < len(s.Image.History) && s.Image.History[history].EmptyLayer {
			history++
		}
		w.layers = append(w.layers, made{diff: diff, history: history})
		history++
	}
	w.last = step
	step.FromCache()
	return nil
}

// beginFiles makes a layer of a --build-context that a stage goes on from.
func (w *work) beginFiles(ctx context.Context) error {
	if len(w.stage.Steps) == 0 && w.stage.Implicit() {
		return nil // it is only copied from
	}
	c := &dockerfile.Copy{Sources: []string{"."}, Dest: "/"}
	s := &dockerfile.Step{Name: "[internal] load context " + w.stage.Title(), Stage: w.stage, Copy: c, History: -1}
	return w.copyFrom(ctx, s, w.files.Files.Tree)
}

// chain is the identity of the layers so far (image-spec, config.md, "Layer ChainID").
func (w *work) chain() digest.Digest {
	var id digest.Digest
	for _, l := range w.layers {
		if id == "" {
			id = l.diff
		} else {
			id = digest.FromBytes([]byte(id.String() + " " + l.diff.String()))
		}
	}
	return id
}

// folders are the layers so far, topmost first.
func (w *work) folders() []string {
	var diffs []digest.Digest
	for _, l := range w.layers {
		diffs = append(diffs, l.diff)
	}
	return w.Lease.Folders(diffs)
}

// tree opens the files of a finished stage.
func (w *work) tree() (*tree.Tree, error) {
	w.once.Do(func() {
		if w.files != nil && len(w.layers) == 0 {
			w.opened = w.files.Files.Tree
			return
		}
		w.opened, w.bad = w.mounted()
	})
	return w.opened, w.bad
}

// mounted mounts the layers so far, read-only, for a descriptor.
func (w *work) mounted() (*tree.Tree, error) {
	fd, err := MountLayers(w.folders(), w.Temp)
	if err != nil {
		return nil, fmt.Errorf("mount the layers of %s: %w", w.stage.Title(), err)
	}
	return &tree.Tree{FD: fd}, nil
}

// MountLayers mounts folders of layers, topmost first, read-only for a descriptor. temp is a
// folder to work in.
func MountLayers(folders []string, temp string) (int, error) {
	if len(folders) == 0 {
		empty := temp + "/empty"
		if err := unix.Mkdir(empty, 0o755); err != nil && err != unix.EEXIST {
			return -1, fmt.Errorf("create %s: %w", empty, err)
		}
		folders = []string{empty}
	}
	return mount.Overlay(folders, nil)
}

func (w *work) close() {
	if w.opened != nil && (w.files == nil || len(w.layers) > 0) {
		unix.Close(w.opened.FD)
	}
	w.opened = nil
}
