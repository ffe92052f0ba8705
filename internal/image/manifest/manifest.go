// Package manifest reads and writes the JSON of OCI images and its older twin of docker
// (image-spec, manifest.md, image-index.md; distribution, manifest-v2-2.md).
//
// What is read comes from strangers: every digest is checked before it can become part
// of a path, sizes are bounded, and an index may hold indexes only to a bounded depth.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"bantam/internal/image/digest"
)

// The types of content.
const (
	TypeManifest = "application/vnd.oci.image.manifest.v1+json"
	TypeIndex    = "application/vnd.oci.image.index.v1+json"
	TypeConfig   = "application/vnd.oci.image.config.v1+json"
	TypeLayer    = "application/vnd.oci.image.layer.v1.tar" // and "+gzip", "+zstd"

	DockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	DockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	DockerConfig   = "application/vnd.docker.container.image.v1+json"
	DockerLayer    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// MaxSize of a manifest, an index or a configuration in bytes: what registries take.
const MaxSize = 4 << 20

// MaxDepth of indexes in indexes; ErrDepth says that they are deeper.
const MaxDepth = 8

// ErrDepth says that an index is nested too deep.
var ErrDepth = errors.New("the index leads to an index too often")

// maxEntries of one document.
const maxEntries = 4096

// Descriptor names content (image-spec, descriptor.md).
type Descriptor struct {
	MediaType    string            `json:"mediaType,omitempty"`
	Digest       digest.Digest     `json:"digest"`
	Size         int64             `json:"size"`
	URLs         []string          `json:"urls,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Platform     *Platform         `json:"platform,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
}

// Document is a manifest or an index: what an index has is Manifests.
type Document struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        *Descriptor       `json:"config,omitempty"`
	Layers        []Descriptor      `json:"layers,omitempty"`
	Manifests     []Descriptor      `json:"manifests,omitempty"`
	Subject       *Descriptor       `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// IsIndex says whether a document lists manifests.
func (d *Document) IsIndex() bool {
	return d.MediaType == TypeIndex || d.MediaType == DockerList || d.Config == nil && d.Manifests != nil
}

// IsManifestType says whether a type is a manifest's or an index's.
func IsManifestType(t string) bool {
	return t == TypeManifest || t == TypeIndex || t == DockerManifest || t == DockerList
}

// Type is the document's media type, guessed where it doesn't say it.
func (d *Document) Type() string {
	switch {
	case d.MediaType != "":
		return d.MediaType
	case d.IsIndex():
		return TypeIndex
	}
	return TypeManifest
}

// Decode reads a manifest or an index and checks every descriptor in it.
func Decode(b []byte) (*Document, error) {
	if len(b) > MaxSize {
		return nil, errors.New("the manifest is larger than 4 MiB")
	}
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) == 0 || t[0] != '{' {
		return nil, errors.New("the manifest is not a JSON object")
	}
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("the manifest is not JSON as the image specification has it: %w", err)
	}
	if d.SchemaVersion == 1 {
		return nil, errors.New("the manifest is of docker's schema 1, which is too old: push the image again with a newer docker")
	}
	if d.SchemaVersion != 2 {
		return nil, fmt.Errorf("the manifest has schemaVersion %d: want 2", d.SchemaVersion)
	}
	if d.Config == nil && d.Manifests == nil && !d.IsIndex() {
		return nil, errors.New("the manifest has neither config nor manifests")
	}
	return &d, d.check()
}

func (d *Document) check() error {
	if d.Config != nil && d.Manifests != nil {
		return errors.New("the manifest is ambiguous: it has both config and manifests (CVE-2021-41190)")
	}
	if d.Config == nil && !d.IsIndex() {
		return errors.New("the manifest has no config")
	}
	if len(d.Layers) > maxEntries || len(d.Manifests) > maxEntries {
		return fmt.Errorf("the manifest has more than %d entries", maxEntries)
	}
	for i, c := range d.References() {
		if err := c.check(); err != nil {
			return fmt.Errorf("descriptor %d of the manifest: %w", i, err)
		}
	}
	return nil
}

func (c *Descriptor) check() error {
	if _, err := digest.Parse(string(c.Digest)); err != nil {
		return fmt.Errorf("%q: %w", c.Digest, err)
	}
	if c.Size < 0 {
		return fmt.Errorf("%s: the size %d is negative", c.Digest.Short(), c.Size)
	}
	return nil
}

// References are all descriptors in a document: config, layers, manifests, subject.
func (d *Document) References() []Descriptor {
	var list []Descriptor
	if d.Config != nil {
		list = append(list, *d.Config)
	}
	list = append(append(list, d.Layers...), d.Manifests...)
	if d.Subject != nil {
		list = append(list, *d.Subject)
	}
	return list
}

// Content is what a manifest is made of: config and layers, without the subject.
func (d *Document) Content() []Descriptor {
	return append(append([]Descriptor{}, *d.Config), d.Layers...)
}

// An in-toto statement is a layer of this type, with the type of its predicate as this annotation
// (BuildKit's docs/attestations/attestation-storage.md).
const (
	TypeStatement       = "application/vnd.in-toto+json"
	AnnotationPredicate = "in-toto.io/predicate-type"
)

// IsImage tells an image's manifest from an artifact's and from buildkit's attestations, which
// have an image's configuration.
func (d *Document) IsImage() bool {
	if d.Config == nil {
		return false
	}
	switch d.Config.MediaType {
	case TypeConfig, DockerConfig, "":
	default:
		return false
	}
	for _, l := range d.Layers {
		if l.MediaType == TypeStatement {
			return false
		}
	}
	return true
}

// The annotations by which buildkit's attestation in an index says which manifest it is about.
const (
	annotationType   = "vnd.docker.reference.type"
	annotationDigest = "vnd.docker.reference.digest"
)

// Attests is the manifest that a descriptor of an attestation is about, "" where it is none.
func (c *Descriptor) Attests() digest.Digest {
	if c.Annotations[annotationType] != "attestation-manifest" {
		return ""
	}
	return digest.Digest(c.Annotations[annotationDigest])
}

// Encode writes a document as it is stored: its bytes are what is hashed. A list that the
// specification wants is there, even if it is empty.
func (d *Document) Encode() ([]byte, error) {
	type plain Document
	none := []Descriptor{}
	switch {
	case d.IsIndex() && len(d.Manifests) == 0:
		return json.Marshal(struct {
			*plain
			Manifests []Descriptor `json:"manifests"`
		}{(*plain)(d), none})
	case !d.IsIndex() && len(d.Layers) == 0:
		return json.Marshal(struct {
			*plain
			Layers []Descriptor `json:"layers"`
		}{(*plain)(d), none})
	}
	return json.Marshal(d)
}

// Compressed says whether no layer is a plain tar file.
func (d *Document) Compressed() bool {
	for _, l := range d.Layers {
		if l.MediaType == TypeLayer || l.MediaType == "application/vnd.docker.image.rootfs.diff.tar" {
			return false
		}
	}
	return true
}
