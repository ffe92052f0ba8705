package engine

import (
	"context"

	"bantam/internal/image/local"
	"bantam/internal/image/remote"
)

// ServeRegistry serves the images' store as a registry until ctx ends.
func (e *Engine) ServeRegistry(ctx context.Context, o *remote.Serve) error {
	if e.Remote == nil {
		return errNoRemote
	}
	s, err := e.images()
	if err != nil {
		return err
	}
	return e.Remote.Serve(ctx, s, o)
}

// CollectRegistry takes from the served repositories what no manifest in them refers to,
// and from the store what is needed by nothing then.
func (e *Engine) CollectRegistry(o *remote.CollectRegistry) (*remote.RegistryCollected, *local.Collected, error) {
	if e.Remote == nil {
		return nil, nil, errNoRemote
	}
	s, err := e.images()
	if err != nil {
		return nil, nil, err
	}
	forgotten, err := e.Remote.CollectRegistry(s, o)
	if err != nil {
		return forgotten, nil, err
	}
	gone, err := s.Collect(e.kept)
	return forgotten, gone, err
}
