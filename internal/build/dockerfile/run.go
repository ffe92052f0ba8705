package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scripts is the folder where a here document with an interpreter of its own is mounted.
const scripts = "/dev/pipes/"

func (s *Stage) run(x *instructions.RunCommand, from []*Stage) error {
	r := &Run{
		Env: append([]string{}, s.state.env.list...), Proxy: s.missingProxies(), Workdir: s.Image.Config.WorkingDir, User: s.state.user,
		Network: instructions.GetNetwork(x), Insecure: instructions.GetSecurity(x) == instructions.SecurityInsecure,
		Hostname: s.file.opt.Args["BUILDKIT_SANDBOX_HOSTNAME"], FlagsUsed: x.FlagsUsed,
	}
	if r.Network == instructions.NetworkDefault && s.file.opt.Network != "" {
		r.Network = s.file.opt.Network
	}
	shown, args := x.String(), x.CmdLine
	if len(x.Files) > 0 {
		var err error
		if args, err = s.document(x, r); err != nil {
			return err
		}
		if parser.MustParseHeredoc(x.CmdLine[0]) != nil {
			shown += " (" + summary(x.Files[0].Data) + ")"
		}
	}
	if len(args) == 0 {
		return errors.New("RUN: there is no command")
	}
	if x.PrependShell {
		args = s.withShell(args)
	}
	r.Args = args
	for i, m := range instructions.GetMounts(x) {
		mount, err := s.mount(m, from[i])
		if err != nil {
			return err
		}
		r.Mounts = append(r.Mounts, mount)
	}
	s.step(&Step{Run: r}, x, s.numbered(s.shownRun(x, shown)), "RUN "+s.runHistory(args)+" # buildkit")
	return nil
}

// missingProxies are the proxy settings that the environment does not have already.
func (s *Stage) missingProxies() []string {
	var list []string
	for _, p := range s.file.proxies() {
		k, _, _ := strings.Cut(p, "=")
		if _, has := s.state.env.Get(k); !has {
			list = append(list, p)
		}
	}
	return list
}

// document turns a RUN with here documents into arguments: one alone is the script, or a
// program of its own if it names an interpreter; others are left to the shell.
func (s *Stage) document(x *instructions.RunCommand, r *Run) ([]string, error) {
	args := x.CmdLine
	if len(args) != 1 || !x.PrependShell {
		return nil, fmt.Errorf("parsing produced an invalid run command: %v", args)
	}
	if parser.MustParseHeredoc(args[0]) == nil {
		var b strings.Builder
		b.WriteString(args[0])
		for _, f := range x.Files {
			b.WriteString("\n" + f.Data + f.Name)
		}
		return []string{b.String()}, nil
	}
	data := x.Files[0].Data
	if x.Files[0].Chomp {
		data = parser.ChompHeredocContent(data)
	}
	if strings.HasPrefix(data, "#!") {
		r.Script = &Inline{Name: x.Files[0].Name, Data: data}
		return []string{path.Join(scripts, x.Files[0].Name)}, nil
	}
	return []string{data}, nil
}

// ScriptDir is where Run.Script is mounted.
const ScriptDir = "/dev/pipes"

func summary(doc string) string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(doc), "\r\n", "\n"), "\n")
	if len(lines) > 1 {
		return lines[0] + "..."
	}
	return lines[0]
}

// shownRun is the command in the progress: variables that have a value are replaced, quotes
// stay, and secrets are masked.
func (s *Stage) shownRun(x *instructions.RunCommand, code string) string {
	lex := shell.NewLex('\\')
	*lex = *s.file.lex
	lex.RawQuotes, lex.RawEscapes, lex.SkipUnsetEnv = true, true, true
	seen := s.state.env.clone()
	for _, m := range instructions.GetMounts(x) {
		if m.Type == instructions.MountTypeSecret && m.Env != nil {
			seen.set(*m.Env, "****")
		}
	}
	if w, _, err := lex.ProcessWord(code, seen); err == nil {
		code = w
	}
	return upper(code)
}

// runHistory is the command in the history, with the arguments that it saw: "|1 A=b /bin/sh -c make".
func (s *Stage) runHistory(args []string) string {
	var list []string
	at := map[string]int{}
	for _, a := range s.state.args {
		v, ok := s.state.env.Get(a.Key)
		if !ok {
			v = a.ValueString()
		}
		if i, seen := at[a.Key]; seen {
			list[i] = a.Key + "=" + v
			continue
		}
		at[a.Key] = len(list)
		list = append(list, a.Key+"="+v)
	}
	if len(list) > 0 {
		list = append([]string{fmt.Sprintf("|%d", len(list))}, list...)
	}
	return strings.Join(append(list, args...), " ")
}

func (s *Stage) mount(m *instructions.Mount, from *Stage) (Mount, error) {
	x := Mount{Mount: m, From: from, ID: m.CacheID}
	switch m.Type {
	case instructions.MountTypeSecret:
		return s.secret(x)
	case instructions.MountTypeSSH:
		if m.Source != "" {
			return x, errors.New("ssh does not support source")
		}
		if x.ID == "" {
			x.ID = "default"
		}
		if m.Target != "" {
			x.Target = s.absolute(m.Target)
		}
		return x, nil
	case instructions.MountTypeCache:
		if x.ID == "" {
			x.ID = path.Clean(m.Target)
		}
	}
	if m.Target == "" {
		return x, fmt.Errorf("invalid mount target %q: --mount needs a target=", m.Target)
	}
	x.Target = s.absolute(m.Target)
	if x.Target == "/" {
		return x, fmt.Errorf("invalid mount target %q", x.Target)
	}
	return x, nil
}

func (s *Stage) absolute(p string) string {
	if strings.HasPrefix(p, "/") {
		return path.Clean(p)
	}
	return path.Join(s.Image.Config.WorkingDir, p)
}

// secret: its name is id or source, else the last part of the target; without env it is a file.
func (s *Stage) secret(x Mount) (Mount, error) {
	m := x.Mount
	if m.Source != "" {
		x.ID = m.Source
	}
	if x.ID == "" {
		if m.Target == "" {
			return x, errors.New("one of source, target required")
		}
		x.ID = path.Base(m.Target)
	}
	switch {
	case m.Target != "":
		x.Target = s.absolute(m.Target)
	case m.Env == nil:
		x.Target = "/run/secrets/" + path.Base(x.ID)
	}
	return x, nil
}
