// Package builder is the use case of docker build: it reads the options, opens what they
// name, lets package build build and puts the result where it is wanted. It links net/http
// and BuildKit's parser, so only bantamd has it.
package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"bantam/internal/build"
	"bantam/internal/build/cache"
	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/build/source"
	"bantam/internal/build/tree"
	"bantam/internal/engine"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// Builder builds. Agent is its User-Agent.
type Builder struct {
	Agent string
	// Sink shows the progress in place of what the options say; nil for a command.
	Sink progress.Sink
}

// job is one build on its way.
type job struct {
	Builder
	engine    *engine.Engine
	o         *engine.BuildOptions
	lease     *local.Lease
	log       *progress.Log
	temp      string
	lock      int // of temp
	opener    *source.Opener
	opt       *build.Options
	outs      []output
	platforms []dockerfile.Platform // of --platform
	products  []*product
	pulls     sync.Mutex // one after the other, or one name would stand for another platform in between
	ids       result
	close     []func()
	// closing are lines that are shown when the progress has ended.
	closing []string
}

// Build builds an image. What it returns is worded for people; where a step failed, the
// progress has shown its output and the lines of the Dockerfile.
func (b Builder) Build(ctx context.Context, e *engine.Engine, o *engine.BuildOptions) error {
	j := &job{Builder: b, engine: e, o: o, lock: -1}
	defer j.end()
	if err := j.prepare(ctx); err != nil {
		return err
	}
	err := j.build(ctx)
	j.log.Close()
	if err != nil {
		return j.explain(err)
	}
	return j.report()
}

func (j *job) prepare(ctx context.Context) error {
	if err := j.check(); err != nil {
		return err
	}
	sink, err := j.sink()
	if err != nil {
		return err
	}
	j.log = progress.New(sink)
	store, err := j.engine.Store()
	if err != nil {
		return err
	}
	if j.lease, err = store.Lease(); err != nil {
		return err
	}
	if err := j.makeTemp(); err != nil {
		return err
	}
	client := http.DefaultTransport.(*http.Transport).Clone()
	client.DisableCompression = true // a file is what the server has, compressed or not
	j.opener = &source.Opener{
		Temp: j.temp, Sums: j.cache().Dir("sums"), Stdin: j.o.In,
		Fetch: source.HTTP(&http.Client{Transport: client}, j.Agent, j.temp),
	}
	return nil
}

func (j *job) cache() *cache.Cache { return &cache.Cache{Root: j.engine.Root} }

// makeTemp makes a folder of this build's own, and removes those of builds that were killed.
func (j *job) makeTemp() (err error) {
	dir := j.cache().Dir("steps")
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("prepare the build: %w", err)
	}
	layer.Sweep(dir)
	if j.temp, j.lock, err = layer.Claim(dir); err != nil {
		return fmt.Errorf("prepare the build: %w", err)
	}
	return nil
}

// end gives back what the build holds.
func (j *job) end() {
	for _, c := range j.close {
		c()
	}
	if j.temp != "" {
		_ = layer.Remove(j.temp)
		unix.Close(j.lock)
	}
	if j.lease != nil {
		_ = j.lease.Close()
	}
}

// build opens the context, reads the Dockerfile, builds and exports.
func (j *job) build(ctx context.Context) error {
	j.opt = &build.Options{NoCache: j.o.NoCache, Check: j.o.Call != "" && j.o.Call != "build"}
	for _, step := range [...]func(context.Context) error{j.secrets, j.contexts, j.dockerfile, j.ignore, j.fileOptions} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	j.plan()
	b := &build.Builder{
		Lease: j.lease, Cache: j.cache(), Images: images{j}, Runner: runner{j}, Users: users, Log: j.log, Opener: j.opener, Temp: j.temp,
	}
	if err := j.importCaches(ctx); err != nil {
		return err
	}
	err := j.buildAll(ctx, b)
	if res := j.products[0].res; res != nil {
		j.warn(res.Warnings)
	}
	if err != nil || j.opt.Check {
		return err
	}
	return j.export(ctx)
}

