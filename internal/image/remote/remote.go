// Package remote says what the engine asks of registries, and what it is told while that
// goes on. Package transfer does it; it needs net/http, so only bantamd has it.
package remote

import (
	"context"
	"encoding/json"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"
	"bantam/internal/image/manifest"
	"bantam/internal/image/reference"
)

// Remote moves images between a store and registries.
type Remote interface {
	// Pull brings one reference into the store.
	Pull(ctx context.Context, s *local.Store, o *Pull) (*Pulled, error)
	// Push writes one name of the store to its registry.
	Push(ctx context.Context, s *local.Store, o *Push) (*Pushed, error)
	// Tags lists a repository's.
	Tags(ctx context.Context, ref reference.Reference, a Access) ([]string, error)
	// Login checks credentials at a registry.
	Login(ctx context.Context, domain string, a Access) error
	// Known returns the credentials in docker's files, nil for none.
	Known(domain string) (*Credential, error)
	// Remember writes credentials to docker's files. file is where they stand unencrypted, "" if a helper has them.
	Remember(domain string, c *Credential) (file string, err error)
	// Forget takes credentials out of docker's files, if there are any.
	Forget(domain string) (had bool, err error)
	// Search finds repositories.
	Search(ctx context.Context, domain, term string, limit int, a Access) ([]Found, error)
	// Manifest fetches a manifest or an index as it is.
	Manifest(ctx context.Context, ref reference.Reference, a Access) (*Manifest, error)
	// Blob fetches a small blob of the reference's repository.
	Blob(ctx context.Context, ref reference.Reference, d manifest.Descriptor, a Access) ([]byte, error)
	// Referrers lists what refers to a digest.
	Referrers(ctx context.Context, ref reference.Reference, d digest.Digest, artifactType string, a Access) ([]manifest.Descriptor, error)
	// PutManifest writes a manifest or an index, taking over what it refers to from the
	// repositories that sources name by digest.
	PutManifest(ctx context.Context, ref reference.Reference, m *Manifest, sources map[digest.Digest]reference.Reference, a Access) error
	// Serve is a registry over a store until ctx ends.
	Serve(ctx context.Context, s *local.Store, o *Serve) error
	// CollectRegistry takes from the served repositories what nothing in them refers to.
	CollectRegistry(s *local.Store, o *CollectRegistry) (*RegistryCollected, error)
}

// Access says how a registry is reached.
type Access struct {
	Insecure bool   // without verified TLS, or without TLS
	CA       string // a file of certificates that are trusted beside the system's
	// Credential, if not nil, is used in place of what docker's files say.
	Credential *Credential
}

// Credential is what a registry wants to know of a user.
type Credential struct {
	Username, Password string
	IdentityToken      string // is exchanged for tokens
	RegistryToken      string // is sent as it is
}

// Pull says what is pulled.
type Pull struct {
	Access
	Reference reference.Reference // with a tag or a digest
	Platform  string              // "" is the host's
	// AllPlatforms of an index come, and what it has beside images.
	AllPlatforms bool
	Limits       layer.Limits // of what each layer expands to, and of an artifact's blobs
	Progress     func(Event)  // called by one goroutine at a time
}

// Pulled is what a pull brought.
type Pulled struct {
	Image  digest.Digest
	Digest digest.Digest // the registry's: of the index, if it is one
	Fresh  bool          // the name stood for something else before
}

// Push says what is pushed.
type Push struct {
	Access
	Name     local.Name
	Platform string
	Progress func(Event)
}

// Pushed is what the registry has now.
type Pushed struct {
	Digest digest.Digest
	Size   int64 // of the manifest
}

// Found is a repository that a search found.
type Found struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Stars       int    `json:"star_count"`
	Official    bool   `json:"is_official"`
}

// Manifest is a manifest or an index with the type it came with.
type Manifest struct {
	Type   string
	Digest digest.Digest
	Bytes  []byte
}

// Serve says how a registry is served.
type Serve struct {
	Address   string // HOST:PORT
	Cert, Key string // files, for TLS
	Users     string // file of htpasswd -B
	ReadOnly  bool
	Sparse    bool // manifests may refer to what is not there
	Ready     func(address string)
	Log       func(line string)
}

// CollectRegistry says what a registry may forget.
type CollectRegistry struct {
	Age      time.Duration // what is younger stays
	Untagged bool          // manifests without a tag go, too
}

// RegistryCollected counts what a registry has forgotten.
type RegistryCollected struct{ Repositories, Manifests, Blobs, Uploads int }

// Event is one line of progress, as docker's API has it.
type Event struct {
	ID      string // a layer's short digest or a tag; "" for a line of its own
	Status  string
	Current int64 // bytes
	Total   int64
}

// MarshalJSON writes docker's form: {"status":..., "progressDetail":{...}, "progress":..., "id":...}.
func (e Event) MarshalJSON() ([]byte, error) {
	type detail struct {
		Current int64 `json:"current,omitempty"`
		Total   int64 `json:"total,omitempty"`
	}
	line := struct {
		Status   string  `json:"status"`
		Detail   *detail `json:"progressDetail,omitempty"`
		Progress string  `json:"progress,omitempty"`
		ID       string  `json:"id,omitempty"`
	}{Status: e.Status, ID: e.ID}
	if e.ID != "" {
		line.Detail = &detail{e.Current, e.Total}
	}
	if e.Total > 0 {
		line.Progress = e.Bar(200)
	}
	return json.Marshal(line)
}
