package dockerfile

import (
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Step is an instruction that makes a layer: exactly one of Run, Copy and Dir is set.
type Step struct {
	// Name is what the progress calls it: "[build 2/5] RUN make".
	Name  string
	Lines []parser.Range
	Stage *Stage
	// History is the index of its entry in the image's history.
	History int
	Run     *Run
	Copy    *Copy
	Dir     *Dir
}

// Run is a RUN instruction.
type Run struct {
	Args []string
	Env  []string // what the program gets; Proxy beside it is no part of the cache's key
	// Proxy are the proxy settings of --build-arg that the file did not ask for.
	Proxy     []string
	Workdir   string
	User      string
	Mounts    []Mount
	Network   string // default, none or host
	Insecure  bool   // --security=insecure
	Hostname  string
	Script    *Inline // a here document with an interpreter of its own: mounted at /dev/pipes
	FlagsUsed []string
}

// Mount is one --mount.
type Mount struct {
	*instructions.Mount
	// From is the stage of from=; nil: the context, or nothing for those that have no source.
	From *Stage
	// Target is absolute and clean, except that a secret or socket may have none.
	Target string
	// ID is the cache's, secret's or agent's.
	ID string
}

// Copy is a COPY or an ADD.
type Copy struct {
	Add     bool
	From    *Stage // nil is the context
	Sources []string
	Inline  []Inline
	// Dest is absolute; a slash at its end says that it is a folder.
	Dest         string
	Chown, Chmod string
	Link         bool
	Parents      bool
	Exclude      []string
	KeepGit      *bool
	Checksum     string
	Unpack       *bool
}

// Inline is a file whose content stands in the Dockerfile.
type Inline struct {
	Name string
	Data string
}

// Dir is a WORKDIR: the folder is made where it isn't there.
type Dir struct {
	Path string
	User string
}

// Created is the time of entries in the history: the epoch, or nil for that of the step.
func (s *Stage) Created() *time.Time { return s.file.opt.Epoch }
