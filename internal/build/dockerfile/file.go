// Package dockerfile turns a Dockerfile into a graph of stages, and a stage into the
// steps that change files and the configuration of the image that comes out. Nothing is
// built here and nothing is read but the text; what must be known of base images is
// given by the caller (Stage.SetBase).
//
// The text is parsed by BuildKit's own packages. The meaning of each instruction is
// Docker's reference (docs.docker.com/reference/dockerfile) as BuildKit's frontend
// (frontend/dockerfile/dockerfile2llb) reads it: names in the progress, history and
// configuration are the same.
//
// The way of a file:
//
//	Parse      text -> stages, their bases and what they copy from
//	Needed     the stages that a target needs; the others are never looked at again
//	SetBase    what the base image brings, ONBUILD triggers among it: may need more stages
//	Evaluate   instructions in order -> steps and configuration
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/buildkit/util/suggest"
)

// MaxSize bounds a Dockerfile, in bytes: BuildKit's limit.
const MaxSize = 16 << 20

// scratch is the base that is nothing.
const scratch = "scratch"

// Options are what the build gives the file beside its text.
type Options struct {
	// Args are the --build-arg values.
	Args map[string]string
	// Target is the stage to build, the last one where empty.
	Target string
	// Build is the platform of this machine, Platform the one to build for, nil for the same.
	Build    Platform
	Platform *Platform
	// Several: this platform is one of several that are built; the steps' names say which.
	Several bool
	// Epoch is SOURCE_DATE_EPOCH, nil without one.
	Epoch *time.Time
	// Labels are added to the image at the end.
	Labels map[string]string
	// Contexts are the names of --build-context: each stands for a stage or an image.
	Contexts map[string]bool
	// NoCache are the stages of --no-cache-filter.
	NoCache []string
	// Ignored says that .dockerignore keeps a path out of the context; nil: nothing is.
	Ignored func(path string) bool
	// Network is that of every RUN without one of its own.
	Network string
}

// File is a parsed Dockerfile.
type File struct {
	Source []byte
	Stages []*Stage
	// Warnings are what the rules of `docker build --check` found so far.
	Warnings []Warning

	opt    Options
	lex    *shell.Lex
	lint   *linter.Linter
	global *env // ARG values before the first FROM
	meta   []instructions.ArgCommand
}

// Parse reads a Dockerfile. Errors have a location: see [Explain].
func Parse(src []byte, opt Options) (*File, error) {
	if len(src) > MaxSize {
		return nil, fmt.Errorf("the Dockerfile has %d bytes, more than %d", len(src), MaxSize)
	}
	f, err := parse(src, opt)
	return f, located(near(err), src)
}

func parse(src []byte, opt Options) (*File, error) {
	if len(bytes.TrimSpace(src)) == 0 {
		return nil, errors.New("the Dockerfile cannot be empty")
	}
	f := &File{Source: src, opt: opt}
	if err := f.newLinter(); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	f.warnContinuations(tree.Warnings)
	stages, meta, err := instructions.Parse(tree.AST, f.lint)
	if err != nil {
		return nil, err
	}
	if len(stages) == 0 {
		return nil, errors.New("dockerfile contains no stages to build")
	}
	f.lex, f.meta = shell.NewLex(tree.EscapeToken), meta
	f.checkNames(stages)
	f.checkCasing(stages)
	if err := f.globals(stages); err != nil {
		return nil, err
	}
	if err := f.addStages(stages); err != nil {
		return nil, err
	}
	return f, f.link()
}

// addStages makes the stages of the file's FROM instructions.
func (f *File) addStages(list []instructions.Stage) error {
	for i := range list {
		s, err := f.newStage(&list[i], i)
		if err != nil {
			return parser.WithLocation(err, list[i].Location)
		}
		f.Stages = append(f.Stages, s)
	}
	return nil
}

func (f *File) newStage(src *instructions.Stage, i int) (*Stage, error) {
	lint := f.lint.WithMergedConfigFromComments(src.Comments)
	name, err := f.lex.ProcessWordWithMatches(src.BaseName, f.global)
	f.checkFromArgs(name.Unmatched, src.Location, lint)
	if err != nil {
		return nil, err
	}
	if name.Result == "" {
		return nil, fmt.Errorf("base name (%s) should not be blank", src.BaseName)
	}
	s := &Stage{file: f, Name: src.Name, Base: name.Result, Lines: src.Location, doc: src.DocComment, lint: lint, title: src.Name}
	if s.title == "" {
		s.title = fmt.Sprintf("stage-%d", i)
	}
	if src.Platform != "" {
		if s.Platform, err = f.platformOf(src, lint); err != nil {
			return nil, err
		}
	}
	s.Context = src.Name != "" && f.opt.Contexts[strings.ToLower(src.Name)]
	if !s.Context {
		s.From = f.find(s.Base)
	}
	for _, c := range src.Commands {
		s.commands = append(s.commands, command{Command: c})
	}
	for _, n := range f.opt.NoCache {
		s.NoCache = s.NoCache || strings.EqualFold(n, src.Name)
	}
	return s, nil
}

// find returns the latest stage of that name; names are case-insensitive.
func (f *File) find(name string) *Stage {
	for i := len(f.Stages) - 1; i >= 0; i-- {
		if s := f.Stages[i]; s.Name != "" && strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// names lists the stages for suggestions.
func (f *File) names() []string {
	var list []string
	for _, s := range f.Stages {
		if s.title != "" && !s.implicit {
			list = append(list, s.title)
		}
	}
	return list
}

// Target finds the stage to build, by name or number.
func (f *File) Target() (*Stage, error) {
	if f.opt.Target == "" {
		for i := len(f.Stages) - 1; ; i-- {
			if !f.Stages[i].implicit {
				return f.Stages[i], nil
			}
		}
	}
	if s := f.find(f.opt.Target); s != nil {
		return s, nil
	}
	for _, s := range f.Stages {
		if !s.implicit && (s.title == f.opt.Target || isIndex(f.opt.Target, s, f)) {
			return s, nil
		}
	}
	err := fmt.Errorf("target stage %q could not be found", f.opt.Target)
	return nil, suggest.WrapError(err, f.opt.Target, f.names(), true)
}

func isIndex(text string, s *Stage, f *File) bool {
	for i, x := range f.Stages {
		if x == s {
			return text == fmt.Sprint(i)
		}
	}
	return false
}

// Needed lists the stages that s needs and s itself, each after those that it needs.
func (f *File) Needed(s *Stage) ([]*Stage, error) {
	var list []*Stage
	state := map[*Stage]int{} // 1 begun, 2 done
	var visit func(s *Stage) error
	visit = func(s *Stage) error {
		switch state[s] {
		case 1:
			return parser.WithLocation(fmt.Errorf("circular dependency detected on stage: %s", s.title), s.Lines)
		case 2:
			return nil
		}
		state[s] = 1
		for _, d := range s.needs() {
			if err := visit(d); err != nil {
				return err
			}
		}
		state[s] = 2
		list = append(list, s)
		return nil
	}
	return list, visit(s)
}

// Lint is the error of a file that wants its warnings to be errors (# check=error=true).
func (f *File) Lint() error { return f.lint.Error() }
