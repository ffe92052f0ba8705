package dockerfile

import (
	"fmt"
	"math"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// HistoryComment marks the entries that a build adds to an image's history, as BuildKit does.
const HistoryComment = "buildkit.dockerfile.v0"

// defaultPath is the PATH of an image that has none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// state is what the instructions of a stage see of those before.
type state struct {
	env  *env // variables of the image and arguments, for expansion and for RUN
	args []instructions.KeyValuePairOptional
	user string

	total, index int // of steps, for the progress
	onBuild      bool
	// workdirSet: one of this file, so relative ones are no surprise.
	cmd, entrypoint, health, workdirSet used
}

// Evaluate works the stage's instructions off. What it needs is evaluated already.
func (s *Stage) Evaluate() error {
	if s.done {
		return nil
	}
	s.done = true
	if err := s.begin(); err != nil {
		return parser.WithLocation(err, s.Lines)
	}
	if s.Context {
		return nil
	}
	for i := range s.commands {
		if err := s.dispatch(&s.commands[i]); err != nil {
			return parser.WithLocation(near(err), s.commands[i].Location())
		}
	}
	return nil
}

// begin inherits from the base.
func (s *Stage) begin() error {
	st := &state{env: &env{}}
	s.state = st
	if s.From != nil {
		b := s.From.state
		st.env, st.args, st.workdirSet = b.env.clone(), append(st.args, b.args...), b.workdirSet
		st.user = b.user
		s.Image = cloneImage(&s.From.Image)
		s.Image.Config.OnBuild = nil // its own base's
		if s.Platform == nil {
			s.Platform = s.From.Platform
		}
	}
	if s.Scratch() {
		s.Image = s.empty()
	}
	if s.Image.OS == "" {
		p := s.Wants()
		s.Image.OS, s.Image.Architecture, s.Image.Variant = p.OS, p.Arch, p.Variant
	}
	if s.Image.RootFS.Type == "" {
		s.Image.RootFS.Type = "layers"
	}
	c := &s.Image.Config
	if _, ok := (&env{c.Env}).Get("PATH"); !ok {
		c.Env = append(c.Env, "PATH="+defaultPath)
	}
	for _, v := range c.Env {
		k, value, _ := strings.Cut(v, "=")
		st.env.set(k, value)
	}
	if c.WorkingDir == "" {
		c.WorkingDir = "/"
	}
	st.user = c.User
	st.total = s.count()
	if s.From == nil && s.Base != scratch {
		s.FromName = s.numbered("FROM " + s.Ref)
	}
	return nil
}

// empty is the configuration of scratch.
func (s *Stage) empty() Image {
	p := s.Wants()
	img := Image{}
	img.OS, img.Architecture, img.Variant = p.OS, p.Arch, p.Variant
	img.RootFS.Type = "layers"
	img.Config.WorkingDir = "/"
	img.Config.Env = []string{"PATH=" + defaultPath}
	return img
}

// count is the number of steps that the progress shows for the stage.
func (s *Stage) count() int {
	n := 0
	if s.From == nil && s.Base != scratch {
		n = 1
	}
	for _, c := range s.commands {
		switch c.Command.(type) {
		case *instructions.AddCommand, *instructions.CopyCommand, *instructions.RunCommand, *instructions.WorkdirCommand:
			n++
		}
	}
	return n
}

// numbered puts "[stage 2/5] " before the text.
func (s *Stage) numbered(text string) string {
	st := s.state
	if st.total == 0 {
		return text
	}
	st.index++
	name := s.title
	if s.file.single() {
		name = ""
	}
	if name != "" {
		name += " "
	}
	if s.file.opt.Several {
		name = s.Wants().to(s.file.target()) + " " + name
	}
	trigger := ""
	if st.onBuild {
		trigger = "ONBUILD "
	}
	return fmt.Sprintf("[%s%*d/%d] %s%s", name, 1+int(math.Log10(float64(st.total))), st.index, st.total, trigger, text)
}

// single says that there is one stage only, whose name says nothing.
func (f *File) single() bool { return len(f.Stages) == 1 }

// dispatch works one instruction off.
func (s *Stage) dispatch(c *command) error {
	s.state.onBuild = c.onBuild
	lint := s.lint.WithMergedConfigFromComments(c.Comments())
	if err := s.expand(c, lint); err != nil {
		return err
	}
	switch x := c.Command.(type) {
	case *instructions.MaintainerCommand:
		s.Image.Author = x.Maintainer
		s.history("MAINTAINER "+x.Maintainer, true)
	case *instructions.EnvCommand:
		s.env(x, lint)
	case *instructions.LabelCommand:
		s.label(x, lint)
	case *instructions.ArgCommand:
		return s.arg(x, lint)
	case *instructions.CmdCommand:
		s.cmd(x, lint)
	case *instructions.EntrypointCommand:
		s.entrypoint(x, lint)
	case *instructions.HealthCheckCommand:
		s.health(x, lint)
	case *instructions.ExposeCommand:
		return s.expose(x, lint)
	case *instructions.UserCommand:
		s.Image.Config.User, s.state.user = x.User, x.User
		s.history("USER "+x.User, true)
	case *instructions.VolumeCommand:
		return s.volume(x)
	case *instructions.StopSignalCommand:
		return s.stopSignal(x)
	case *instructions.ShellCommand:
		s.Image.Config.Shell = x.Shell
		s.history(fmt.Sprintf("SHELL %v", x.Shell), true)
	case *instructions.OnbuildCommand:
		s.Image.Config.OnBuild = append(s.Image.Config.OnBuild, x.Expression)
	case *instructions.WorkdirCommand:
		return s.dir(x, lint)
	case *instructions.RunCommand:
		return s.run(x, c.from)
	case *instructions.CopyCommand:
		return s.copy(x, c, lint)
	case *instructions.AddCommand:
		return s.add(x, c, lint)
	default:
		return fmt.Errorf("%s: unknown instruction", c.Name())
	}
	return nil
}

// expand puts variables into the words of an instruction that takes them. ARG does it itself.
func (s *Stage) expand(c *command, lint *linter.Linter) error {
	word := func(lex *shell.Lex) instructions.SingleWordExpander {
		return func(w string) (string, error) {
			text, unmatched, err := lex.ProcessWord(w, s.state.env)
			s.checkVariables(c, unmatched, lint)
			return text, err
		}
	}
	_, isArg := c.Command.(*instructions.ArgCommand)
	if x, ok := c.Command.(instructions.SupportsSingleWordExpansion); ok && !isArg {
		if err := x.Expand(word(s.file.lex)); err != nil {
			return err
		}
	}
	if x, ok := c.Command.(instructions.SupportsSingleWordExpansionRaw); ok {
		lex := shell.NewLex('\\')
		lex.SkipProcessQuotes = true
		return x.ExpandRaw(word(lex))
	}
	return nil
}

// history adds an entry; empty says that there is no layer for it.
func (s *Stage) history(text string, empty bool) {
	s.Image.History = append(s.Image.History, v1.History{CreatedBy: text, Comment: HistoryComment, EmptyLayer: empty, Created: s.file.opt.Epoch})
}

// step adds a step with its entry in the history.
func (s *Stage) step(x *Step, c instructions.Command, name, history string) {
	x.Name, x.Lines, x.Stage, x.History = name, c.Location(), s, len(s.Image.History)
	s.history(history, false)
	s.Steps = append(s.Steps, x)
}
