package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// PruneBuildOptions is what docker builder prune's options say.
type PruneBuildOptions struct {
	All  bool  // what images still have, too
	Keep int64 // bytes that may stay, the last used first
	// Filters: id, description, type, until, unused-for.
	Filters Filters
}

// PrunedBuild is what was removed of the build cache.
type PrunedBuild struct {
	IDs   []string
	Space int64 // bytes
}

// item is an entry of the build cache: a step's layer, or a folder of --mount=type=cache.
type item struct {
	id, kind, what string
	size           int64
	used           time.Time
	inImage        bool
	remove         func() error
}

// PruneBuilds removes what builds remember: without All what no image has, the least
// recently used first, until no more than Keep is left.
func (e *Engine) PruneBuilds(o *PruneBuildOptions) (*PrunedBuild, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	if err := o.Filters.Check("id", "description", "type", "until", "unused-for"); err != nil {
		return nil, err
	}
	before, err := o.before()
	if err != nil {
		return nil, err
	}
	list, err := e.buildItems()
	if err != nil {
		return nil, err
	}
	var total int64
	for _, i := range list {
		total += i.size
	}
	out := &PrunedBuild{}
	for _, i := range list {
		if o.Keep > 0 && total <= o.Keep {
			break
		}
		if !o.takes(&i, before) {
			continue
		}
		if err := i.remove(); errors.Is(err, unix.EWOULDBLOCK) {
			continue // a build has it
		} else if err != nil {
			return out, fmt.Errorf("remove %s from the build cache: %w", i.id, err)
		}
		total -= i.size
		out.IDs = append(out.IDs, i.id)
		if i.kind == "exec.cachemount" {
			out.Space += i.size
		}
	}
	c, err := s.Collect(e.kept)
	if c != nil {
		out.Space += c.Bytes
	}
	e.event("builder", "prune", "", map[string]string{"reclaimed": fmt.Sprint(out.Space)})
	return out, err
}

// before is the time of the last use that until= and unused-for= ask for.
func (o *PruneBuildOptions) before() (t time.Time, err error) {
	for _, name := range [...]string{"until", "unused-for"} {
		if !o.Filters.Has(name) {
			continue
		}
		v := o.Filters[name][0]
		if t, err = untilTime(v, time.Now()); err != nil {
			return t, badFilter(name, v)
		}
	}
	return t, nil
}

func (o *PruneBuildOptions) takes(i *item, before time.Time) bool {
	switch {
	case i.inImage && !o.All:
		return false
	case !before.IsZero() && i.used.After(before):
		return false
	case !o.Filters.Any("id", func(v string) bool { return strings.HasPrefix(i.id, v) }):
		return false
	case !o.Filters.Is("type", i.kind):
		return false
	}
	return o.Filters.Any("description", func(v string) bool { return strings.Contains(i.what, v) })
}

// buildItems lists the cache, the least recently used first.
func (e *Engine) buildItems() ([]item, error) {
	c := &cache.Cache{Root: e.Root}
	records, err := c.List()
	if err != nil {
		return nil, err
	}
	images, err := e.imageLayers()
	if err != nil {
		return nil, err
	}
	var list []item
	seen := map[digest.Digest]bool{}
	for _, r := range records {
		i := item{id: r.Key.Hex()[:25], kind: "regular", what: r.What, used: r.Used, remove: func() error { return c.Drop(r.Key) }}
		if r.Diff != "" {
			if i.inImage = images[r.Diff]; !seen[r.Diff] && !i.inImage {
				i.size = r.Size
			}
			seen[r.Diff] = true
		}
		list = append(list, i)
	}
	folders, err := c.Folders()
	for _, f := range folders {
		size, bad := treeSize(f.Dir)
		if bad != nil && !errors.Is(bad, os.ErrNotExist) {
			return nil, bad
		}
		list = append(list, item{id: filepath.Base(f.Dir)[:25], kind: "exec.cachemount", what: "cache folder of RUN", size: size, used: f.Used, remove: f.Remove})
	}
	slices.SortStableFunc(list, func(a, b item) int { return a.used.Compare(b.used) })
	return list, err
}

// imageLayers are the layers of all images.
func (e *Engine) imageLayers() (map[digest.Digest]bool, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	ids, err := s.IDs()
	if err != nil {
		return nil, err
	}
	layers := map[digest.Digest]bool{}
	for _, id := range ids {
		i, err := s.Find(id.String())
		var gone *local.NotFound
		if errors.As(err, &gone) || errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, d := range i.RootFS.DiffIDs {
			layers[d] = true
		}
	}
	return layers, nil
}
