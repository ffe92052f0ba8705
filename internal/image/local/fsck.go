package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/reference"

	"golang.org/x/sys/unix"
)

// Problem is something in the store that is not as it should be.
type Problem struct {
	Object   string // "layer 0123456789ab"
	What     string // what is wrong with it
	Remedy   string // what Repair does about it
	Repaired bool
	fix      func(context.Context) error
}

// Checked counts what Check has looked at.
type Checked struct {
	Images, Layers, Blobs, Names int
	Bytes                        int64 // that were read
}

// Check reads everything there is and compares it with its digests: every blob, and every
// layer by making its tar file again. What is brought in or removed meanwhile is no problem.
func (s *Store) Check(ctx context.Context) ([]Problem, Checked, error) {
	c := &checker{store: s, ctx: ctx, bad: map[digest.Digest]bool{}}
	for _, step := range [...]func() error{c.blobs, c.layers, c.images, c.names} {
		if err := step(); err != nil {
			return c.problems, c.count, err
		}
	}
	return c.problems, c.count, nil
}

// Repair does what can be done, in the order in which the problems were found, and
// removes what killed commands have left.
func (s *Store) Repair(ctx context.Context, problems []Problem, keep Keep) error {
	for i := range problems {
		if err := problems[i].fix(ctx); err != nil {
			return fmt.Errorf("repair %s: %w", problems[i].Object, err)
		}
		problems[i].Repaired = true
	}
	_, err := s.Collect(keep)
	return err
}

type checker struct {
	store    *Store
	ctx      context.Context
	problems []Problem
	count    Checked
	bad      map[digest.Digest]bool // layers that can't be had again
}

func (c *checker) report(object, what, remedy string, fix func(context.Context) error) {
	c.problems = append(c.problems, Problem{Object: object, What: what, Remedy: remedy, fix: fix})
}

// locked makes a repair that deletes.
func (c *checker) locked(do func() error) func(context.Context) error {
	return func(context.Context) error {
		free, err := c.store.Lock()
		if err != nil {
			return err
		}
		defer free()
		return do()
	}
}

func (c *checker) blobs() error {
	list, err := c.store.Blobs().List()
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if err := c.blob(d); err != nil && !errors.Is(err, os.ErrNotExist) {
			c.report("blob "+d.Short(), err.Error(), "delete it: it is pulled or made again when it is needed", c.locked(func() error { return c.store.Blobs().Remove(d) }))
		}
	}
	return nil
}

func (c *checker) blob(d digest.Digest) error {
	r, err := c.store.Blobs().Open(d)
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, struct{ io.Reader }{r})
	c.count.Blobs++
	c.count.Bytes += n
	return err
}

func (c *checker) layers() error {
	names, err := blob.Names(c.store.Root + "/layers")
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if len(n) != 64 || !digest.IsHex(n) {
			continue
		}
		d := digest.FromHex(n)
		err := c.layer(d)
		if err != nil && c.store.HasLayer(d) {
			c.badLayer(d, err)
		}
	}
	return nil
}

// layer makes the tar file again, and looks whether all that is in it is there. Where
// entries have replaced each other, their contents have to do.
func (c *checker) layer(d digest.Digest) error {
	w := &counting{}
	c.count.Layers++
	defer func() { c.count.Bytes += w.n }()
	if exists(c.store.layer(d) + ".old") {
		return c.store.WriteTar(w, d)
	}
	root, err := openFolder(c.store.layer(d))
	if err != nil {
		return err
	}
	defer unix.Close(root)
	r, in := io.Pipe()
	compared := make(chan error, 1)
	go func() {
		err := layer.Compare(root, r)
		if err == nil {
			_, err = io.Copy(io.Discard, r) // what follows the end of the archive
		}
		r.CloseWithError(errCompared)
		compared <- err
	}()
	err = c.store.WriteTar(io.MultiWriter(w, in), d)
	in.CloseWithError(err)
	if other := <-compared; err == nil || errors.Is(err, errCompared) {
		err = other
	}
	return err
}

var errCompared = errors.New("compared")

type counting struct{ n int64 }

