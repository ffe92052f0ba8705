// Package browse shows an image's layers and files in a terminal: which layer added,
// changed or deleted what. The model is pure: keys in, a screen of text out.
package browse

import (
	"cmp"
	"slices"
	"strings"

	"bantam/internal/engine"
)

// node is a file in the tree that a container would see with the layers up to one.
type node struct {
	name     string
	file     engine.LayerFile // of the layer that had it last
	kind     byte             // what the selected layer does to it; 0: nothing
	size     int64            // with all below
	parent   *node
	children []*node
	byName   map[string]*node
	closed   bool
}

// treeOf is what the layers up to and with the last one make.
func treeOf(layers []engine.LayerInfo) *node {
	root := &node{byName: map[string]*node{}}
	for k := range layers {
		last := k == len(layers)-1
		for i := range layers[k].Files {
			root.apply(&layers[k].Files[i], last)
		}
	}
	root.finish()
	return root
}

func (n *node) apply(f *engine.LayerFile, last bool) {
	for part := range strings.SplitSeq(f.Path, "/") {
		child := n.byName[part]
		if child == nil {
			child = &node{name: part, parent: n, byName: map[string]*node{}}
			n.byName[part] = child
		}
		n = child
	}
	switch {
	case f.Kind == engine.FileDeleted && !last:
		delete(n.parent.byName, n.name)
		return
	case f.Kind == engine.FileDeleted:
		n.mark(engine.FileDeleted)
		return
	case f.Kind != 0 && !f.Dir:
		n.byName = map[string]*node{} // a folder that was replaced
	}
	n.file = *f
	if last {
		n.kind = f.Kind
	}
}

// mark deletes a folder with what is in it.
func (n *node) mark(kind byte) {
	n.kind = kind
	for _, c := range n.byName {
		c.mark(kind)
	}
}

// finish sorts, sums up and lets folders show that something in them has changed.
func (n *node) finish() {
	n.size = n.file.Size
	for _, c := range n.byName {
		c.finish()
		n.children = append(n.children, c)
		if c.kind != engine.FileDeleted {
			n.size += c.size
		}
		if c.kind != 0 && n.kind == 0 {
			n.kind = engine.FileChanged
		}
	}
	slices.SortFunc(n.children, func(a, b *node) int { return cmp.Compare(a.name, b.name) })
	n.closed = n.kind == 0 && n.parent != nil
}

// shown are the lines of the tree: what is in open folders and not hidden.
func (n *node) shown(hidden func(byte) bool, to []*node) []*node {
	for _, c := range n.children {
		if hidden(c.kind) {
			continue
		}
		to = append(to, c)
		if !c.closed {
			to = c.shown(hidden, to)
		}
	}
	return to
}

func (n *node) depth() int {
	d := 0
	for p := n.parent; p != nil && p.parent != nil; p = p.parent {
		d++
	}
	return d
}
