package docker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"bantam/internal/engine"
	"bantam/internal/image/manifest"
	"bantam/internal/image/remote"

	"github.com/moby/moby/api/types/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// registries is what the routes about registries need of the engine.
type registries interface {
	CheckLogin(ctx context.Context, domain string, a remote.Access) error
	Search(ctx context.Context, o *engine.SearchOptions) ([]remote.Found, error)
	RegistryManifest(ctx context.Context, name string, a remote.Access) (*engine.Manifest, error)
}

func (s *Server) registryRoutes() []route {
	return []route{
		{"POST", "/auth", s.auth},
		{"GET", "/distribution/{name*}/json", s.distribution},
	}
}

// access reads the header X-Registry-Auth: base64url of JSON. An empty one is no credential.
func (c *call) access() (*remote.Access, error) {
	text := c.r.Header.Get("X-Registry-Auth")
	if text == "" {
		return &remote.Access{}, nil
	}
	b, err := base64.URLEncoding.DecodeString(text)
	if err != nil {
		b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	var a registry.AuthConfig
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil {
		return nil, badRequest("invalid X-Registry-Auth header: " + err.Error())
	}
	return accessOf(&a), nil
}

func accessOf(a *registry.AuthConfig) *remote.Access {
	cred := &remote.Credential{Username: a.Username, Password: a.Password, IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken}
	// A client that sends an empty credential means to be anonymous: what this machine's
	// user has logged in to is not the client's.
	return &remote.Access{Credential: cred}
}

func (s *Server) auth(c *call) error {
	var a registry.AuthConfig
	if err := c.decode(&a); err != nil {
		return err
	}
	domain, err := engine.RegistryDomain(a.ServerAddress)
	if err != nil {
		return badRequest(err.Error())
	}
	if err := s.registries.CheckLogin(c.r.Context(), domain, *accessOf(&a)); err != nil {
		return err
	}
	return c.reply(http.StatusOK, registry.AuthResponse{Status: "Login Succeeded"})
}

func (s *Server) search(c *call) error {
	access, err := c.access()
	if err != nil {
		return err
	}
	f, err := c.filters()
	if err != nil {
		return err
	}
	if err := f.Check("is-automated", "is-official", "stars"); err != nil {
		return err
	}
	official, err := f.Bool("is-official")
	if err != nil {
		return err
	}
	limit, err := c.number("limit")
	if err != nil {
		return err
	}
	o := &engine.SearchOptions{Access: *access, Term: c.str("term")}
	if limit != nil {
		o.Limit = int(*limit)
	}
	list, err := s.registries.Search(c.r.Context(), o)
	if err != nil {
		return err
	}
	out := []registry.SearchResult{}
	for _, l := range list {
		if official != nil && *official != l.Official || !f.Any("stars", func(v string) bool { n, err := strconv.Atoi(v); return err == nil && l.Stars >= n }) {
			continue
		}
		out = append(out, registry.SearchResult{Name: l.Name, Description: l.Description, StarCount: l.Stars, IsOfficial: l.Official})
	}
	return c.reply(http.StatusOK, out)
}

// distribution tells what a registry has under a name, and for which platforms.
func (s *Server) distribution(c *call) error {
	access, err := c.access()
	if err != nil {
		return err
	}
	m, err := s.registries.RegistryManifest(c.r.Context(), c.name(), *access)
	if err != nil {
		return err
	}
	d := &m.Descriptor
	r := registry.DistributionInspect{
		Descriptor: ociDescriptor(&manifest.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size}), Platforms: []ocispec.Platform{},
	}
	for _, l := range append(m.Document.Manifests, *d) {
		if l.Platform != nil {
			r.Platforms = append(r.Platforms, ociPlatform(l.Platform))
		}
	}
	return c.reply(http.StatusOK, r)
}

func ociPlatform(p *manifest.Platform) ocispec.Platform {
	return ocispec.Platform{Architecture: p.Architecture, OS: p.OS, OSVersion: p.OSVersion, OSFeatures: p.OSFeatures, Variant: p.Variant}
}
