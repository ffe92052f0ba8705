package engine

import (
	"errors"
	"fmt"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
)

// WrongPlatform says that an image is there, but for another platform.
type WrongPlatform struct{ name, want string }

func (e *WrongPlatform) Error() string {
	return "image with reference " + e.name + " was found but does not provide the specified platform (" + e.want + ")"
}

// NoImage says that something is an artifact, which nothing can be run from.
type NoImage struct{ Name, Type string }

func (e *NoImage) Error() string {
	return e.Name + " is no image but an artifact of the type " + e.Type + ": nothing can be run from it"
}

// FindImageFor is FindImage where a name may stand for several platforms: it finds the one for that
// platform. "" is the name's own: this machine's where it is there.
func (e *Engine) FindImageFor(text, platform string) (*local.Image, *local.Name, error) {
	s, err := e.images()
	if err != nil {
		return nil, nil, err
	}
	return findFor(s, text, platform)
}

func findFor(s *local.Store, text, platform string) (*local.Image, *local.Name, error) {
	if _, err := find(s, text); err != nil { // brings the built-in image in
		return nil, nil, err
	}
	i, named, err := s.FindNamed(text)
	if err != nil || platform == "" {
		return i, named, err
	}
	want, err := manifest.ParsePlatform(platform)
	if err != nil {
		return nil, nil, &Invalid{err}
	}
	t := bestTarget(i)
	if named != nil {
		t = named.Target
	}
	other, ok := s.Variant(t, want)
	switch {
	case ok && other.Image != i.ID:
		return variant(s, i, named, other)
	case !ok && !i.Platform().Provides(want):
		return nil, nil, &WrongPlatform{text, want.String()}
	}
	return i, named, nil
}

// variant is the image of a name for another platform, with the names of the index.
func variant(s *local.Store, i *local.Image, named *local.Name, t local.Target) (*local.Image, *local.Name, error) {
	v, _, err := s.FindNamed(t.Image.String())
	if err != nil {
		return nil, nil, err
	}
	for _, n := range i.Names {
		if n.Index == t.Index {
			n.Target = t
			v.Names = append(v.Names, n)
		}
	}
	if named != nil {
		own := *named
		own.Target = t
		named = &own
	}
	return v, named, nil
}

// bestTarget is an image with the manifest of one of its names.
func bestTarget(i *local.Image) local.Target {
	for _, n := range i.Names {
		if n.Manifest != "" {
			return n.Target
		}
	}
	if i.Artifact != nil {
		return local.Target{Image: i.ID, Manifest: i.ID}
	}
	return local.Target{Image: i.ID}
}

// warnForeign tells, as docker does, that a program is for another machine.
func (e *Engine) warnForeign(img *image) {
	own := manifest.Host()
	if e.Notes == nil || img.Platform.Provides(own) {
		return
	}
	fmt.Fprintf(e.Notes, "WARNING: The requested image's platform (%s) does not match the detected host platform (%s) and no specific platform was requested\n", img.Platform, own)
}

// members are the images of an image's names for other platforms that are here.
func members(s *local.Store, names []local.Name, id digest.Digest) ([]*local.Image, error) {
	var list []*local.Image
	seen := map[digest.Digest]bool{id: true}
	for _, n := range names {
		for _, other := range s.Members(n.Target) {
			if seen[other] {
				continue
			}
			seen[other] = true
			i, err := s.Find(other.String())
			var gone *local.NotFound
			if errors.As(err, &gone) {
				continue
			}
			if err != nil {
				return nil, err
			}
			list = append(list, i)
		}
	}
	return list, nil
}
