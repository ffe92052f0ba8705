package manifest

import "bantam/internal/image/digest"

// Walk visits everything that an index lists, and that the indexes in it list, each once; an inner index comes
// behind what it lists. read returns a document, nil for one that is not to be had or of no interest.
func (d *Document) Walk(read func(Descriptor) (*Document, error), visit func(Descriptor, *Document) error) error {
	w := &walk{read: read, visit: visit, seen: map[digest.Digest]bool{}}
	return w.list(d, 0)
}

type walk struct {
	read  func(Descriptor) (*Document, error)
	visit func(Descriptor, *Document) error
	seen  map[digest.Digest]bool // a manifest may be listed again and again
}

func (w *walk) list(index *Document, depth int) error {
	if depth > MaxDepth {
		return ErrDepth
	}
	for _, d := range index.Manifests {
		if w.seen[d.Digest] {
			continue
		}
		w.seen[d.Digest] = true
		child, err := w.read(d)
		if err == nil && child != nil && child.IsIndex() {
			err = w.list(child, depth+1)
		}
		if err == nil {
			err = w.visit(d, child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
