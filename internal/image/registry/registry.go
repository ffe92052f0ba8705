// Package registry speaks to registries of images (OCI distribution specification
// 1.1, and Docker's before it). It links net/http, so only bantamd has it.
//
// # Threat model
//
// A registry is a stranger. What it sends is bounded in length and time, checked
// against the digest it was asked for, and never trusted to name a file. What we know
// of it stays with it: a password or token goes to the registry's own host and to the
// token server that it names, over no weaker transport than the registry's own, and not
// along a redirect to another host.
//
// google/go-containerregistry was the first choice. Its transport has no way to go on
// with a broken layer, no bound on a stall, and one body reader for all; what would be
// left of it is the exchange of tokens, for 5 MB of bantamd.
package registry

import (
	"context"
	"net/http"
	"sync"
	"time"

	"bantam/internal/image/reference"
)

// Options say how registries are reached.
type Options struct {
	// Agent is the User-Agent.
	Agent string
	// Config names mirrors and insecure registries.
	Config Config
	// Insecure lets every registry be reached without verified TLS, or without TLS.
	Insecure bool
	// CA is a file of certificates that are trusted beside the system's.
	CA string
	// CertDirs have a folder for each host, as docker's /etc/docker/certs.d.
	CertDirs []string
	// Credential returns what is known for a registry, nil for nothing.
	Credential func(domain string) (*Credential, error)
	// Stall ends a request when nothing arrives for so long; 0 is DefaultStall.
	Stall time.Duration
	// Backoff is the first pause before a request is repeated, doubled each time; 0 is DefaultBackoff.
	Backoff time.Duration
}

const (
	// DefaultStall is long enough for a registry that fetches a layer from its own store.
	DefaultStall = 60 * time.Second
	// DefaultBackoff is the pause before the first repetition.
	DefaultBackoff = 500 * time.Millisecond

	attempts = 5 // of one request, without any progress in between

	maxManifest = 4 << 20 // bytes, the limit of registries and other engines
	maxAnswer   = 4 << 20 // of a list or an error
)

// Client reaches registries; it remembers their tokens.
type Client struct {
	opt   Options
	mu    sync.Mutex
	hosts map[string]*host
}

// New makes a client.
func New(o Options) *Client {
	if o.Stall == 0 {
		o.Stall = DefaultStall
	}
	if o.Backoff == 0 {
		o.Backoff = DefaultBackoff
	}
	return &Client{opt: o, hosts: map[string]*host{}}
}

// Close lets idle connections go.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.hosts {
		h.close()
	}
}

// Repository is a repository of a registry; each call reaches it anew where needed.
type Repository struct {
	client *Client
	name   string  // path in the registry: "library/busybox"
	domain string  // as in the reference: "docker.io"
	hosts  []*host // mirrors first, the registry itself at the end
	scope  string
}

// Reading returns a repository to read from, by its mirrors where it has some.
func (c *Client) Reading(r reference.Reference) (*Repository, error) {
	return c.repository(r, c.opt.Config.mirrors(r.Domain), "pull")
}

// Writing returns a repository to write to.
func (c *Client) Writing(r reference.Reference) (*Repository, error) {
	return c.repository(r, nil, "pull,push")
}

func (c *Client) repository(r reference.Reference, mirrors []string, actions string) (*Repository, error) {
	repo := &Repository{client: c, name: r.Path, domain: r.Domain, scope: "repository:" + r.Path + ":" + actions}
	for _, m := range append(append([]string{}, mirrors...), "") {
		h, err := c.host(r.Domain, m)
		if err != nil {
			return nil, err
		}
		repo.hosts = append(repo.hosts, h)
	}
	return repo, nil
}

// own is the registry itself, which is written to.
func (r *Repository) own() *host { return r.hosts[len(r.hosts)-1] }

func (r *Repository) path(rest string) string { return "/v2/" + r.name + "/" + rest }

// Name is the repository's, with the registry's domain.
func (r *Repository) Name() string { return r.domain + "/" + r.name }

// any asks one host after the other until one answers; the error is the registry's own.
func (r *Repository) any(ctx context.Context, q request) (answer *http.Response, from *host, err error) {
	q.scope = r.scope
	for _, h := range r.hosts {
		if answer, err = h.do(ctx, q); err == nil || ctx.Err() != nil {
			return answer, h, err
		}
	}
	return nil, nil, err
}
