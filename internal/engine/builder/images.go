package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/engine"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// images finds base images in the store, and pulls those that are not there.
type images struct{ *job }

// Image implements build.Images.
func (i images) Image(ctx context.Context, l *local.Lease, name string, p dockerfile.Platform, step *progress.Step) (*build.Base, error) {
	i.pulls.Lock()
	defer i.pulls.Unlock()
	if i.o.Pull {
		if err := i.pull(ctx, name, p, step); err != nil {
			return nil, err
		}
	}
	img, named, err := i.engine.FindImageFor(name, p.String())
	var missing *local.NotFound
	var other *engine.WrongPlatform
	if (errors.As(err, &missing) || errors.As(err, &other)) && !i.o.Pull {
		if e := i.pull(ctx, name, p, step); e == nil {
			img, named, err = i.engine.FindImageFor(name, p.String())
		} else if missing != nil {
			err = e
		}
	}
	if errors.As(err, &other) { // there is none that fits better
		img, named, err = i.engine.FindImage(name)
	}
	if err != nil {
		return nil, err
	}
	return base(l, img, named, name)
}

// pull brings an image from its registry.
func (i images) pull(ctx context.Context, name string, p dockerfile.Platform, step *progress.Step) error {
	return i.engine.Pull(ctx, &engine.PullOptions{Reference: name, Platform: p.String(), Progress: func(e remote.Event) {
		if e.Current == 0 && e.ID != "" {
			step.Note(e.ID+": "+e.Status, true, 0, 0)
		}
	}})
}

// base protects an image for as long as the build takes.
func base(l *local.Lease, img *local.Image, named *local.Name, name string) (*build.Base, error) {
	for _, d := range append([]digest.Digest{img.ID}, img.RootFS.DiffIDs...) {
		there, err := l.Protect(d)
		if err != nil {
			return nil, err
		}
		if !there {
			return nil, fmt.Errorf("%s was removed while it was looked at: build again", name)
		}
	}
	raw, err := l.RawConfig(img.ID)
	if err != nil {
		return nil, err
	}
	full := name
	if ref, err := reference.Parse(name); err == nil && named != nil {
		full = ref.Tagged().String()
		if top := named.Top(); top != "" {
			full += "@" + top.String()
		}
	}
	return &build.Base{Ref: full, Config: raw}, nil
}

// namedContext opens a --build-context.
func (j *job) namedContext(ctx context.Context, text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || value == "" {
		return fmt.Errorf("invalid context value: %s, expected key=value", text)
	}
	n := &build.Named{}
	switch kind, rest, _ := strings.Cut(value, "://"); kind {
	case "docker-image":
		n.Image = rest
	case "oci-layout":
		n.Load = func(ctx context.Context, l *local.Lease, p dockerfile.Platform) (*build.Base, error) {
			return loadLayout(ctx, l, rest, p)
		}
	default:
		s, err := j.opener.Open(ctx, value)
		if err != nil {
			return fmt.Errorf("context %s: %w", name, err)
		}
		j.close = append(j.close, s.Close)
		n.Files = s
	}
	j.opt.Contexts[strings.ToLower(name)] = n
	return nil
}
