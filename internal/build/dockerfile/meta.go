package dockerfile

import (
	"errors"
	"fmt"
	"strings"

	"bantam/internal/linux/signal"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
)

// The instructions that change the configuration and no file.

func (s *Stage) env(x *instructions.EnvCommand, lint *linter.Linter) {
	text := "ENV"
	for _, e := range x.Env {
		s.checkPair("ENV", e, x, lint)
		checkSecret("ENV", e.Key, x.Location(), lint)
		text += " " + e.String()
		s.state.env.set(e.Key, e.Value)
		s.Image.Config.Env = setEnv(s.Image.Config.Env, e.Key, e.Value)
	}
	s.history(text, true)
}

func (s *Stage) label(x *instructions.LabelCommand, lint *linter.Linter) {
	text := "LABEL"
	if s.Image.Config.Labels == nil {
		s.Image.Config.Labels = map[string]string{}
	}
	for _, l := range x.Labels {
		s.checkPair("LABEL", l, x, lint)
		s.Image.Config.Labels[l.Key] = l.Value
		text += " " + l.String()
	}
	s.history(text, true)
}

// notVariables are arguments for the builder alone.
func notVariable(key string) bool {
	return key == "BUILDKIT_SBOM_SCAN_CONTEXT" || key == "BUILDKIT_SBOM_SCAN_STAGE"
}

// arg: a --build-arg, else the default, else the value of the same name before the first FROM.
func (s *Stage) arg(x *instructions.ArgCommand, lint *linter.Linter) error {
	var words []string
	for _, a := range x.Args {
		checkSecret("ARG", a.Key, x.Location(), lint)
		given, ok := s.file.opt.Args[a.Key]
		switch {
		case ok:
			a.Value = &given
		case a.Value != nil:
			v, unmatched, err := s.file.lex.ProcessWord(*a.Value, s.state.env)
			s.checkVariables(x, unmatched, lint)
			if err != nil {
				return err
			}
			a.Value = &v
		default:
			if v, ok := s.file.global.Get(a.Key); ok {
				a.Value = &v
			}
		}
		word := a.Key
		if a.Value != nil {
			if !notVariable(a.Key) {
				s.state.env.set(a.Key, *a.Value)
			}
			word += "=" + *a.Value
		}
		s.state.args = append(s.state.args, a)
		words = append(words, word)
	}
	s.history("ARG "+strings.Join(words, " "), true)
	return nil
}

// withShell is the command line of a shell form.
func (s *Stage) withShell(args []string) []string {
	sh := s.Image.Config.Shell
	if len(sh) == 0 {
		sh = []string{"/bin/sh", "-c"}
	}
	return append(append([]string{}, sh...), strings.Join(args, " "))
}

func (s *Stage) cmd(x *instructions.CmdCommand, lint *linter.Linter) {
	checkOnce(x, &s.state.cmd, lint)
	args := x.CmdLine
	if x.PrependShell {
		s.checkShellForm(x, lint)
		args = s.withShell(args)
	}
	s.Image.Config.Cmd = args
	s.Image.Config.ArgsEscaped = true //nolint:staticcheck // BuildKit writes it, for old engines
	s.history(fmt.Sprintf("CMD %q", args), true)
}

func (s *Stage) entrypoint(x *instructions.EntrypointCommand, lint *linter.Linter) {
	checkOnce(x, &s.state.entrypoint, lint)
	args := x.CmdLine
	if x.PrependShell {
		s.checkShellForm(x, lint)
		args = s.withShell(args)
	}
	s.Image.Config.Entrypoint = args
	if !s.state.cmd.set { // the base's command was for the base's entrypoint
		s.Image.Config.Cmd = nil
	}
	s.history(fmt.Sprintf("ENTRYPOINT %q", args), true)
}

func (s *Stage) health(x *instructions.HealthCheckCommand, lint *linter.Linter) {
	checkOnce(x, &s.state.health, lint)
	h := dockerspec.HealthcheckConfig(*x.Health)
	s.Image.Config.Healthcheck = &h
	s.history(fmt.Sprintf("HEALTHCHECK %+v", h), true)
}

func (s *Stage) volume(x *instructions.VolumeCommand) error {
	if s.Image.Config.Volumes == nil {
		s.Image.Config.Volumes = map[string]struct{}{}
	}
	for _, v := range x.Volumes {
		if v == "" {
			return errors.New("VOLUME specified can not be an empty string")
		}
		s.Image.Config.Volumes[v] = struct{}{}
	}
	s.history(fmt.Sprintf("VOLUME %v", x.Volumes), true)
	return nil
}

func (s *Stage) stopSignal(x *instructions.StopSignalCommand) error {
	if n, err := signal.Parse(x.Signal); err != nil || n == 0 {
		return nearSignal(errors.New("invalid signal: "+x.Signal), x.Signal)
	}
	s.Image.Config.StopSignal = x.Signal
	s.history("STOPSIGNAL "+x.Signal, true)
	return nil
}
