package engine

import (
	"encoding/json"
	"fmt"
	"slices"

	"bantam/internal/image/manifest"
)

// Attestation is an in-toto statement about an image, in the form in which BuildKit keeps it
// (docs/attestations/attestation-storage.md): a blob of a manifest that stands beside the image's in an index.
type Attestation struct {
	manifest.Descriptor
	PredicateType string
	Statement     []byte // nil unless it was asked for
}

// maxStatement bounds the text of one, in bytes.
const maxStatement = 64 << 20

// Attestations lists the statements about an image for a platform ("" is the name's own) that are here, of these predicate
// types (none are all), with their text where bodies asks for it.
func (e *Engine) Attestations(name, platform string, types []string, bodies bool) ([]Attestation, error) {
	i, named, err := e.FindImageFor(name, platform)
	if err != nil {
		return nil, err
	}
	target := bestTarget(i)
	if named != nil {
		target = named.Target
	}
	list := []Attestation{}
	if target.Index == "" {
		return list, nil
	}
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	parts, _, err := s.Parts(target.Index)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.Doc == nil || p.Attests() != target.Manifest {
			continue
		}
		for _, d := range p.Doc.Layers {
			a := Attestation{Descriptor: d, PredicateType: d.Annotations[manifest.AnnotationPredicate]}
			if d.MediaType != manifest.TypeStatement || len(types) > 0 && !slices.Contains(types, a.PredicateType) {
				continue
			}
			if bodies {
				if a.Statement, err = s.Blobs().Read(d.Digest, maxStatement); err != nil {
					return nil, fmt.Errorf("read an attestation of %s: %w", name, err)
				}
				if !json.Valid(a.Statement) {
					return nil, fmt.Errorf("attestation %s of %s is not JSON", d.Digest, name)
				}
			}
			list = append(list, a)
		}
	}
	return list, nil
}
