// Package beside starts a process beside another one: in its namespaces, its control groups, its
// root and its environment, whoever has made them. What it needs and the other lacks, its tools, is one
// more mount in a mount namespace of its own: nothing is written where the other could see it.
//
//	c, err := beside.Start(&beside.Options{Pid: pid, Args: []string{"sh"}, Tools: tree, ...})
//	code := c.Wait()     // ends what the process has left behind
package beside

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/passwd"
	"bantam/internal/container/terminal"
	"bantam/internal/launch"
	"bantam/internal/linux/cgroup"
	"bantam/internal/linux/forward"
	"bantam/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Options say what to start beside which process.
type Options struct {
	Pid  int // in our pid namespace
	Args []string
	// Env goes over the process's own environment.
	Env []string
	// Path are folders in front of its PATH.
	Path []string
	// User is NAME|UID[:GROUP|GID] of its passwd file; empty: the process's user.
	User string
	// Cwd is where to begin; empty: where the process is.
	Cwd string
	// Caps are added to the process's own capabilities. Privileged gives all that there are and no
	// system call filter.
	Caps       []string
	Privileged bool
	// TTY gives it a terminal, else Stdio are its standard files.
	TTY        bool
	Rows, Cols uint16
	Stdio      [3]int
	// Tools is a detached mount that the process sees on the folder On; -1: it has none.
	Tools int
	On    string
}

// Child is a started process.
type Child struct {
	*launch.Process
	// Console is the master end of its terminal, or -1.
	Console int
	// mounts is the mount namespace that it alone is in, or -1. While it is open the kernel
	// gives its number to no other.
	mounts int
}

// ErrFrozen says that the process is paused, as anything in its control groups would be, too.
var ErrFrozen = errors.New("it is paused, and what comes into its control group would be, too: unpause it first")

// Start starts the process.
func Start(o *Options) (*Child, error) {
	t, err := look(o.Pid)
	if err != nil {
		return nil, err
	}
	defer unix.Close(t.pidfd)
	spec, err := t.spec(o)
	if err != nil {
		return nil, err
	}
	group, err := t.group()
	if err != nil {
		return nil, err
	}
	defer group.Close()
	if frozen, err := group.Frozen(); err == nil && frozen {
		return nil, ErrFrozen
	}
	cfg := launch.NoFDs()
	cfg.Pidfd, cfg.Stdio, cfg.Tools = t.pidfd, o.Stdio, o.Tools
	if cfg.CgroupTasks, err = group.Tasks(); err != nil {
		return nil, err
	}
	if cfg.CgroupDir, err = group.Dir(); err != nil {
		return nil, err
	}
	p, err := plan.CompileExec(spec, spec.Process, launch.Probe(), plan.ExecOptions{
		Stdio: !o.TTY, CgroupTasks: len(cfg.CgroupTasks), Joined: t.namespaces, Tools: o.On,
	})
	if err != nil {
		return nil, err
	}
	return start(p, cfg, o, spec)
}

