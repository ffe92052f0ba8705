package build

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"

	"golang.org/x/sys/unix"
)

// group is what one source of COPY or ADD names.
type group struct {
	tree    *tree.Tree
	name    string // of a file, where the destination is a folder
	isDir   bool   // its content goes into the destination
	parents bool   // names are kept below the destination (--parents)
	entries []picked
	archive bool // unpacked (ADD)
	data    []byte
	inline  bool
	mode    uint32 // of a download, 0 for the file's own
}

// picked is a file of a group; rel is its name below the destination, "" the folder itself.
type picked struct {
	tree.Entry
	rel string
}

// copyStep does COPY and ADD.
func (w *work) copyStep(ctx context.Context, s *dockerfile.Step) error {
	c := s.Copy
	if c.From == nil {
		return w.copyFrom(ctx, s, w.opt.Context.Tree)
	}
	from, err := w.await(ctx, c.From)
	if err != nil {
		return err
	}
	t, err := from.tree()
	if err != nil {
		return err
	}
	return w.copyFrom(ctx, s, t, from)
}

func (w *work) copyFrom(ctx context.Context, s *dockerfile.Step, t *tree.Tree, from ...*work) error {
	pg := w.start(s, from...)
	cp, err := w.newCopier(s.Copy)
	if err != nil {
		return w.failed(ctx, pg, err)
	}
	groups, err := w.groups(ctx, s.Copy, t, cp)
	if err != nil {
		return w.failed(ctx, pg, fmt.Errorf("failed to compute cache key: %w", err))
	}
	k := newKey("copy")
	if !s.Copy.Link {
		k.add(w.chain().String())
	}
	k.add(w.epoch(), s.Copy.Dest, s.Copy.Chown, s.Copy.Chmod, fmt.Sprint(s.Copy.Link, s.Copy.Add))
	for i := range groups {
		if err := groups[i].sum(k); err != nil {
			return w.failed(ctx, pg, err)
		}
	}
	unpacks := false
	for _, g := range groups {
		unpacks = unpacks || g.archive
	}
	return w.layer(ctx, s, pg, k.digest(), func(out io.Writer) error {
		if unpacks {
			return w.unpackAll(cp, groups, out)
		}
		return w.write(cp, groups, out)
	})
}

