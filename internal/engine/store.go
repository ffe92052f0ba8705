package engine

import "bantam/internal/image/local"

// Store opens the image store, for parts of the engine that are in bantamd alone.
func (e *Engine) Store() (*local.Store, error) { return e.images() }

// FindImage finds an image by its name or id, the built-in one too. The name is nil where the
// text is none.
func (e *Engine) FindImage(text string) (*local.Image, *local.Name, error) {
	s, err := e.images()
	if err != nil {
		return nil, nil, err
	}
	if _, err := find(s, text); err != nil { // brings the built-in image in
		return nil, nil, err
	}
	return s.FindNamed(text)
}

// ImageBuilt tells that a build has given an image its names.
func (e *Engine) ImageBuilt(id string, names []string) {
	for _, n := range names {
		e.imageEvent("tag", id, n, nil)
	}
}
