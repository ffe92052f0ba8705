package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// maxPages of a list: what is longer has no end.
const maxPages = 1000

// list reads all pages of a list and gives each to add.
func (h *host) list(ctx context.Context, path, scope string, add func(page []byte) error) error {
	for range maxPages {
		a, err := h.do(ctx, request{method: http.MethodGet, path: path, scope: scope, header: http.Header{"Accept": {"application/json, " + manifest.TypeIndex}}})
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer+1))
		a.Body.Close()
		switch {
		case err != nil:
			return fmt.Errorf("list %s: %w", path, err)
		case isHTML(a.Header):
			return fmt.Errorf("%s answers with a web page where a list was asked for", h.address)
		case len(b) > maxAnswer:
			return fmt.Errorf("list %s: a page is larger than 4 MiB", path)
		}
		if err := add(b); err != nil {
			return fmt.Errorf("list %s: %w", path, err)
		}
		if path, err = next(a); err != nil || path == "" {
			return err
		}
	}
	return fmt.Errorf("list %s: it has more than %d pages", path, maxPages)
}

// Tags lists the repository's tags.
func (r *Repository) Tags(ctx context.Context) ([]string, error) {
	var tags []string
	err := r.own().list(ctx, r.path("tags/list"), r.scope, func(page []byte) error {
		var body struct {
			Tags []string `json:"tags"`
		}
		err := json.Unmarshal(page, &body)
		tags = append(tags, body.Tags...)
		return err
	})
	return tags, err
}

// Catalog lists the repositories of a registry.
func (c *Client) Catalog(ctx context.Context, domain string) ([]string, error) {
	h, err := c.host(domain, "")
	if err != nil {
		return nil, err
	}
	var names []string
	err = h.list(ctx, "/v2/_catalog?n=1000", "registry:catalog:*", func(page []byte) error {
		var body struct {
			Repositories []string `json:"repositories"`
		}
		err := json.Unmarshal(page, &body)
		names = append(names, body.Repositories...)
		return err
	})
	return names, err
}

// Referrers lists the manifests whose subject is d, of one type of artifact or of all.
func (r *Repository) Referrers(ctx context.Context, d digest.Digest, artifactType string) ([]manifest.Descriptor, error) {
	path := r.path("referrers/" + d.String())
	if artifactType != "" {
		path += "?artifactType=" + url.QueryEscape(artifactType)
	}
	var all []manifest.Descriptor
	add := func(page []byte) error {
		doc, err := manifest.Decode(page)
		if err == nil {
			all = append(all, doc.Manifests...)
		}
		return err
	}
	err := r.own().list(ctx, path, r.scope, add)
	if IsNotFound(err) {
		var m *Manifest
		if m, err = r.Manifest(ctx, referrersTag(d)); err == nil {
			err = add(m.Bytes)
		} else if IsNotFound(err) {
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, m := range all { // a registry may leave the filter to us
		if artifactType == "" || m.ArtifactType == artifactType {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// referrersTag is where referrers are listed in a registry that does not list them itself.
func referrersTag(d digest.Digest) string { return strings.Replace(d.String(), ":", "-", 1) }

// refer adds a manifest to the list of its subject's referrers.
func (r *Repository) refer(ctx context.Context, doc *manifest.Document, m *Manifest) error {
	tag := referrersTag(doc.Subject.Digest)
	index := &manifest.Document{SchemaVersion: 2, MediaType: manifest.TypeIndex, Manifests: []manifest.Descriptor{}}
	old, err := r.Manifest(ctx, tag)
	switch {
	case err == nil:
		if index, err = manifest.Decode(old.Bytes); err != nil {
			return fmt.Errorf("list of referrers %s: %w", tag, err)
		}
	case !IsNotFound(err):
		return err
	}
	for _, d := range index.Manifests {
		if d.Digest == m.Digest {
			return nil
		}
	}
	d := manifest.Descriptor{MediaType: m.Type, Digest: m.Digest, Size: int64(len(m.Bytes)), ArtifactType: doc.ArtifactType, Annotations: doc.Annotations}
	if d.ArtifactType == "" && doc.Config != nil {
		d.ArtifactType = doc.Config.MediaType
	}
	index.Manifests = append(index.Manifests, d)
	b, err := index.Encode()
	if err != nil {
		return err
	}
	return r.Put(ctx, tag, &Manifest{Type: manifest.TypeIndex, Digest: digest.FromBytes(b), Bytes: b})
}