// groups finds the files of all sources.
func (w *work) groups(ctx context.Context, c *dockerfile.Copy, t *tree.Tree, cp *copier) ([]group, error) {
	var list []group
	exclude, err := tree.NewIgnore(c.Exclude)
	if err != nil {
		return nil, err
	}
	for _, src := range c.Sources {
		switch {
		case c.Add && dockerfile.IsGit(src):
			g, err := w.repository(ctx, src, c, exclude)
			if err != nil {
				return nil, err
			}
			list = append(list, *g)
		case c.Add && dockerfile.IsURL(src):
			g, err := w.download(ctx, src, c)
			if err != nil {
				return nil, err
			}
			list = append(list, *g)
		case c.Parents:
			g, err := withParents(t, src, exclude)
			if err != nil {
				return nil, err
			}
			list = append(list, *g)
		default:
			more, err := pick(t, src, c, exclude)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	for _, in := range c.Inline {
		list = append(list, group{name: in.Name, inline: true, data: []byte(in.Data)})
	}
	return list, nil
}

// pick finds what a source of the context or of a stage names.
func pick(t *tree.Tree, src string, c *dockerfile.Copy, exclude *tree.Ignore) ([]group, error) {
	sources, err := t.Sources(src)
	if err != nil {
		return nil, err
	}
	unpack := c.Add
	if c.Unpack != nil {
		unpack = *c.Unpack
	}
	var list []group
	for i := range sources {
		g := group{tree: t, name: sources[i].Name, isDir: sources[i].IsDir()}
		if err := g.fill(&sources[i], exclude); err != nil {
			return nil, err
		}
		if !g.isDir && len(g.entries) == 0 {
			continue // excluded
		}
		if unpack && !g.isDir {
			if g.archive, err = isArchive(t, &sources[i].Entry); err != nil {
				return nil, err
			}
		}
		list = append(list, g)
	}
	return list, nil
}

// fill walks a source.
func (g *group) fill(s *tree.Source, exclude *tree.Ignore) error {
	if !g.isDir {
		hit, err := exclude.Has(s.Name)
		if err == nil && !hit {
			g.entries = []picked{{Entry: s.Entry}}
		}
		return err
	}
	return g.walk(s.Path, "", exclude)
}

// walk takes what is below at; rel names begin with prefix. Excluded folders are looked
// into, for a later pattern may want something of them.
func (g *group) walk(at, prefix string, exclude *tree.Ignore) error {
	var waiting []picked
	return g.tree.Walk(at, func(e *tree.Entry) error {
		rel := strings.TrimPrefix(strings.TrimPrefix(e.Path, at), "/")
		if rel != "" {
			hit, err := exclude.Has(rel)
			if err != nil {
				return err
			}
			if hit {
				if e.IsDir() {
					waiting = append(waiting, picked{*e, path.Join(prefix, rel)})
				}
				return nil
			}
		}
		name := path.Join(prefix, rel)
		for _, p := range waiting {
			if strings.HasPrefix(name, p.rel+"/") {
				g.entries = append(g.entries, p)
			}
		}
		waiting = nil
		g.entries = append(g.entries, picked{*e, name})
		return nil
	})
}

// sum adds a group to a key.
func (g *group) sum(k key) error {
	k.add("group", g.name, fmt.Sprint(g.isDir, g.archive, g.inline, g.parents, g.mode), string(g.data))
	for i := range g.entries {
		e := &g.entries[i]
		if g.isDir && e.rel == "" {
			k.add("", fmt.Sprintf("%o", e.Stat.Mode)) // the folder itself; its owner is in the next line
		}
		s, err := g.tree.Sum(&e.Entry)
		if err != nil {
			return fmt.Errorf("failed to calculate checksum of ref: %q: %w", "/"+e.Path, err)
		}
		k.add(e.rel, s)
	}
	return nil
}

// withParents is COPY --parents: the pattern's whole path is kept, from "/./" on where it has that.
func withParents(t *tree.Tree, src string, exclude *tree.Ignore) (*group, error) {
	base, pattern, pivot := strings.Cut(src, "/./")
	if !pivot {
		base, pattern = "/", src
	}
	pattern = tree.Clean(pattern)
	g := &group{tree: t, isDir: true, parents: true}
	root, st, exists, err := t.Resolve(base)
	if err != nil {
		return nil, err
	}
	if !exists || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, &tree.NotFound{Path: tree.Clean(base)}
	}
	want, err := tree.NewIgnore([]string{pattern})
	if err != nil {
		return nil, err
	}
	wild := tree.HasWildcard(pattern)
	if err := g.include(root, want, exclude); err != nil {
		return nil, err
	}
	if len(g.entries) == 0 && !wild {
		return nil, &tree.NotFound{Path: path.Join(root, pattern)}
	}
	return g, nil
}

// include takes what the pattern matches, with the folders above it.
func (g *group) include(root string, want, exclude *tree.Ignore) error {
	var above []picked
	return g.tree.Walk(root, func(e *tree.Entry) error {
		rel := strings.TrimPrefix(strings.TrimPrefix(e.Path, root), "/")
		if rel == "" {
			return nil
		}
		for len(above) > 0 && !strings.HasPrefix(rel, above[len(above)-1].rel+"/") {
			above = above[:len(above)-1]
		}
		hit, err := want.Has(rel)
		if err != nil {
			return err
		}
		skip, err := exclude.Has(rel)
		if err != nil {
			return err
		}
		p := picked{*e, rel}
		if !hit || skip {
			if e.IsDir() {
				above = append(above, p)
			}
			return nil
		}
		g.entries = append(append(g.entries, above...), p)
		above = nil
		return nil
	})
}
