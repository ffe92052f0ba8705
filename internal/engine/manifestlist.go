package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
	"bantam/internal/statefile"
)

// A list that `manifest create` begins is a file of JSON, ROOT/manifests/NAME with "%" for
// "/", until it is pushed or removed.

// listed is a manifest that a list names.
type listed struct {
	Reference  string              `json:"ref"` // where it is, with its digest
	Descriptor manifest.Descriptor `json:"descriptor"`
}

// ManifestOptions are those of docker manifest's verbs.
type ManifestOptions struct {
	remote.Access
	List      string
	Manifests []string
	Amend     bool // create: add to a list that is there
	Purge     bool // push: remove the list afterwards
	// annotate: what is not empty is set.
	Architecture, OS, OSVersion, Variant string
	OSFeatures                           []string
}

// NoManifest is docker's error for a list that is not there.
type NoManifest struct{ Name string }

func (e *NoManifest) Error() string { return "No such manifest: " + e.Name }

func (e *Engine) listFile(name string) (ref reference.Reference, path string, err error) {
	if ref, err = parseReference(name); err != nil {
		return ref, "", err
	}
	if _, err := e.images(); err != nil { // makes the root absolute
		return ref, "", err
	}
	ref = ref.Tagged()
	return ref, e.Root + "/manifests/" + strings.ReplaceAll(ref.String(), "/", "%"), nil
}

func (e *Engine) readList(name string) (ref reference.Reference, path string, list []listed, err error) {
	ref, path, err = e.listFile(name)
	if err != nil {
		return ref, path, nil, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ref, path, nil, &NoManifest{name}
	}
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil {
		return ref, path, nil, fmt.Errorf("read manifest list %s: %w", name, err)
	}
	return ref, path, list, nil
}

func writeList(path string, list []listed) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return statefile.Replace(filepath.Clean(dir), name, b, 0o640, true)
}

// CreateManifestList begins a list, and returns its name in full.
func (e *Engine) CreateManifestList(ctx context.Context, o *ManifestOptions) (string, error) {
	ref, path, list, err := e.readList(o.List)
	var none *NoManifest
	switch {
	case err != nil && !errors.As(err, &none):
		return "", err
	case err == nil && !o.Amend:
		return "", errors.New("refusing to amend an existing manifest list with no --amend flag")
	}
	for _, name := range o.Manifests {
		found, err := e.InspectManifest(ctx, name, o.Access)
		if err != nil {
			return "", err
		}
		for _, f := range found {
			if f.Document.IsIndex() {
				return "", fmt.Errorf("%s is a manifest list: name the manifests in it by their digests", name)
			}
			d := f.Descriptor
			list = append(without(list, d.Digest), listed{f.Reference.String(), d})
		}
	}
	return ref.String(), writeList(path, list)
}

func without(list []listed, d digest.Digest) []listed {
	var kept []listed
	for _, l := range list {
		if l.Descriptor.Digest != d {
			kept = append(kept, l)
		}
	}
	return kept
}

// AnnotateManifest changes what a list says of the platform of one of its manifests.
func (e *Engine) AnnotateManifest(o *ManifestOptions) error {
	_, path, list, err := e.readList(o.List)
	if err != nil {
		return err
	}
	ref, err := parseReference(o.Manifests[0])
	if err != nil {
		return err
	}
	at := -1
	for i, l := range list {
		own, err := parseReference(l.Reference)
		if err == nil && own.Name() == ref.Name() && (own.Digest == ref.Digest || ref.Digest == "" && own.Tag == ref.Tagged().Tag) {
			at = i
		}
	}
	if at < 0 {
		return fmt.Errorf("manifest for image %s does not exist in %s", o.Manifests[0], o.List)
	}
	p := list[at].Descriptor.Platform
	if p == nil {
		p = &manifest.Platform{}
		list[at].Descriptor.Platform = p
	}
	for to, value := range map[*string]string{&p.Architecture: o.Architecture, &p.OS: o.OS, &p.OSVersion: o.OSVersion, &p.Variant: o.Variant} {
		if value != "" {
			*to = value
		}
	}
	if len(o.OSFeatures) > 0 {
		p.OSFeatures = strings.Split(strings.Join(o.OSFeatures, ","), ",")
	}
	return writeList(path, list)
}

// PushManifestList pushes a list with the manifests that it names, and returns its digest.
func (e *Engine) PushManifestList(ctx context.Context, o *ManifestOptions) (digest.Digest, error) {
	if e.Remote == nil {
		return "", errNoRemote
	}
	ref, path, list, err := e.readList(o.List)
	if err != nil {
		return "", err
	}
	m, sources, err := index(list)
	if err != nil {
		return "", err
	}
	if err := e.Remote.PutManifest(ctx, ref, m, sources, o.Access); err != nil {
		return "", err
	}
	if o.Purge {
		err = os.Remove(path)
	}
	return m.Digest, err
}

// index is the list as a registry gets it: docker's if one of the manifests is docker's.
func index(list []listed) (*remote.Manifest, map[digest.Digest]reference.Reference, error) {
	doc := manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{}}
	sources := map[digest.Digest]reference.Reference{}
	for _, l := range list {
		from, err := parseReference(l.Reference)
		if err != nil {
			return nil, nil, err
		}
		if p := l.Descriptor.Platform; p == nil || p.Architecture == "" || p.OS == "" {
			return nil, nil, fmt.Errorf("manifest %s must have an OS and Architecture to be pushed to a registry: set them by `bantam manifest annotate`", l.Reference)
		}
		if l.Descriptor.MediaType == manifest.DockerManifest {
			doc.MediaType = manifest.DockerList
		}
		sources[l.Descriptor.Digest] = from
		doc.Manifests = append(doc.Manifests, l.Descriptor)
	}
	b, err := doc.Encode()
	return &remote.Manifest{Type: doc.MediaType, Digest: digest.FromBytes(b), Bytes: b}, sources, err
}

// RemoveManifestList removes a list that was not pushed, or is no longer needed here.
func (e *Engine) RemoveManifestList(name string) error {
	_, path, err := e.listFile(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return &NoManifest{name}
	} else if err != nil {
		return fmt.Errorf("remove manifest list %s: %w", name, err)
	}
	return nil
}
