package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/remote"
)

// Manifest is a manifest or an index as a registry has it.
type Manifest = remote.Manifest

var accepted = strings.Join([]string{manifest.TypeManifest, manifest.TypeIndex, manifest.DockerManifest, manifest.DockerList}, ", ")

// Manifest fetches one by tag or digest and verifies it against what was asked for, or
// against what the registry says of it.
func (r *Repository) Manifest(ctx context.Context, what string) (*Manifest, error) {
	a, _, err := r.any(ctx, request{method: http.MethodGet, path: r.path("manifests/" + what), header: http.Header{"Accept": {accepted}}})
	if err != nil {
		return nil, err
	}
	defer discard(a.Body)
	if isHTML(a.Header) {
		return nil, fmt.Errorf("%s answers with a web page where a manifest was asked for: is it a registry, or is a proxy in between?", a.Request.URL.Host)
	}
	b, err := io.ReadAll(io.LimitReader(a.Body, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", what, err)
	}
	if len(b) > maxManifest {
		return nil, fmt.Errorf("manifest %s is larger than 4 MiB", what)
	}
	m := &Manifest{Digest: digest.FromBytes(b), Bytes: b}
	want := what
	if _, err := digest.Parse(want); err != nil {
		want = a.Header.Get("Docker-Content-Digest")
	}
	if want != "" && want != m.Digest.String() {
		return nil, fmt.Errorf("manifest %s is not what the registry says: its digest is %s, not %s", what, m.Digest, printable(want))
	}
	m.Type, err = manifestType(a.Header, b)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", what, err)
	}
	return m, nil
}

// manifestType takes the document's word, then the header's: a registry of plain files
// knows no types.
func manifestType(h http.Header, b []byte) (string, error) {
	d, err := manifest.Decode(b)
	if err != nil {
		return "", err
	}
	if d.MediaType != "" {
		return d.MediaType, nil
	}
	if t, _, _ := mime.ParseMediaType(h.Get("Content-Type")); manifest.IsManifestType(t) {
		return t, nil
	}
	return d.Type(), nil
}

// Resolve asks for the digest of a tag without fetching the manifest; "" says that the
// registry doesn't tell.
func (r *Repository) Resolve(ctx context.Context, what string) (digest.Digest, error) {
	a, _, err := r.any(ctx, request{method: http.MethodHead, path: r.path("manifests/" + what), header: http.Header{"Accept": {accepted}}})
	if err != nil {
		return "", err
	}
	discard(a.Body)
	d, err := digest.Parse(a.Header.Get("Docker-Content-Digest"))
	if err != nil {
		return "", nil
	}
	return d, nil
}

// Has says whether the registry itself has a manifest with the digest.
func (r *Repository) Has(ctx context.Context, d digest.Digest) (bool, error) {
	return r.head(ctx, "manifests/"+d.String())
}

func (r *Repository) head(ctx context.Context, path string) (bool, error) {
	a, err := r.own().do(ctx, request{method: http.MethodHead, path: r.path(path), scope: r.scope, header: http.Header{"Accept": {accepted}}})
	if IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	discard(a.Body)
	return true, nil
}

// Put writes a manifest under a tag or its digest. A registry without a list of
// referrers has it in a tag (distribution-spec, "Referrers Tag Schema").
func (r *Repository) Put(ctx context.Context, what string, m *Manifest) error {
	doc, err := manifest.Decode(m.Bytes)
	if err != nil {
		return fmt.Errorf("push manifest %s: %w", m.Digest.Short(), err)
	}
	a, err := r.own().do(ctx, request{
		method: http.MethodPut, path: r.path("manifests/" + what), scope: r.scope,
		header: http.Header{"Content-Type": {m.Type}}, length: int64(len(m.Bytes)), want: []int{http.StatusCreated, http.StatusOK, http.StatusAccepted},
		body: func() (io.Reader, error) { return bytes.NewReader(m.Bytes), nil },
	})
	if err != nil {
		return err
	}
	discard(a.Body)
	if got := a.Header.Get("Docker-Content-Digest"); got != "" && got != m.Digest.String() {
		return fmt.Errorf("push manifest %s: the registry took it as %s", m.Digest, printable(got))
	}
	if doc.Subject == nil || a.Header.Get("OCI-Subject") != "" {
		return nil
	}
	return r.refer(ctx, doc, m)
}

// Delete takes a tag or a manifest away.
func (r *Repository) Delete(ctx context.Context, what string) error {
	a, err := r.own().do(ctx, request{method: http.MethodDelete, path: r.path("manifests/" + what), scope: r.scope + ",delete", want: []int{http.StatusAccepted, http.StatusOK, http.StatusNoContent}})
	if err == nil {
		discard(a.Body)
	}
	return err
}

// next is the address in a Link header with rel="next" (RFC 5988), on the same host.
func next(a *http.Response) (string, error) {
	link := a.Header.Get("Link")
	address, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
	if link == "" || !ok || !strings.Contains(rest, "next") {
		return "", nil
	}
	u, err := a.Request.URL.Parse(address)
	if err != nil {
		return "", errors.New("the next page of the list has no valid address")
	}
	if u.Host != a.Request.URL.Host || u.Scheme != a.Request.URL.Scheme {
		return "", errors.New("the next page of the list is on another host")
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String(), nil
}
