package ocicmd

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container"
	"bantam/internal/linux/capability"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// execFlags are the options of exec that change the process.
type execFlags struct {
	container.ExecOptions
	process, cwd, user, label, profile string
	env, groups, caps                  []string
	tty, noNewPrivs                    bool
	noNewPrivsSet                      bool
}

func execCommand() command {
	return command{
		name: "exec", usage: "ID COMMAND [ARGUMENT...]", about: "run another process in a container", min: 1, max: -1,
		make: func() (*flags, func(*call, []string) error) {
			e := &execFlags{}
			return e.flags(), e.run
		},
	}
}

func (e *execFlags) flags() *flags {
	return &flags{stop: true, list: []flag{
		text(&e.ConsoleSocket, "console-socket", "", "SOCKET", "unix socket that takes the terminal"),
		text(&e.cwd, "cwd", "", "DIR", "working directory in the container"),
		list(&e.env, "env", "e", "NAME=VALUE", "set an environment variable"),
		boolean(&e.tty, "tty", "t", "give the process a terminal"),
		text(&e.user, "user", "u", "UID[:GID]", "run as that user"),
		list(&e.groups, "additional-gids", "g", "GID", "add a group"),
		text(&e.process, "process", "p", "FILE", "read the process from a JSON file"),
		boolean(&e.Detach, "detach", "d", "do not wait for the process's end"),
		text(&e.PidFile, "pid-file", "", "FILE", "write the process's pid to FILE"),
		text(&e.label, "process-label", "", "LABEL", "SELinux label of the process"),
		text(&e.profile, "apparmor", "", "PROFILE", "AppArmor profile of the process"),
		{"no-new-privs", "", "", "set no_new_privs", func(v string) (err error) {
			e.noNewPrivsSet = true
			e.noNewPrivs, err = strconv.ParseBool(v)
			return err
		}},
		list(&e.caps, "cap", "c", "CAP", "add a capability"),
		number(&e.PreserveFDs, "preserve-fds", "pass that many descriptors, from 3 on"),
		list(&e.Cgroups, "cgroup", "", "[CONTROLLERS:]PATH", "run in a cgroup below the container's"),
		boolean(&e.IgnorePaused, "ignore-paused", "", "go on though the container is paused: the process begins when it is resumed"),
	}}
}

func (e *execFlags) run(c *call, args []string) (err error) {
	c.code = 255
	if e.process == "" && len(args) < 2 {
		return errors.New("exec: process args cannot be empty: name a command or --process FILE")
	}
	if e.process != "" {
		if e.Process, err = os.ReadFile(e.process); err != nil {
			return err
		}
		e.Change = func(*specs.Process) error { return nil }
	} else {
		e.Change = func(p *specs.Process) error { return e.change(p, args[1:]) }
	}
	c.code, err = c.rt.Exec(args[0], &e.ExecOptions)
	return err
}

// change applies the command line to the container's own process.
func (e *execFlags) change(p *specs.Process, args []string) error {
	p.Args, p.Terminal = args, e.tty
	if e.cwd != "" {
		p.Cwd = e.cwd
	}
	if e.label != "" {
		p.SelinuxLabel = e.label
	}
	if e.profile != "" {
		p.ApparmorProfile = e.profile
	}
	if e.noNewPrivsSet {
		p.NoNewPrivileges = e.noNewPrivs
	}
	p.Env = slices.Clone(p.Env)
	for _, v := range e.env {
		p.Env = setEnv(p.Env, v)
	}
	if err := e.setUser(p); err != nil {
		return err
	}
	return e.addCapabilities(p)
}

// setEnv replaces a variable or adds it: of two of a name most programs see the first.
func setEnv(env []string, v string) []string {
	name, _, _ := strings.Cut(v, "=")
	i := slices.IndexFunc(env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
	if i < 0 {
		return append(env, v)
	}
	env[i] = v
	return env
}

func (e *execFlags) setUser(p *specs.Process) error {
	if e.user != "" {
		user, group, both := strings.Cut(e.user, ":")
		uid, err := parseID(user)
		if err != nil {
			return err
		}
		p.User.UID = uid
		if both {
			if p.User.GID, err = parseID(group); err != nil {
				return err
			}
		}
	}
	for _, g := range e.groups {
		gid, err := parseID(g)
		if err != nil {
			return err
		}
		p.User.AdditionalGids = append(p.User.AdditionalGids[:len(p.User.AdditionalGids):len(p.User.AdditionalGids)], gid)
	}
	return nil
}

func parseID(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 1<<32-1 { // -1 is "no change" to the kernel, which would be root
		return 0, errors.New("user or group " + strconv.Quote(s) + ": it must be a number")
	}
	return uint32(n), nil
}

// addCapabilities adds to the bounding, effective and permitted sets, as runc does, and to the ambient
// one where there are inheritable ones to carry it.
func (e *execFlags) addCapabilities(p *specs.Process) error {
	if len(e.caps) == 0 {
		return nil
	}
	sets := specs.LinuxCapabilities{}
	if p.Capabilities != nil {
		sets = *p.Capabilities
	}
	for _, name := range e.caps {
		if _, ok := capability.Bit(name); !ok {
			return errors.New("unknown capability " + strconv.Quote(name))
		}
		for _, set := range [...]*[]string{&sets.Bounding, &sets.Effective, &sets.Permitted, &sets.Inheritable} {
			if set == &sets.Inheritable && len(sets.Ambient) == 0 {
				continue
			}
			*set = append((*set)[:len(*set):len(*set)], name)
		}
	}
	p.Capabilities = &sets
	return nil
}