func (c *counting) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// badLayer can be unpacked again if its blob is kept and good.
func (c *checker) badLayer(d digest.Digest, why error) {
	what := strings.TrimPrefix(why.Error(), "write layer "+d.Short()+": ")
	if b, ok, err := c.store.Compressed(d); err == nil && ok && c.blob(b.Digest) == nil {
		c.report("layer "+d.Short(), what, "unpack it again from its blob", func(ctx context.Context) error { return c.store.unpackAgain(ctx, b) })
		return
	}
	c.bad[d] = true
	c.report("layer "+d.Short(), what, "delete it", c.locked(func() error { return c.store.discardLayer(d) }))
}

// discardLayer takes a layer's name away. The caller has the lock.
func (s *Store) discardLayer(d digest.Digest) error {
	m := &marker{store: s, marked: map[digest.Digest]bool{}}
	for _, part := range [...]string{"", ".recipe", ".old"} {
		if err := s.sweepLayer(m, d.Hex()+part, &Collected{}); err != nil {
			return err
		}
	}
	return nil
}

// unpackAgain puts a layer in the place of what there is of it.
func (s *Store) unpackAgain(ctx context.Context, b LayerBlob) error {
	lease, err := s.Lease()
	if err != nil {
		return err
	}
	defer lease.Close()
	st, err := lease.bring(ctx, &Source{Blob: b.Digest, DiffID: b.DiffID})
	if err != nil {
		return err
	}
	lease.keep(st)
	if err := lease.flush(); err != nil {
		return err
	}
	free, err := s.Lock()
	if err != nil {
		return err
	}
	defer free()
	if err := s.discardLayer(b.DiffID); err != nil {
		return err
	}
	_, err = lease.publish()
	return err
}

func (c *checker) images() error {
	ids, err := c.store.IDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := c.image(id)
		c.count.Images++
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			c.report("image "+id.Short(), err.Error(), "delete it with its names: pull or load it again", c.locked(func() error { return c.store.forget(id) }))
		}
	}
	return nil
}

func (c *checker) image(id digest.Digest) error {
	if _, err := c.store.RawConfig(id); err != nil { // which verifies
		return err
	}
	i, err := c.store.read(id)
	if err != nil {
		return err
	}
	if i.Artifact != nil && !c.store.hasAll(i.Artifact) && c.store.stillThere(id) {
		return errors.New("a part of the artifact is lost")
	}
	for _, d := range i.RootFS.DiffIDs {
		if c.bad[d] || !c.store.HasLayer(d) && c.store.stillThere(id) {
			return fmt.Errorf("its layer %s is lost", d.Short())
		}
	}
	return nil
}

// stillThere tells an image that lacks a layer from one that was just removed.
func (s *Store) stillThere(id digest.Digest) bool {
	free, err := s.Share()
	if err != nil {
		return true
	}
	defer free()
	_, err = os.Lstat(s.image(id))
	return err == nil
}

// forget removes an image that can't be used. The caller has the lock.
func (s *Store) forget(id digest.Digest) error {
	names, err := s.Names()
	if err != nil {
		return err
	}
	for _, n := range names {
		if n.Image == id {
			if err := s.Untag(n.Reference); err != nil {
				return err
			}
		}
	}
	return os.Remove(s.image(id))
}

func (c *checker) names() error {
	entries, err := blob.Names(c.store.Root + "/tags")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e, ".") {
			continue
		}
		c.count.Names++
		c.name(e)
	}
	return nil
}

func (c *checker) name(entry string) {
	path := c.store.Root + "/tags/" + entry
	remove := c.locked(func() error {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	})
	text, err := os.Readlink(path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	ref, bad := reference.Parse(strings.ReplaceAll(entry, "%", "/"))
	if err == nil {
		err = bad
	}
	if err != nil {
		c.report("name "+entry, err.Error(), "delete it", remove)
		return
	}
	t, err := parseTarget(text)
	if err == nil && !c.store.stillThere(t.Image) && exists(path) {
		err = errors.New("there is no image " + t.Image.Short())
	}
	if err != nil {
		c.report("name "+ref.Familiar(), err.Error(), "delete it", remove)
		return
	}
	for _, d := range [...]digest.Digest{t.Manifest, t.Index} {
		if d != "" && !c.store.Blobs().Has(d) && exists(path) {
			c.report("name "+ref.Familiar(), "its manifest "+d.Short()+" is lost", "make one of the image when it is needed",
				func(context.Context) error { return c.store.SetName(Name{ref, Target{Image: t.Image}}) })
			return
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
