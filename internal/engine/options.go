package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"bantam/internal/container/folder"
)

// RunOptions is what docker run's options say.
type RunOptions struct {
	Image   string
	Command []string

	Name       string
	Hostname   string
	User       string
	Workdir    string
	Entrypoint *string
	Env        []string
	EnvFiles   []string
	Labels     []string
	StopSignal string

	Stdin, TTY, Detach, Remove bool
	DetachKeys                 string
	CIDFile                    string
	SigProxy                   bool

	Volumes     []string
	Tmpfs       []string
	ReadOnly    bool
	CapAdd      []string
	CapDrop     []string
	Privileged  bool
	SecurityOpt []string
	Network     string
	Memory      int64
	NanoCPUs    int64
	Pids        int64
	ShmSize     int64
	LogDriver   string
	LogOpts     []string
}

// hostConfig checks what concerns the host and puts it into the record's form.
func (o *RunOptions) hostConfig() (folder.HostConfig, []folder.Mount, error) {
	h := folder.HostConfig{
		Binds: o.Volumes, NetworkMode: o.Network, AutoRemove: o.Remove, CapAdd: o.CapAdd, CapDrop: o.CapDrop,
		Privileged: o.Privileged, ReadonlyRootfs: o.ReadOnly, SecurityOpt: o.SecurityOpt,
		Memory: o.Memory, NanoCpus: o.NanoCPUs, PidsLimit: o.Pids, ShmSize: o.ShmSize,
	}
	mounts, err := binds(o.Volumes)
	if err != nil {
		return h, nil, err
	}
	if h.Tmpfs, err = tmpfs(o.Tmpfs); err != nil {
		return h, nil, err
	}
	if h.LogConfig, err = logConfig(o.LogDriver, o.LogOpts); err != nil {
		return h, nil, err
	}
	return h, mounts, o.check(&h)
}

// minMemory is docker's least memory limit.
const minMemory = 6 << 20

func (o *RunOptions) check(h *folder.HostConfig) error {
	switch h.NetworkMode {
	case "", "default":
		h.NetworkMode = "none"
	case "none", "host":
	default:
		return fmt.Errorf("network %s not found: bantam has none and host so far", h.NetworkMode)
	}
	if h.NetworkMode == "host" && o.Hostname != "" {
		return errors.New("conflicting options: hostname and the network mode host share the UTS name: leave one out")
	}
	if h.Memory != 0 && h.Memory < minMemory {
		return errors.New("Minimum memory limit allowed is 6MB")
	}
	if h.NanoCpus < 0 {
		return fmt.Errorf("range of CPUs is from 0.01 to %d.00", cpus())
	}
	if n := int64(cpus()); h.NanoCpus > n*1e9 || h.NanoCpus > 0 && h.NanoCpus < 1e7 {
		return fmt.Errorf("range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available", n, n)
	}
	if o.Workdir != "" && o.Workdir[0] != '/' {
		return fmt.Errorf("the working directory '%s' is invalid, it needs to be an absolute path", o.Workdir)
	}
	return nil
}

// environment joins --env-file and --env in docker's order; a bare name takes the caller's value.
func (o *RunOptions) environment() ([]string, error) {
	var env []string
	for _, f := range o.EnvFiles {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", f, errors.Unwrap(err))
		}
		lines, err := envLines(f, string(b))
		if err != nil {
			return nil, err
		}
		env = append(env, lines...)
	}
	return append(env, fromCaller(o.Env)...), nil
}

func envLines(file, text string) ([]string, error) {
	var lines []string
	for i, l := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		l = strings.TrimLeft(l, " \t")
		if l == "" || l[0] == '#' {
			continue
		}
		name, value, has := strings.Cut(l, "=")
		if name == "" {
			return nil, fmt.Errorf("invalid env file (%s): no variable name on line '%s'", file, l)
		}
		if strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("invalid env file (%s): variable '%s' contains whitespaces (line %d)", file, name, i+1)
		}
		if has {
			lines = append(lines, name+"="+value)
		} else {
			lines = append(lines, fromCaller([]string{name})...)
		}
	}
	return lines, nil
}

func fromCaller(list []string) []string {
	var env []string
	for _, e := range list {
		if !strings.Contains(e, "=") {
			v, ok := os.LookupEnv(e)
			if ok {
				e += "=" + v
			}
		}
		env = append(env, e)
	}
	return env
}

// CheckEnv is docker's check of one -e value.
func CheckEnv(v string) error {
	if v == "" || v[0] == '=' {
		return errors.New("invalid environment variable: " + v)
	}
	return nil
}

// CheckLabel is docker's check of one --label value.
func CheckLabel(v string) error {
	if name, _, _ := strings.Cut(v, "="); strings.TrimSpace(name) == "" {
		return errors.New("invalid label '" + v + "': empty name")
	}
	return nil
}

func labels(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list))
	for _, l := range list {
		k, v, _ := strings.Cut(l, "=")
		m[k] = v
	}
	return m
}
