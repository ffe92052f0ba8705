package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/remote"
)

// Manifest is one that was fetched.
type Manifest struct {
	Reference  reference.Reference // with the digest
	Descriptor manifest.Descriptor // with the platform, as far as that is known
	Raw        []byte
	Document   *manifest.Document
}

// InspectManifest returns a manifest or an index: of a list that was begun here each
// manifest, else what a registry has.
func (e *Engine) InspectManifest(ctx context.Context, name string, a remote.Access) ([]Manifest, error) {
	if e.Remote == nil {
		return nil, errNoRemote
	}
	_, _, list, err := e.readList(name)
	var none *NoManifest
	if err != nil && !errors.As(err, &none) {
		return nil, err
	}
	if err != nil {
		m, err := e.fetchManifest(ctx, name, a)
		if err != nil {
			return nil, err
		}
		return []Manifest{*m}, nil
	}
	var all []Manifest
	for _, l := range list {
		m, err := e.fetchManifest(ctx, l.Reference, a)
		if err != nil {
			return nil, err
		}
		m.Descriptor = l.Descriptor
		all = append(all, *m)
	}
	return all, nil
}

// RegistryManifest returns what a registry has under a name, whatever list was begun here.
func (e *Engine) RegistryManifest(ctx context.Context, name string, a remote.Access) (*Manifest, error) {
	if e.Remote == nil {
		return nil, errNoRemote
	}
	return e.fetchManifest(ctx, name, a)
}

func (e *Engine) fetchManifest(ctx context.Context, name string, a remote.Access) (*Manifest, error) {
	ref, err := parseReference(name)
	if err != nil {
		return nil, err
	}
	ref = ref.Tagged()
	m, err := e.Remote.Manifest(ctx, ref, a)
	if err != nil {
		return nil, err
	}
	doc, err := manifest.Decode(m.Bytes)
	if err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", name, err)
	}
	out := &Manifest{Reference: ref, Raw: m.Bytes, Document: doc}
	out.Reference.Digest = m.Digest
	out.Descriptor = manifest.Descriptor{MediaType: m.Type, Digest: m.Digest, Size: int64(len(m.Bytes))}
	if !doc.IsIndex() {
		out.Descriptor.Platform, err = e.platformOf(ctx, ref, doc, a)
	}
	return out, err
}

// platformOf reads an image's configuration; an artifact has no platform.
func (e *Engine) platformOf(ctx context.Context, ref reference.Reference, doc *manifest.Document, a remote.Access) (*manifest.Platform, error) {
	if t := doc.Config.MediaType; t != manifest.TypeConfig && t != manifest.DockerConfig {
		return nil, nil
	}
	raw, err := e.Remote.Blob(ctx, ref, *doc.Config, a)
	if err != nil {
		return nil, err
	}
	var c local.Config
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", ref.Familiar(), err)
	}
	return &manifest.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}, nil
}

// Referrers lists what refers to an image or an artifact: signatures, lists of contents.
func (e *Engine) Referrers(ctx context.Context, name, artifactType string, a remote.Access) ([]manifest.Descriptor, error) {
	if e.Remote == nil {
		return nil, errNoRemote
	}
	ref, err := parseReference(name)
	if err != nil {
		return nil, err
	}
	d := ref.Digest
	if d == digest.Digest("") {
		m, err := e.Remote.Manifest(ctx, ref.Tagged(), a)
		if err != nil {
			return nil, err
		}
		d = m.Digest
	}
	return e.Remote.Referrers(ctx, ref, d, artifactType, a)
}
