package engine

import (
	"context"
	"errors"
	"fmt"

	"bantam/internal/image/local"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// PushOptions are those of docker push.
type PushOptions struct {
	remote.Access
	Reference string
	AllTags   bool
	Platform  string
	// Progress, if not nil, gets docker's events, one at a time.
	Progress func(remote.Event)
}

// Push writes an image to the registry of its name, or all tags of a repository.
func (e *Engine) Push(ctx context.Context, o *PushOptions) error {
	if e.Remote == nil {
		return errNoRemote
	}
	ref, err := parseReference(o.Reference)
	switch {
	case err != nil:
		return err
	case ref.Digest != "":
		return &Invalid{errors.New("cannot push a digest reference")}
	case o.AllTags && ref.Tag != "":
		return &Invalid{errors.New("tag can't be used with --all-tags/-a")}
	}
	s, err := e.images()
	if err != nil {
		return err
	}
	tell := o.Progress
	if tell == nil {
		tell = func(remote.Event) {}
	}
	tell(remote.Event{Status: "The push refers to repository [" + ref.Name() + "]"})
	names, err := toPush(s, ref, o.AllTags)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := pushable(s, n, o.Platform); err != nil {
			return err
		}
		got, err := e.Remote.Push(ctx, s, &remote.Push{Access: o.Access, Name: n, Platform: o.Platform, Progress: tell})
		if err != nil {
			return err
		}
		e.imageEvent("push", n.Familiar(), n.Familiar(), nil)
		tell(remote.Event{Status: fmt.Sprintf("%s: digest: %s size: %d", n.Tag, got.Digest, got.Size)})
	}
	return nil
}

// toPush finds the names, one or all of a repository.
func toPush(s *local.Store, ref reference.Reference, all bool) ([]local.Name, error) {
	if !all {
		n, err := s.Name(ref)
		if err != nil && isBuiltin(ref) {
			if _, err = find(s, ref.Familiar()); err == nil {
				n, err = s.Name(ref)
			}
		}
		if err != nil {
			return nil, &NoSuchTag{ref.FamiliarName()}
		}
		return []local.Name{n}, nil
	}
	list, err := s.Names()
	if err != nil {
		return nil, err
	}
	var names []local.Name
	for _, n := range list {
		if n.Tag != "" && n.Reference.Name() == ref.Name() {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil, &NoSuchTag{ref.FamiliarName()}
	}
	return names, nil
}

// NoSuchTag is docker's error for a push of what isn't there.
type NoSuchTag struct{ Name string }

func (e *NoSuchTag) Error() string { return "An image does not exist locally with the tag: " + e.Name }

// pushable refuses an image that is for another platform than the user wants to push.
func pushable(s *local.Store, n local.Name, want string) error {
	if want == "" {
		return nil
	}
	_, _, err := findFor(s, n.Reference.String(), want)
	var other *WrongPlatform
	if errors.As(err, &other) {
		i, _, bad := findFor(s, n.Reference.String(), "")
		if bad != nil {
			return bad
		}
		return fmt.Errorf("image with reference %s was found but does not match the specified platform: wanted %s, actual: %s", n.Familiar(), want, i.Platform())
	}
	return err
}