// contexts opens the context and those of --build-context.
func (j *job) contexts(ctx context.Context) error {
	if j.o.File == "-" && j.o.Context == "-" {
		return errors.New("invalid argument: can't use stdin for both build context and dockerfile")
	}
	s, err := j.opener.Open(ctx, j.o.Context)
	if err != nil {
		return err
	}
	j.close = append(j.close, s.Close)
	j.opt.Context = s
	j.opt.Contexts = map[string]*build.Named{}
	for _, text := range j.o.Contexts {
		if err := j.namedContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// dockerfile reads the Dockerfile: of the context, of another place on this machine, from a
// server or standard input.
func (j *job) dockerfile(ctx context.Context) error {
	name := j.o.File
	if name == "" {
		name = "Dockerfile"
	}
	j.opt.Name = filepath.Base(name)
	if name == "-" {
		j.opt.Name = "Dockerfile"
	}
	step := j.log.Start("[internal] load build definition from " + j.opt.Name)
	text, err := j.dockerfileText(ctx, name)
	if err == nil {
		step.Note("transferring dockerfile: "+size(int64(len(text))), true, int64(len(text)), int64(len(text)))
	}
	step.Finish(err)
	j.opt.Dockerfile = text
	return err
}

func (j *job) dockerfileText(ctx context.Context, name string) ([]byte, error) {
	s := j.opt.Context
	switch {
	case s.Dockerfile != nil && j.o.File == "":
		return s.Dockerfile, nil
	case name == "-":
		return readAll(j.o.In, "standard input")
	case strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://"):
		d, err := j.opener.Fetch(ctx, name)
		if err != nil {
			return nil, err
		}
		return os.ReadFile(d.Path)
	case s.Local != "":
		return j.localDockerfile(name)
	}
	fd, err := s.Open(tree.Clean(name), unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, noDockerfile(name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	return readAll(f, name)
}

// localDockerfile: -f names a file of the caller's folder; without it the file is the context's.
func (j *job) localDockerfile(name string) ([]byte, error) {
	path := name
	if j.o.File == "" {
		path = filepath.Join(j.opt.Context.Local, name)
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			if lower := filepath.Join(j.opt.Context.Local, "dockerfile"); exists(lower) {
				path = lower // as buildx does
			}
		}
	} else if !exists(path) && !filepath.IsAbs(path) { // the classic builder looks into the context
		if inside := filepath.Join(j.opt.Context.Local, name); exists(inside) {
			path = inside
		}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, noDockerfile(name, err)
	}
	defer f.Close()
	j.opt.Name = filepath.Base(path)
	return readAll(f, name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func noDockerfile(name string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("failed to read dockerfile: open %s: no such file or directory", filepath.Base(name))
	}
	return fmt.Errorf("failed to read dockerfile: %w", err)
}

func readAll(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, dockerfile.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("failed to read dockerfile: %s: %w", name, err)
	}
	return b, nil
}

// ignore reads NAME.dockerignore beside the Dockerfile, else .dockerignore.
func (j *job) ignore(context.Context) error {
	step := j.log.Start("[internal] load .dockerignore")
	n, err := j.readIgnore()
	if err == nil {
		step.Note("transferring context: "+size(n), true, n, n)
	}
	step.Finish(err)
	return err
}

func (j *job) readIgnore() (int64, error) {
	t := j.opt.Context.Tree
	own := j.o.File + ".dockerignore"
	if j.o.File == "" || j.o.File == "-" {
		own = "Dockerfile.dockerignore"
	}
	if j.opt.Context.Local != "" && j.o.File != "" && j.o.File != "-" {
		if f, err := os.Open(own); err == nil {
			defer f.Close()
			return j.setIgnore(own, f)
		}
	}
	for _, name := range [...]string{own, ".dockerignore"} {
		fd, err := t.Open(tree.Clean(name), unix.O_RDONLY|unix.O_NONBLOCK)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("open %s: %w", name, err)
		}
		f := os.NewFile(uintptr(fd), name)
		defer f.Close()
		return j.setIgnore(name, f)
	}
	return 2, nil
}

func (j *job) setIgnore(name string, f *os.File) (int64, error) {
	i, err := tree.ReadIgnore(filepath.Base(name), f)
	if err != nil {
		return 0, err
	}
	j.opt.Context.Ignore = i
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// size writes a size as docker does.
func size(n int64) string {
	units := [...]string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + "B"
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + units[i]
}

// epochOf reads SOURCE_DATE_EPOCH.
func epochOf(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("invalid SOURCE_DATE_EPOCH: %q: want seconds since 1970", text)
	}
	t := time.Unix(n, 0).UTC()
	return &t, nil
}
