package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// Image is an image's configuration with Docker's extensions.
type Image = dockerspec.DockerOCIImage

// Stage is one FROM and what follows, or an image that something is copied from.
type Stage struct {
	Name string // as the file has it, may be empty
	// From is the stage that it goes on from; nil: Base is an image, or "scratch".
	From *Stage
	Base string
	// Context says that --build-context replaces the whole stage.
	Context  bool
	Platform *Platform
	Lines    []parser.Range
	// NoCache: its steps are not taken from the cache (--no-cache-filter).
	NoCache bool

	// Ref is the full name of the base image and FromName what the progress calls its loading.
	Ref, FromName string

	// Steps and Image are there after Evaluate.
	Steps []*Step
	Image Image

	file     *File
	title    string // in the progress
	doc      string // the comment above it
	lint     *linter.Linter
	commands []command
	implicit bool // not a FROM of the file
	based    bool // SetBase was called
	done     bool
	state    *state
}

// command is an instruction with the stages that it reads from, in the order of its mounts.
type command struct {
	instructions.Command
	from    []*Stage
	onBuild bool
}

// Title names the stage in the progress: its name, or stage-N.
func (s *Stage) Title() string { return s.title }

// Scratch says that the stage begins with nothing.
func (s *Stage) Scratch() bool { return s.From == nil && s.Base == scratch && !s.Context }

// Implicit says that the file has no FROM for it: something is copied from an image.
func (s *Stage) Implicit() bool { return s.implicit }

// needs lists what must be there before it.
func (s *Stage) needs() []*Stage {
	var list []*Stage
	if s.From != nil {
		list = append(list, s.From)
	}
	if s.Context {
		return list
	}
	for _, c := range s.commands {
		for _, d := range c.from {
			if d != nil && !slices.Contains(list, d) {
				list = append(list, d)
			}
		}
	}
	return list
}

