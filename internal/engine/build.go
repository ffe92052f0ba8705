package engine

import (
	"context"
	"io"

	"bantam/internal/container/folder"
)

// BuildOptions are those of docker build, as buildx and the classic builder have them.
// Their texts are read by the builder.
type BuildOptions struct {
	Context   string // PATH, URL or -
	File      string // -f
	Target    string
	Tags      []string
	Platforms []string

	Args, Labels, Annotations []string
	Contexts                  []string // --build-context NAME=VALUE
	Secrets, SSH              []string
	Allow                     []string

	NoCache       bool
	NoCacheFilter []string
	Pull          bool
	CacheFrom     []string
	CacheTo       []string

	Outputs      []string
	Load, Push   bool
	IIDFile      string
	MetadataFile string
	Progress     string
	Quiet        bool
	Call         string // build, check, outline, targets
	OnError      string // shell

	Attest           []string
	SBOM, Provenance string

	Network      string
	AddHosts     []string
	CgroupParent string
	ShmSize      int64
	SecurityOpt  []string
	Limits       LimitOptions

	// In is standard input; Out takes an image's id or a tar file, Err the progress.
	In       io.Reader
	Out, Err io.Writer
}

// CheckSteps refuses what no container of a step can have, though all steps may come from the cache.
func (o *BuildOptions) CheckSteps() error {
	r := &RunOptions{AddHosts: o.AddHosts, Limits: o.Limits}
	var h folder.HostConfig
	if err := r.limits(&h); err != nil {
		return err
	}
	return r.names(&h)
}

// Builder builds images. It is in bantamd alone, for what it links.
type Builder interface {
	// Build returns when the image is there.
	Build(ctx context.Context, e *Engine, o *BuildOptions) error
}
