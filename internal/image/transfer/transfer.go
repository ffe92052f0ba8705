// Package transfer moves images between the store and registries, and serves the store
// as a registry: it implements remote.Remote.
package transfer

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
	"bantam/internal/image/registry"
	"bantam/internal/image/remote"
)

// Transfer is remote.Remote over HTTP.
type Transfer struct {
	// Agent is the User-Agent.
	Agent string
	// Stall and Backoff are registry.Options'.
	Stall, Backoff time.Duration
}

var _ remote.Remote = (*Transfer)(nil)

// configFiles are where registries.json may be; the first that is there counts.
func configFiles() []string {
	files := []string{"/etc/bantam/registries.json"}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append([]string{filepath.Join(dir, "bantam", "registries.json")}, files...)
	}
	if own := os.Getenv("BANTAM_REGISTRIES"); own != "" {
		files = append([]string{own}, files...)
	}
	return files
}

// client reaches registries as the user wants it.
func (t *Transfer) client(a remote.Access) (*registry.Client, error) {
	config, err := registry.LoadConfig(configFiles()...)
	if err != nil {
		return nil, err
	}
	known := registry.DefaultCredentials().Get
	if a.Credential != nil {
		known = func(string) (*registry.Credential, error) { return a.Credential, nil }
	}
	return registry.New(registry.Options{
		Agent: t.Agent, Config: config, Insecure: a.Insecure, CA: a.CA, CertDirs: []string{"/etc/bantam/certs.d", "/etc/docker/certs.d"},
		Credential: known, Stall: t.Stall, Backoff: t.Backoff,
	}), nil
}

// reading opens a repository; close the client at the end.
func (t *Transfer) reading(ref reference.Reference, a remote.Access) (*registry.Client, *registry.Repository, error) {
	c, err := t.client(a)
	if err != nil {
		return nil, nil, err
	}
	repo, err := c.Reading(ref)
	return c, repo, err
}

// what is asked for of a reference: its digest, else its tag.
func what(ref reference.Reference) string {
	if ref.Digest != "" {
		return ref.Digest.String()
	}
	return ref.Tagged().Tag
}

// Tags lists a repository's tags.
func (t *Transfer) Tags(ctx context.Context, ref reference.Reference, a remote.Access) ([]string, error) {
	c, repo, err := t.reading(ref, a)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	tags, err := repo.Tags(ctx)
	return tags, denied(err, ref, "pull")
}

// Manifest fetches a manifest or an index as it is.
func (t *Transfer) Manifest(ctx context.Context, ref reference.Reference, a remote.Access) (*remote.Manifest, error) {
	c, repo, err := t.reading(ref, a)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	m, err := repo.Manifest(ctx, what(ref))
	return m, denied(err, ref, "pull")
}

// Blob fetches a small blob.
func (t *Transfer) Blob(ctx context.Context, ref reference.Reference, d manifest.Descriptor, a remote.Access) ([]byte, error) {
	c, repo, err := t.reading(ref, a)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return repo.Small(ctx, d)
}

// Referrers lists what refers to a digest.
func (t *Transfer) Referrers(ctx context.Context, ref reference.Reference, d digest.Digest, artifactType string, a remote.Access) ([]manifest.Descriptor, error) {
	c, repo, err := t.reading(ref, a)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	list, err := repo.Referrers(ctx, d, artifactType)
	return list, denied(err, ref, "pull")
}

// Login checks credentials at a registry.
func (t *Transfer) Login(ctx context.Context, domain string, a remote.Access) error {
	c, err := t.client(a)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Check(ctx, domain)
}

// Known returns the credentials in docker's files.
func (t *Transfer) Known(domain string) (*remote.Credential, error) {
	return registry.DefaultCredentials().Get(domain)
}

// Remember writes credentials to docker's files.
func (t *Transfer) Remember(domain string, c *remote.Credential) (string, error) {
	files := registry.DefaultCredentials()
	plain, err := files.Store(domain, c)
	if err != nil || !plain {
		return "", err
	}
	return files.Path, nil
}

// Forget takes credentials out of docker's files.
func (t *Transfer) Forget(domain string) (bool, error) {
	return registry.DefaultCredentials().Erase(domain)
}

// Search finds repositories.
func (t *Transfer) Search(ctx context.Context, domain, term string, limit int, a remote.Access) ([]remote.Found, error) {
	c, err := t.client(a)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Search(ctx, domain, term, limit)
}

// teller tells progress, one event at a time and not every byte of it.
type teller struct {
	mu   sync.Mutex
	to   func(remote.Event)
	last map[string]time.Time
}

// tellEvery is how often a layer's progress is told.
const tellEvery = 100 * time.Millisecond

func newTeller(to func(remote.Event)) *teller {
	if to == nil {
		to = func(remote.Event) {}
	}
	return &teller{to: to, last: map[string]time.Time{}}
}

// say tells something for good.
func (t *teller) say(id, status string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to(remote.Event{ID: id, Status: status})
}

// progress tells how far something is.
func (t *teller) progress(id, status string, current, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if current < total && now.Sub(t.last[id]) < tellEvery {
		return
	}
	t.last[id] = now
	t.to(remote.Event{ID: id, Status: status, Current: current, Total: total})
}