func start(p *plan.Plan, cfg launch.Config, o *Options, spec *specs.Spec) (*Child, error) {
	master := -1
	if o.TTY {
		ours, theirs, err := terminal.Pair()
		if err != nil {
			return nil, err
		}
		defer unix.Close(theirs)
		cfg.Console, master = theirs, ours
		defer func() { unix.Close(master) }()
	} else {
		terminal.Own(o.Stdio, spec, &spec.Process.User)
	}
	proc, err := launch.Start(p, cfg)
	if err != nil {
		return nil, err
	}
	c := &Child{Process: proc, Console: -1, mounts: -1}
	err = proc.Go(func() (err error) {
		if o.On != "" { // else it is in the other's own
			c.mounts, err = unix.Open("/proc/"+strconv.Itoa(proc.Pid)+"/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		if err == nil && master >= 0 {
			c.Console, err = terminal.Receive(master)
		}
		if err == nil && !o.TTY {
			err = forward.To(proc.Pidfd)
		}
		return err
	})
	if err != nil {
		proc.Abort()
		c.endRest()
		return nil, err
	}
	return c, nil
}

// spec is the process's own as far as it can be seen from outside.
func (t *target) spec(o *Options) (*specs.Spec, error) {
	p := &specs.Process{
		Terminal: o.TTY, Args: o.Args, Env: t.environment(o), Cwd: t.cwd, User: t.user, NoNewPrivileges: t.noNewPrivs,
		Capabilities: &specs.LinuxCapabilities{},
	}
	if o.Rows > 0 {
		p.ConsoleSize = &specs.Box{Height: uint(o.Rows), Width: uint(o.Cols)}
	}
	if o.Cwd != "" {
		p.Cwd = o.Cwd
	}
	if o.User != "" {
		u, err := passwd.Lookup([]string{t.proc("root")}, o.User)
		if err != nil {
			return nil, err
		}
		p.User = u.User
	}
	s := &specs.Spec{Version: "1.2.1", Process: p, Linux: &specs.Linux{}}
	if o.Privileged {
		all := dockerspec.AllCapabilities()
		*p.Capabilities = specs.LinuxCapabilities{Bounding: all, Effective: all, Permitted: all}
		p.NoNewPrivileges = false
		return s, nil
	}
	more, err := dockerspec.Capabilities(false, o.Caps, []string{"ALL"})
	if err != nil {
		return nil, err
	}
	p.Capabilities = t.capabilities(&p.User, more)
	if t.filtered {
		s.Linux.Seccomp = dockerspec.Profile(p.Capabilities.Bounding)
	}
	return s, nil
}

// capabilities are the process's with more added. Root has all of its bounding set, as
// execve(2) would give it; anybody else what the process has, and more are kept for its programs, too.
func (t *target) capabilities(u *specs.User, more []string) *specs.LinuxCapabilities {
	c := &specs.LinuxCapabilities{Bounding: union(t.bounding, more)}
	switch {
	case u.UID == 0:
		c.Effective = c.Bounding
	case u.UID == t.user.UID:
		c.Effective = union(t.effective, more)
	default:
		c.Effective = more
	}
	c.Permitted = c.Effective
	if u.UID != 0 && len(more) > 0 {
		c.Inheritable, c.Ambient = more, more
	}
	return c
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// environment is the process's with the options' over it and the tools in front of its PATH.
func (t *target) environment(o *Options) []string {
	env := slices.Clone(t.env)
	set := func(name, value string) {
		i := slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if i < 0 {
			env, i = append(env, ""), len(env)
		}
		env[i] = name + "=" + value
	}
	for _, v := range o.Env {
		name, value, _ := strings.Cut(v, "=")
		set(name, value)
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, v := range env {
		if own, ok := strings.CutPrefix(v, "PATH="); ok {
			path = own
		}
	}
	set("PATH", strings.Join(append(slices.Clone(o.Path), path), ":"))
	return env
}

// group is where the process is in every hierarchy, so that its limits hold for us, too.
func (t *target) group() (*cgroup.Group, error) {
	host, err := cgroup.Discover()
	if err != nil {
		return nil, err
	}
	return cgroup.Load(cgroup.State{Mode: host.Mode}).Of(t.pid)
}

// Wait waits for the end of the process and returns its exit code, 128 and the signal's number where one ended it. What it
// has started and left running ends with it: whoever is in its mount namespace, which nobody else is in.
func (c *Child) Wait() int {
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(c.Pid, &status, 0, nil); err != unix.EINTR {
			break
		}
	}
	c.endRest()
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func (c *Child) endRest() {
	if c.mounts < 0 {
		return
	}
	defer unix.Close(c.mounts)
	var own unix.Stat_t
	if unix.Fstat(c.mounts, &own) != nil {
		return
	}
	for range 16 { // one may fork while we look
		if !killIn(&own) {
			return
		}
	}
}

// killIn kills whoever is seen in a mount namespace.
func killIn(mounts *unix.Stat_t) (any bool) {
	names, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, n := range names {
		if pid, err := strconv.Atoi(n.Name()); err == nil && isIn(pid, mounts) {
			any = killOne(pid, mounts) || any
		}
	}
	return any
}

// killOne kills a process that has been seen in a mount namespace, unless its number is another's by now.
func killOne(pid int, mounts *unix.Stat_t) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return isIn(pid, mounts) && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}

func isIn(pid int, mounts *unix.Stat_t) bool {
	var st unix.Stat_t
	return unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/mnt", &st) == nil && st.Ino == mounts.Ino && st.Dev == mounts.Dev
}

// Places are folders that tools can be mounted on for a while without hiding what anybody needs: containers
// have them masked, and a host hardly has them.
var Places = [...]string{"/proc/acpi", "/proc/asound", "/proc/scsi", "/proc/driver", "/proc/tty", "/dev/mqueue", "/mnt", "/media", "/srv"}

// ErrNoPlace says that the process's root has none of them.
var ErrNoPlace = errors.New("no folder to show the tools on: it has no /proc and none of /dev/mqueue, /mnt, /media and /srv")

// Place finds one of Places in the root of a process.
func Place(pid int) (string, error) {
	root, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("process %d: open its root: %w", pid, err)
	}
	defer unix.Close(root)
	for _, p := range Places {
		fd, err := unix.Openat2(root, p[1:], &unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
		})
		if err == nil {
			unix.Close(fd)
			return p, nil
		}
	}
	return "", ErrNoPlace
}
