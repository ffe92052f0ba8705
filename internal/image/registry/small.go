package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/remote"
)

// Small fetches a blob of at most 4 MiB, a configuration, and verifies it.
func (r *Repository) Small(ctx context.Context, d manifest.Descriptor) ([]byte, error) {
	if d.Size > maxManifest {
		return nil, fmt.Errorf("blob %s is larger than 4 MiB", d.Digest.Short())
	}
	body := r.Blob(ctx, d, 0)
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if got := digest.FromBytes(b); got != d.Digest {
		return nil, fmt.Errorf("blob %s is not what the registry says: its digest is %s", d.Digest, got)
	}
	return b, nil
}

// Check asks a registry whether it takes the credentials.
func (c *Client) Check(ctx context.Context, domain string) error {
	h, err := c.host(domain, "")
	if err != nil {
		return err
	}
	a, err := h.do(ctx, request{method: http.MethodGet, path: "/v2/"})
	if err != nil {
		return err
	}
	discard(a.Body)
	if isHTML(a.Header) {
		return fmt.Errorf("%s answers with a web page: is it a registry, or is a proxy in between?", h.address)
	}
	return nil
}

// hubSearch is where Docker Hub answers searches.
const hubSearch = "index.docker.io"

// Search asks as docker does (/v1/search), which few registries but Docker Hub answer; of
// others the catalog is searched.
func (c *Client) Search(ctx context.Context, domain, term string, limit int) ([]remote.Found, error) {
	h, err := c.host(domain, "")
	if err != nil {
		return nil, err
	}
	query := url.Values{"q": {term}, "n": {strconv.Itoa(limit)}}
	path := "/v1/search?" + query.Encode()
	if domain == hubDomain {
		path = "https://" + hubSearch + path
	}
	a, err := h.do(ctx, request{method: http.MethodGet, path: path})
	if IsNotFound(err) {
		return c.searchCatalog(ctx, domain, term, limit)
	}
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", domain, err)
	}
	var body struct {
		Results []remote.Found `json:"results"`
	}
	if isHTML(a.Header) || json.Unmarshal(b, &body) != nil {
		return c.searchCatalog(ctx, domain, term, limit)
	}
	return body.Results, nil
}

func (c *Client) searchCatalog(ctx context.Context, domain, term string, limit int) ([]remote.Found, error) {
	names, err := c.Catalog(ctx, domain)
	if err != nil {
		return nil, fmt.Errorf("search %s: it has no search, and its catalog can't be read: %w", domain, err)
	}
	var found []remote.Found
	for _, n := range names {
		if strings.Contains(n, strings.ToLower(term)) && len(found) < limit {
			found = append(found, remote.Found{Name: n})
		}
	}
	return found, nil
}
