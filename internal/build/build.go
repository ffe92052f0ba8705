// Package build builds images of Dockerfiles: stages side by side, steps from the cache
// where nothing has changed, the rest by a program in a container or by reading files.
//
// The way of a build:
//
//	dockerfile.Parse      text -> stages; package dockerfile
//	run.resolve           what the base images are; brings them in
//	Stage.Evaluate        instructions -> steps, configuration
//	work.build            one goroutine for each stage that is needed; it waits for another
//	                      stage where a step reads from it
//	work.step             key -> cache, or a layer: run.go, copy.go, unpack.go, dir.go
//	run.image             configuration, history, times
//
// A step's key is the digest of the layers below and of everything else that the step
// depends on: words, variables, contents of files; never a time. What a step makes is a
// layer of the store (package local), visible to every other build at once.
//
// What a program needs to run is not known here: see [Runner]. Neither is where images
// come from: see [Images].
package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/build/source"
	"bantam/internal/image/digest"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// Images brings in what a FROM names.
type Images interface {
	// Image finds an image or pulls it; layers are in the store when it returns. name is as the
	// user wrote it.
	Image(ctx context.Context, l *local.Lease, name string, p dockerfile.Platform, step *progress.Step) (*Base, error)
}

// Base is an image that is there.
type Base struct {
	// Ref is the full name, with the manifest's digest where it has one.
	Ref    string
	Config []byte
}

// Users resolves the user of --chown and WORKDIR. layers are folders, topmost first.
type Users func(layers []string, text string) (uid, gid int, err error)

// Options are what the user wants.
type Options struct {
	// Dockerfile is its text, Name what errors call it.
	Dockerfile []byte
	Name       string
	// File are the options of the text.
	File dockerfile.Options
	// Context is where COPY reads; Contexts are those of --build-context, by name in lower case.
	Context  *source.Source
	Contexts map[string]*Named

	NoCache bool
	Secrets map[string]Secret
	SSH     map[string]string // sockets of agents by id

	Process ProcessOptions
	// Check only looks at the file.
	Check bool
}

// Named is a --build-context: files, or an image.
type Named struct {
	Files *source.Source
	Image string
	// Load brings an image in that is no name of a registry, a layout of the OCI for instance.
	Load func(ctx context.Context, l *local.Lease, p dockerfile.Platform) (*Base, error)
}

// Secret is the content of --secret: of a file or a variable.
type Secret struct {
	File string
	Env  string
	Data []byte // where it is neither
}

// Read returns the secret's bytes.
func (s Secret) Read() ([]byte, error) {
	switch {
	case s.Env != "":
		v, ok := os.LookupEnv(s.Env)
		if !ok {
			return nil, fmt.Errorf("environment variable %s is not set", s.Env)
		}
		return []byte(v), nil
	case s.File != "":
		f, err := os.Open(s.File)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err == nil && len(b) > maxSecret {
			err = fmt.Errorf("%s is larger than %d bytes, the most that a secret may have", s.File, maxSecret)
		}
		return b, err
	}
	return s.Data, nil
}

// maxSecret is BuildKit's limit.
const maxSecret = 500 << 10

// Builder is what builds need of the machine.
type Builder struct {
	Lease  *local.Lease
	Cache  *cache.Cache
	Images Images
	Runner Runner
	Users  Users
	Log    *progress.Log
	// Opener fetches what ADD names.
	Opener *source.Opener
	// Temp is a folder of this build's own, on the file system of the layers.
	Temp string

	made sync.Map // keys of the layers that this build has made, which it may use without a cache
}

// Result is an image that was built, or the findings of Check.
type Result struct {
	Image    dockerfile.Image
	Config   []byte // encoded
	Layers   []digest.Digest
	Warnings []dockerfile.Warning
	File     *dockerfile.File
	Target   *dockerfile.Stage
	// Bases are the images that were used, for the provenance.
	Bases []Material
	// Stages are the layers of the other stages that were built, for the SBOM, by title.
	Stages map[string][]digest.Digest
	// Records are the steps that made layers, for a cache that is exported.
	Records []Record
	Begin   time.Time
	End     time.Time
}

// Record is a step with what it made. Final: it is a step of the result.
type Record struct {
	cache.Record
	Final bool
}

// Material is something that went into a build.
type Material struct {
	URI    string
	Digest digest.Digest
}

// run is one build.
type run struct {
	*Builder
	opt   *Options
	file  *dockerfile.File
	works map[*dockerfile.Stage]*work
	order []*work
	begin time.Time
	loads map[string]*load

	mu        sync.Mutex
	materials []Material
	open      []int // descriptors that last as long as the build
}

// StepError is a step that failed; Output is the end of what it wrote.
type StepError struct {
	Step   *progress.Step
	Output []byte
	Err    error
}

func (e *StepError) Error() string { return e.Err.Error() }
func (e *StepError) Unwrap() error { return e.Err }

// Build builds. An error knows its place in the Dockerfile: see dockerfile.Explain.
func (b *Builder) Build(ctx context.Context, opt *Options) (*Result, error) {
	r := &run{Builder: b, opt: opt, works: map[*dockerfile.Stage]*work{}, loads: map[string]*load{}, begin: time.Now()}
	opt.File.Contexts = map[string]bool{}
	for n := range opt.Contexts {
		opt.File.Contexts[n] = true
	}
	file, err := dockerfile.Parse(opt.Dockerfile, opt.File)
	if err != nil {
		return nil, err
	}
	r.file = file
	target, err := file.Target()
	if err != nil {
		return nil, err
	}
	res := &Result{File: file, Target: target, Begin: r.begin}
	defer func() { res.Warnings = file.Warnings }()
	defer r.close()
	if err := r.resolve(ctx, target); err != nil {
		return res, err
	}
	for _, w := range r.order {
		if err := w.stage.Evaluate(); err != nil {
			return res, err
		}
	}
	if err := file.Lint(); err != nil || opt.Check {
		return res, err
	}
	if err := r.execute(ctx); err != nil {
		return res, err
	}
	err = r.finish(res, r.works[target])
	return res, err
}

// execute runs all stages at once. The first error ends them.
func (r *run) execute(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for _, w := range r.order {
		wg.Go(func() {
			defer close(w.done)
			if w.err = w.build(ctx); w.err != nil { // before another stage sees it
				once.Do(func() {
					first = w.err
					cancel()
				})
			}
		})
	}
	wg.Wait()
	if first != nil {
		return first
	}
	return ctx.Err()
}

// used notes what went into the build.
func (r *run) used(m Material) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.materials {
		if x == m {
			return
		}
	}
	r.materials = append(r.materials, m)
}

func (r *run) close() {
	for _, w := range r.works {
		w.close()
	}
	for _, fd := range r.open {
		unix.Close(fd)
	}
}