// link finds what COPY --from and RUN --mount=from name, and the ONBUILD triggers of stages
// that others go on from.
func (f *File) link() error {
	for i := 0; i < len(f.Stages); i++ { // it grows
		s := f.Stages[i]
		for k := range s.commands {
			if err := s.linkCommand(&s.commands[k]); err != nil {
				return parser.WithLocation(err, s.commands[k].Location())
			}
		}
		if s.From == nil {
			continue
		}
		var triggers []string
		for _, c := range s.From.commands {
			if o, ok := c.Command.(*instructions.OnbuildCommand); ok {
				triggers = append(triggers, o.Expression)
			}
		}
		if err := s.trigger(triggers); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) linkCommand(c *command) error {
	switch x := c.Command.(type) {
	case *instructions.CopyCommand:
		if x.From == "" {
			return nil
		}
		d, err := s.source(x.From, c.Location())
		if err != nil {
			return err
		}
		c.from = []*Stage{d}
		s.file.inherit(s, d)
	case *instructions.RunCommand:
		mounts := instructions.GetMounts(x)
		c.from = make([]*Stage, len(mounts))
		for i, m := range mounts {
			if m.From == "" {
				continue
			}
			d, err := s.mountSource(m.From, c.Location())
			if err != nil {
				return err
			}
			c.from[i] = d
		}
	}
	return nil
}

// inherit gives an image that is copied from the platform of the stage that does.
func (f *File) inherit(s, d *Stage) {
	if d.implicit && d.Platform == nil {
		d.Platform = s.Platform
	}
}

// source finds the stage of COPY --from: by name, by number, or an image.
func (s *Stage) source(from string, at []parser.Range) (*Stage, error) {
	if strings.Contains(from, "$") {
		return nil, errors.New("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround")
	}
	n, err := strconv.Atoi(from)
	if err != nil {
		return s.mountSource(from, at)
	}
	if n < 0 || n >= len(s.file.Stages) || s.file.Stages[n].implicit {
		return nil, fmt.Errorf("invalid stage index %d", n)
	}
	if d := s.file.Stages[n]; s.before(d) {
		return d, nil
	}
	return nil, fmt.Errorf("cannot copy from stage %q, it needs to be defined before current stage %q", from, s.title)
}

func (s *Stage) mountSource(from string, at []parser.Range) (*Stage, error) {
	if d := s.earlier(from); d != nil {
		return d, nil
	}
	if later := s.file.find(from); later != nil && !later.implicit && !s.implicit {
		if later == s {
			return nil, fmt.Errorf("circular dependency detected on stage: %s", s.title)
		}
		return nil, fmt.Errorf("cannot copy from stage %q, it needs to be defined before current stage %q", from, s.title)
	}
	for _, d := range s.file.Stages {
		if d.implicit && d.Base == from {
			return d, nil
		}
	}
	d := &Stage{file: s.file, Base: from, Lines: at, lint: s.lint, implicit: true}
	s.file.Stages = append(s.file.Stages, d)
	return d, nil
}

// earlier finds the latest stage of that name that stands before s.
func (s *Stage) earlier(name string) (found *Stage) {
	for _, d := range s.file.Stages {
		if d == s {
			break
		}
		if d.Name != "" && strings.EqualFold(d.Name, name) {
			found = d
		}
	}
	return found
}

// before says that d stands before s.
func (s *Stage) before(d *Stage) bool {
	for _, x := range s.file.Stages {
		if x == s {
			return false
		}
		if x == d {
			return true
		}
	}
	return false
}

// Unbased says that SetBase is due: the stage begins with an image that nobody has looked at.
func (s *Stage) Unbased() bool { return !s.based && s.From == nil }

// SetBase gives the stage the configuration of its base image, of the platform that was
// asked for. Its ONBUILD triggers become instructions of the stage, which may need
// further stages: call Needed again.
func (s *Stage) SetBase(img *Image) error {
	s.based = true
	s.Image = cloneImage(img)
	s.Image.Created = nil
	s.checkPlatform(img)
	if s.implicit || s.Context {
		return nil
	}
	triggers := s.Image.Config.OnBuild
	s.Image.Config.OnBuild = nil
	return s.trigger(triggers)
}

// trigger puts ONBUILD instructions before the stage's own.
func (s *Stage) trigger(texts []string) error {
	var list []command
	for _, text := range texts {
		c, err := s.onBuild(text)
		if err != nil {
			return parser.SetLocation(fmt.Errorf("ONBUILD %s: %w", text, err), s.Lines)
		}
		list = append(list, c)
	}
	s.commands = append(list, s.commands...)
	return nil
}

func (s *Stage) onBuild(text string) (command, error) {
	tree, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return command{}, err
	}
	if len(tree.AST.Children) != 1 {
		return command{}, errors.New("onbuild trigger should be a single expression")
	}
	node := tree.AST.Children[0]
	if len(s.Lines) > 0 {
		node.StartLine, node.EndLine = s.Lines[0].Start.Line, s.Lines[len(s.Lines)-1].End.Line
	}
	ic, err := instructions.ParseCommand(node)
	if err != nil {
		return command{}, err
	}
	c := command{Command: ic, onBuild: true}
	return c, s.linkCommand(&c)
}

func cloneImage(src *Image) Image {
	img := *src
	c := &img.Config
	c.Env, c.Cmd, c.Entrypoint = slices.Clone(c.Env), slices.Clone(c.Cmd), slices.Clone(c.Entrypoint)
	c.OnBuild, c.Shell = slices.Clone(c.OnBuild), slices.Clone(c.Shell)
	c.ExposedPorts, c.Volumes, c.Labels = cloneMap(c.ExposedPorts), cloneMap(c.Volumes), cloneMap(c.Labels)
	if c.Healthcheck != nil {
		h := *c.Healthcheck
		h.Test = slices.Clone(h.Test)
		c.Healthcheck = &h
	}
	img.History = slices.Clone(img.History)
	img.RootFS.DiffIDs = slices.Clone(img.RootFS.DiffIDs)
	return img
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	n := make(map[string]V, len(m))
	for k, v := range m {
		n[k] = v
	}
	return n
}
