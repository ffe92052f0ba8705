package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"bantam/internal/linux/signal"
)

// Change applies Dockerfile instructions to a configuration, those that docker
// import takes (docs.docker.com/reference/dockerfile). Each text may be several
// lines, with comments and lines that a backslash continues.
func (p *Process) Change(texts []string) error {
	for _, text := range texts {
		lines := instructions(text)
		if len(lines) == 0 {
			return fmt.Errorf("change %q: file with no instructions", text)
		}
		for _, l := range lines {
			if err := p.apply(l); err != nil {
				return fmt.Errorf("change %q: %w", l, err)
			}
		}
	}
	return nil
}

func instructions(text string) []string {
	var list []string
	open := false // the last line goes on
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		goes := strings.HasSuffix(l, `\`)
		l = strings.TrimSuffix(l, `\`)
		if open {
			list[len(list)-1] += l
		} else {
			list = append(list, l)
		}
		open = goes
	}
	return list
}

func (p *Process) apply(line string) error {
	end := strings.IndexAny(line+" ", " \t")
	name, rest := strings.ToUpper(line[:end]), strings.TrimSpace(line[end:])
	set := p.instruction(name)
	if set == nil {
		return errors.New(name + " is not a valid change command: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are")
	}
	if rest == "" {
		number := "at least"
		if name == "STOPSIGNAL" || name == "USER" || name == "WORKDIR" {
			number = "exactly"
		}
		return errors.New(name + " requires " + number + " one argument")
	}
	return set(rest)
}

func (p *Process) instruction(name string) func(rest string) error {
	switch name {
	case "CMD":
		return func(s string) (err error) { p.Cmd, err = command(s); return err }
	case "ENTRYPOINT":
		return func(s string) (err error) { p.Entrypoint, err = command(s); return err }
	case "ENV":
		return p.env
	case "EXPOSE":
		return p.expose
	case "HEALTHCHECK":
		return p.healthcheck
	case "LABEL":
		return p.label
	case "ONBUILD":
		return p.onBuild
	case "STOPSIGNAL":
		return p.stopSignal
	case "USER":
		return func(s string) (err error) { p.User, err = p.expand(s); return err }
	case "VOLUME":
		return p.volume
	case "WORKDIR":
		return p.workdir
	}
	return nil
}

func (p *Process) env(rest string) error {
	list, err := p.pairs("ENV", rest)
	for _, kv := range list {
		p.setEnv(kv[0], kv[1])
	}
	return err
}

func (p *Process) setEnv(name, value string) {
	for i, e := range p.Env {
		if strings.HasPrefix(e, name+"=") {
			p.Env[i] = name + "=" + value
			return
		}
	}
	p.Env = append(p.Env, name+"="+value)
}

func (p *Process) label(rest string) error {
	list, err := p.pairs("LABEL", rest)
	for _, kv := range list {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels[kv[0]] = kv[1]
	}
	return err
}

func (p *Process) onBuild(rest string) error {
	switch trigger := strings.ToUpper(strings.Fields(rest)[0]); trigger {
	case "ONBUILD":
		return errors.New("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
	case "MAINTAINER", "FROM":
		return errors.New(trigger + " isn't allowed as an ONBUILD trigger")
	}
	p.OnBuild = append(p.OnBuild, rest)
	return nil
}

func (p *Process) stopSignal(rest string) error {
	s, err := p.expand(rest)
	if err != nil {
		return err
	}
	if n, err := signal.Parse(s); err != nil || n == 0 {
		return errors.New("invalid signal: " + s)
	}
	p.StopSignal = s
	return nil
}

func (p *Process) volume(rest string) error {
	list, isList, err := jsonList(rest)
	if err != nil {
		return err
	}
	if !isList {
		list = strings.Fields(rest)
	}
	for _, v := range list {
		if v, err = p.expand(v); err != nil {
			return err
		}
		if v = strings.TrimSpace(v); v == "" {
			return errors.New("VOLUME specified can not be an empty string")
		}
		if p.Volumes == nil {
			p.Volumes = map[string]struct{}{}
		}
		p.Volumes[v] = struct{}{}
	}
	return nil
}

func (p *Process) workdir(rest string) error {
	dir, err := p.expand(rest)
	switch {
	case err != nil:
		return err
	case dir == "":
		return errors.New("cannot normalize nothing")
	case dir[0] != '/':
		dir = "/" + p.WorkingDir + "/" + dir
	}
	p.WorkingDir = path.Clean(dir)
	return nil
}

// command is a JSON list, or a line for the shell.
func command(s string) ([]string, error) {
	list, isList, err := jsonList(s)
	if err != nil || isList {
		return list, err
	}
	return []string{"/bin/sh", "-c", s}, nil
}

// jsonList reads ["a", "b"]. As for docker, what is no JSON at all is not a list.
func jsonList(s string) (list []string, isList bool, err error) {
	var values []any
	if s[0] != '[' || json.Unmarshal([]byte(s), &values) != nil {
		return nil, false, nil
	}
	list = make([]string, len(values))
	for i, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, false, errors.New("When using JSON array syntax, arrays must be comprised of strings only.")
		}
		list[i] = text
	}
	return list, true, nil
}
