package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Change applies Dockerfile instructions to a configuration, those that docker import takes.
func (p *Process) Change(lines []string) error {
	for _, l := range lines {
		word, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
		if err := p.apply(strings.ToUpper(word), strings.TrimSpace(rest)); err != nil {
			return fmt.Errorf("change %q: %w", l, err)
		}
	}
	return nil
}

func (p *Process) apply(word, rest string) (err error) {
	if rest == "" {
		return errors.New(word + " requires an argument")
	}
	switch word {
	case "CMD":
		p.Cmd, err = command(rest)
	case "ENTRYPOINT":
		p.Entrypoint, err = command(rest)
	case "ENV":
		err = pairs(rest, func(k, v string) { p.Env = append(p.Env, k+"="+v) })
	case "LABEL":
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		err = pairs(rest, func(k, v string) { p.Labels[k] = v })
	case "USER":
		p.User = rest
	case "WORKDIR":
		p.WorkingDir = rest
		if rest[0] != '/' {
			p.WorkingDir = "/" + rest
		}
	case "STOPSIGNAL":
		p.StopSignal = rest
	case "EXPOSE", "VOLUME":
		p.set(word, rest)
	default:
		return errors.New(word + " is not a valid change command: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR are")
	}
	return err
}

func (p *Process) set(word, rest string) {
	words := strings.Fields(rest)
	var list []string
	if json.Unmarshal([]byte(rest), &list) == nil {
		words = list
	}
	m := map[string]struct{}{}
	for _, w := range words {
		if word == "EXPOSE" && !strings.Contains(w, "/") {
			w += "/tcp"
		}
		m[w] = struct{}{}
	}
	if word == "EXPOSE" {
		p.ExposedPorts = m
	} else {
		p.Volumes = m
	}
}

// command is a JSON list, or a line for the shell.
func command(s string) ([]string, error) {
	if s[0] != '[' {
		return []string{"/bin/sh", "-c", s}, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(s), &list); err != nil {
		return nil, fmt.Errorf("not a list of strings: %w", err)
	}
	return list, nil
}

// pairs reads "A=b C='d e'" or the older "A rest of the line".
func pairs(s string, set func(k, v string)) error {
	if k, v, ok := strings.Cut(s, " "); ok && !strings.Contains(k, "=") {
		set(k, strings.TrimSpace(v))
		return nil
	}
	for s != "" {
		k, rest, ok := strings.Cut(s, "=")
		if !ok || k == "" {
			return fmt.Errorf("want NAME=VALUE: %q", s)
		}
		var v string
		v, s = word(rest)
		set(k, v)
	}
	return nil
}

// word takes the first word off, with quotes and backslashes undone.
func word(s string) (string, string) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), strings.TrimLeft(s[i:], " \t")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
