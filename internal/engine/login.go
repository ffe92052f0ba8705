package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bantam/internal/image/remote"
)

// Login checks credentials at a registry and remembers them in docker's files. file is
// where they stand unencrypted, "" if a credential helper keeps them.
func (e *Engine) Login(ctx context.Context, domain string, a remote.Access) (file string, err error) {
	if err := e.CheckLogin(ctx, domain, a); err != nil {
		return "", err
	}
	file, err = e.Remote.Remember(domain, a.Credential)
	if err != nil {
		err = fmt.Errorf("login is right, but can't be remembered: %w", err)
	}
	return file, err
}

// CheckLogin checks credentials at a registry.
func (e *Engine) CheckLogin(ctx context.Context, domain string, a remote.Access) error {
	if e.Remote == nil {
		return errNoRemote
	}
	if err := e.Remote.Login(ctx, domain, a); err != nil {
		return fmt.Errorf("login attempt to %s failed: %w", domain, err)
	}
	return nil
}

// Credential returns what docker's files know of a registry, nil for nothing.
func (e *Engine) Credential(domain string) (*remote.Credential, error) {
	if e.Remote == nil {
		return nil, errNoRemote
	}
	return e.Remote.Known(domain)
}

// Logout forgets a registry's credentials.
func (e *Engine) Logout(domain string) (had bool, err error) {
	if e.Remote == nil {
		return false, errNoRemote
	}
	return e.Remote.Forget(domain)
}

// RegistryDomain is the registry that a word of a command line means: "" is Docker Hub,
// and a URL's scheme and path mean nothing.
func RegistryDomain(word string) (string, error) {
	word = strings.TrimPrefix(strings.TrimPrefix(word, "https://"), "http://")
	word, _, _ = strings.Cut(word, "/")
	switch word {
	case "", "docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com":
		return "docker.io", nil
	}
	ref, err := parseReference(word + "/x")
	if err != nil || ref.Domain != word && ref.Path != word+"/x" {
		return "", errors.New("invalid registry: " + word)
	}
	return word, nil
}

// SearchOptions are those of docker search.
type SearchOptions struct {
	remote.Access
	Term  string // TERM or REGISTRY/TERM
	Limit int
}

// Search finds repositories in a registry.
func (e *Engine) Search(ctx context.Context, o *SearchOptions) ([]remote.Found, error) {
	if e.Remote == nil {
		return nil, errNoRemote
	}
	domain, term := "docker.io", o.Term
	if first, rest, ok := strings.Cut(o.Term, "/"); ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		domain, term = first, rest
	}
	return e.Remote.Search(ctx, domain, term, o.Limit, o.Access)
}
