package engine

import (
	"context"
	"errors"
	"fmt"

	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// PullOptions are those of docker pull.
type PullOptions struct {
	remote.Access
	Reference string
	AllTags   bool
	Platform  string
	// AllPlatforms of an index come.
	AllPlatforms bool
	Limits       Limits
	// Progress, if not nil, gets docker's events, one at a time.
	Progress func(remote.Event)
}

// errNoRemote is for callers in bantam; its heavy verbs run in bantamd.
var errNoRemote = errors.New("this program can't reach registries: bantamd can")

// Pull brings an image from its registry, or all of a repository.
func (e *Engine) Pull(ctx context.Context, o *PullOptions) error {
	if e.Remote == nil {
		return errNoRemote
	}
	ref, err := parseReference(o.Reference)
	if err != nil {
		return err
	}
	if o.AllPlatforms && o.Platform != "" {
		return &Invalid{errors.New("conflicting options: --platform and --all-platforms")}
	}
	if !o.AllTags {
		return e.pullOne(ctx, ref.Tagged(), o)
	}
	if ref.Tag != "" || ref.Digest != "" {
		return &Invalid{errors.New("tag can't be used with --all-tags/-a")}
	}
	tags, err := e.Remote.Tags(ctx, ref, o.Access)
	if err != nil {
		return err
	}
	for _, t := range tags {
		one, err := parseReference(ref.Name() + ":" + t)
		if err != nil {
			return fmt.Errorf("the registry lists a tag that is none: %w", err)
		}
		if err := e.pullOne(ctx, one, o); err != nil {
			return err
		}
	}
	return nil
}

func parseReference(text string) (reference.Reference, error) {
	ref, err := reference.Parse(text)
	if errors.Is(err, reference.ErrInvalid) {
		err = &Invalid{fmt.Errorf("invalid reference format: %s", text)}
	} else if err != nil {
		err = &Invalid{err}
	}
	return ref, err
}

func (e *Engine) pullOne(ctx context.Context, ref reference.Reference, o *PullOptions) error {
	s, err := e.images()
	if err != nil {
		return err
	}
	if isBuiltin(ref) { // it comes from no registry
		_, err := find(s, ref.Familiar())
		if err == nil && o.Progress != nil {
			o.Progress(remote.Event{Status: "Status: Image is up to date for " + ref.Familiar()})
		}
		return err
	}
	got, err := e.Remote.Pull(ctx, s, &remote.Pull{Access: o.Access, Reference: ref, Platform: o.Platform, AllPlatforms: o.AllPlatforms, Limits: o.Limits.layer(), Progress: o.Progress})
	if err != nil {
		return err
	}
	e.imageEvent("pull", ref.Familiar(), ref.Familiar(), nil)
	if o.Progress == nil {
		return nil
	}
	o.Progress(remote.Event{Status: "Digest: " + got.Digest.String()})
	if got.Fresh {
		o.Progress(remote.Event{Status: "Status: Downloaded newer image for " + ref.Familiar()})
	} else {
		o.Progress(remote.Event{Status: "Status: Image is up to date for " + ref.Familiar()})
	}
	return nil
}
