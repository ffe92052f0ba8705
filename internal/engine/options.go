package engine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/signal"
)

// RunOptions is what docker run's options say.
type RunOptions struct {
	Image   string
	Command []string

	Name        string
	Hostname    string
	Domainname  string
	User        string
	GroupAdd    []string
	Workdir     string
	Entrypoint  []string // nil is the image's; one empty word is none
	Env         []string
	EnvFiles    []string
	Labels      []string
	LabelFiles  []string
	Annotations []string
	StopSignal  string
	StopTimeout *int64
	Health      HealthOptions
	Restart     string
	Init        bool

	Stdin, TTY, Detach, Remove bool
	Attach                     []string
	DetachKeys                 string
	CIDFile                    string
	SigProxy                   bool
	Pull                       string // a policy
	Quiet                      bool   // of what a pull prints
	Platform                   string
	Runtime                    string
	Systemd                    string  // true (or empty), false, always
	ConsoleSize                [2]uint // height and width of the terminal that it begins with; 0 is that of who starts it
	Umask                      *uint32 // nil is the runtime's

	Volumes      []string
	VolumesFrom  []string
	VolumeDriver string
	Mounts       []string
	Tmpfs        []string
	ReadOnly     bool
	CapAdd       []string
	CapDrop      []string
	Privileged   bool
	SecurityOpt  []string
	NetworkOptions
	PID          string
	IPC          string
	UTS          string
	UserNS       string
	CgroupNS     string
	CgroupParent string
	AddHosts     []string
	DNS          []string
	DNSSearch    []string
	DNSOptions   []string
	Sysctls      []string
	ShmSize      int64
	Limits       LimitOptions
	LogDriver    string
	LogOpts      []string

	places []string   // where -v wants anonymous volumes
	of     *container // whose files it sees read-only: see debugStopped
}

// hostConfig checks what concerns the host and puts it into the record's form.
func (o *RunOptions) hostConfig() (folder.HostConfig, []folder.Mount, error) {
	if err := o.endpoints(); err != nil {
		return folder.HostConfig{}, nil, err
	}
	h := folder.HostConfig{
		Binds: o.Volumes, VolumesFrom: o.VolumesFrom, NetworkMode: o.Network, AutoRemove: o.Remove, CapAdd: o.CapAdd, CapDrop: o.CapDrop,
		Privileged: o.Privileged, ReadonlyRootfs: o.ReadOnly, SecurityOpt: o.SecurityOpt, ShmSize: o.ShmSize,
		GroupAdd: o.GroupAdd, Init: o.Init, CgroupParent: o.CgroupParent, OomScoreAdj: int(o.Limits.OOMScore),
		PidMode: o.PID, IpcMode: o.IPC, UTSMode: o.UTS, UsernsMode: o.UserNS, CgroupnsMode: o.CgroupNS, DNSOptions: o.DNSOptions,
		Rows: int(o.ConsoleSize[0]), Cols: int(o.ConsoleSize[1]),
	}
	if o.Umask != nil {
		mask := int64(*o.Umask)
		h.Umask = &mask
	}
	mounts, err := o.mounts(&h)
	if err != nil {
		return h, nil, err
	}
	if h.LogConfig, err = logConfig(o.LogDriver, Pairs(o.LogOpts)); err != nil {
		return h, nil, err
	}
	for _, step := range [...]func(*folder.HostConfig) error{o.modes, o.limits, o.names, o.restart, o.runtime, o.check} {
		if err := step(&h); err != nil {
			return h, nil, err
		}
	}
	return h, mounts, nil
}

func (o *RunOptions) check(h *folder.HostConfig) error {
	if h.NetworkMode == "host" && o.Hostname != "" && h.UTSMode == "host" {
		return errors.New("conflicting options: hostname and the UTS mode")
	}
	switch o.Pull {
	case "", PullMissing, PullNever, PullAlways:
	default:
		return fmt.Errorf("invalid pull option: '%s': must be one of \"always\", \"missing\" or \"never\"", o.Pull)
	}
	if h.Umask != nil && *h.Umask > 0o777 {
		return fmt.Errorf("invalid umask %#o: it is at most 0777", *h.Umask)
	}
	if max(h.Rows, h.Cols) > math.MaxUint16 || min(h.Rows, h.Cols) < 0 {
		return fmt.Errorf("invalid console size %dx%d", h.Rows, h.Cols)
	}
	if o.Workdir != "" && o.Workdir[0] != '/' {
		return fmt.Errorf("the working directory '%s' is invalid, it needs to be an absolute path", o.Workdir)
	}
	if h.AutoRemove && h.RestartPolicy != "" && h.RestartPolicy != "no" {
		return errors.New("conflicting options: cannot specify both --restart and --rm")
	}
	if o.StopSignal != "" {
		if n, err := signal.Parse(o.StopSignal); err != nil || n == 0 {
			return fmt.Errorf("invalid signal: %s", o.StopSignal)
		}
	}
	return nil
}

// environment joins --env-file and --env in docker's order; a bare name in a file takes the caller's value.
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
	return append(env, o.Env...), nil
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
			lines = append(lines, FromCaller([]string{name})...)
		}
	}
	return lines, nil
}

// FromCaller gives bare names the values that they have in the environment of this process.
func FromCaller(list []string) []string {
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

// Pairs reads KEY=VALUE texts, the later of one key over the earlier.
func Pairs(list []string) map[string]string {
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

// allLabels joins --label-file and --label.
func (o *RunOptions) allLabels() (map[string]string, error) {
	var list []string
	for _, f := range o.LabelFiles {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", f, errors.Unwrap(err))
		}
		for _, l := range strings.Split(string(b), "\n") {
			if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
				continue
			}
			if err := CheckLabel(l); err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			list = append(list, l)
		}
	}
	return Pairs(append(list, o.Labels...)), nil
}

// attaches says whether a run shows that stream: all of them if --attach names none.
func (o *RunOptions) attaches(stream string) bool {
	return !o.Detach && (len(o.Attach) == 0 || slices.ContainsFunc(o.Attach, func(a string) bool { return strings.EqualFold(a, stream) }))
}

// CheckAttach is docker's check of one --attach value.
func CheckAttach(v string) error {
	switch strings.ToLower(v) {
	case "stdin", "stdout", "stderr":
		return nil
	}
	return errors.New("valid streams are STDIN, STDOUT and STDERR")
}

// CheckDeviceRule is docker's check of one --device-cgroup-rule value: TYPE MAJOR:MINOR ACCESS.
func CheckDeviceRule(v string) error {
	f := strings.Fields(v)
	if len(f) == 3 && len(f[0]) == 1 && strings.Contains("acb", f[0]) && isDeviceMode(f[2]) {
		major, minor, ok := strings.Cut(f[1], ":")
		if ok && isDeviceNumber(major) && isDeviceNumber(minor) {
			return nil
		}
	}
	return fmt.Errorf("invalid device cgroup format '%s'", v)
}

func isDeviceNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return s == "*" || err == nil
}
