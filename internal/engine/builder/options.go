package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/image/reference"
)

// check refuses what can't be done before anything is touched.
func (j *job) check() error {
	o := j.o
	switch o.Call {
	case "", "build", "check", "outline", "targets":
	default:
		return fmt.Errorf("invalid value %q for --call: want build, check, outline or targets", o.Call)
	}
	switch o.OnError {
	case "", "shell":
	default:
		return fmt.Errorf("invalid value %q for --on-error: want shell", o.OnError)
	}
	switch o.Network {
	case "", "default", "none", "host":
	default:
		return fmt.Errorf("network mode %q not supported by a build: want default, none or host", o.Network)
	}
	for _, a := range o.Allow {
		if a != "network.host" && a != "security.insecure" {
			return fmt.Errorf("invalid entitlement %q: want network.host or security.insecure", a)
		}
	}
	if len(o.SecurityOpt) > 0 {
		return errors.New("--security-opt is not supported by a build: use RUN --security=insecure and --allow security.insecure")
	}
	if o.Quiet && o.Progress != "" && o.Progress != "auto" && o.Progress != "quiet" {
		return fmt.Errorf("progress=%s and quiet cannot be used together", o.Progress)
	}
	for _, t := range o.Tags {
		if ref, err := reference.Parse(t); err != nil || ref.Digest != "" {
			return fmt.Errorf("invalid tag %q: invalid reference format", t)
		}
	}
	for _, step := range [...]func() error{o.CheckSteps, j.checkCaches, j.checkAnnotations, j.readPlatforms} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := j.attest().err; err != nil {
		return err
	}
	return j.outputs()
}

// fileOptions are those of the Dockerfile's text.
func (j *job) fileOptions(context.Context) error {
	f := &j.opt.File
	f.Args = map[string]string{}
	for _, a := range j.o.Args {
		k, v, has := strings.Cut(a, "=")
		if !has {
			if v, has = os.LookupEnv(k); !has {
				continue // as docker: one that isn't set is not given
			}
		}
		f.Args[k] = v
	}
	if v, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		if _, given := f.Args["SOURCE_DATE_EPOCH"]; !given {
			f.Args["SOURCE_DATE_EPOCH"] = v
		}
	}
	var err error
	if f.Epoch, err = epochOf(f.Args["SOURCE_DATE_EPOCH"]); err != nil {
		return err
	}
	f.Target, f.NoCache, f.Build = j.o.Target, words(j.o.NoCacheFilter), dockerfile.Host()
	f.Labels = map[string]string{}
	for _, l := range j.o.Labels {
		k, v, _ := strings.Cut(l, "=")
		if k == "" {
			return fmt.Errorf("invalid label '%s': empty name", l)
		}
		f.Labels[k] = v
	}
	if j.o.Network != "" && j.o.Network != "default" {
		f.Network = j.o.Network
	}
	ignore := j.opt.Context.Ignore
	f.Ignored = func(p string) bool {
		hit, err := ignore.Has(p)
		return err == nil && hit
	}
	j.opt.Process = build.ProcessOptions{Hosts: j.o.AddHosts, AllowInsecure: slices.Contains(j.o.Allow, "security.insecure")}
	if j.o.OnError == "shell" {
		j.opt.Process.OnError = j.shell
	}
	return nil
}

// readPlatforms reads --platform, each a list with commas.
func (j *job) readPlatforms() error {
	for _, text := range words(j.o.Platforms) {
		p, err := dockerfile.ParsePlatform(text)
		if err != nil {
			return err
		}
		if !slices.Contains(j.platforms, p) {
			j.platforms = append(j.platforms, p)
		}
	}
	return nil
}

// words splits the values of an option at commas.
func words(values []string) (list []string) {
	for _, w := range strings.Split(strings.Join(values, ","), ",") {
		if w = strings.TrimSpace(w); w != "" {
			list = append(list, w)
		}
	}
	return list
}

// fields reads docker's comma-separated KEY=VALUE list. A value may be quoted as in CSV.
func fields(text string) ([][2]string, error) {
	var list [][2]string
	for _, f := range splitCSV(text) {
		k, v, _ := strings.Cut(f, "=")
		if k == "" {
			return nil, fmt.Errorf("invalid value %q: want KEY=VALUE[,...]", text)
		}
		list = append(list, [2]string{strings.ToLower(k), v})
	}
	return list, nil
}

// splitCSV splits at commas outside double quotes, which it takes off.
func splitCSV(text string) []string {
	var list []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			list = append(list, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(list, b.String())
}

// secrets reads --secret and --ssh.
func (j *job) secrets(context.Context) error {
	j.opt.Secrets, j.opt.SSH = map[string]build.Secret{}, map[string]string{}
	for _, text := range j.o.Secrets {
		id, s, err := parseSecret(text)
		if err != nil {
			return fmt.Errorf("--secret %s: %w", text, err)
		}
		j.opt.Secrets[id] = s
	}
	for _, text := range j.o.SSH {
		id, socket, err := j.parseSSH(text)
		if err != nil {
			return fmt.Errorf("--ssh %s: %w", text, err)
		}
		j.opt.SSH[id] = socket
		if id == "default" {
			j.opener.GitEnv = append(j.opener.GitEnv, "SSH_AUTH_SOCK="+socket)
		}
	}
	return nil
}

// parseSecret: id=ID[,src=FILE][,env=VARIABLE][,type=file|env]. Without either it is the variable
// of that name, else the file.
func parseSecret(text string) (id string, s build.Secret, err error) {
	list, err := fields(text)
	if err != nil {
		return "", s, err
	}
	kind, src := "", ""
	for _, f := range list {
		switch f[0] {
		case "id":
			id = f[1]
		case "src", "source":
			src = f[1]
		case "env":
			s.Env = f[1]
		case "type":
			if kind = f[1]; kind != "file" && kind != "env" {
				return "", s, fmt.Errorf("unsupported secret type %q: want file or env", kind)
			}
		default:
			return "", s, fmt.Errorf("unexpected key '%s': want id, src, env or type", f[0])
		}
	}
	switch {
	case id == "":
		return "", s, errors.New("the id is missing: want id=ID[,src=FILE|env=VARIABLE]")
	case kind == "env" && s.Env == "":
		s.Env = src
		if src == "" {
			s.Env = id
		}
	case s.Env != "":
	case src != "":
		s.File = src
	default:
		if _, ok := os.LookupEnv(id); ok {
			s.Env = id
		} else {
			s.File = id
		}
	}
	if s.Env == "" {
		if _, err := os.Stat(s.File); err != nil {
			return "", s, fmt.Errorf("stat %s: %w", s.File, errors.Unwrap(err))
		}
	}
	return id, s, nil
}
