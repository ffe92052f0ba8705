package builder

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"bantam/internal/build"
	"bantam/internal/build/dockerfile"
	"bantam/internal/container/passwd"
	"bantam/internal/engine"

	"golang.org/x/sys/unix"
)

// runner runs the programs of RUN by the engine.
type runner struct{ *job }

// Run implements build.Runner.
func (r runner) Run(ctx context.Context, p *build.Process) (*build.Ran, error) {
	if err := runnable(p.Platform, dockerfile.Host(), binfmt); err != nil {
		return nil, err
	}
	o := r.o
	st := &engine.Step{Layers: p.Layers, Upper: p.Upper, Out: p.Out, Err: p.Err}
	st.RunOptions = engine.RunOptions{
		Command: p.Args, Entrypoint: []string{""}, Env: p.Env, Workdir: p.Dir, User: p.User, Hostname: p.Hostname, NetworkOptions: engine.NetworkOptions{Network: p.Network},
		Privileged: p.Insecure, AddHosts: o.AddHosts, ShmSize: o.ShmSize, CgroupParent: o.CgroupParent, Limits: o.Limits,
		TTY: p.Terminal, Stdin: p.Terminal, LogDriver: "none",
	}
	if st.Network == "host" {
		st.Hostname = ""
	}
	for i := range p.Mounts {
		st.More = append(st.More, stepMount(&p.Mounts[i]))
	}
	res, err := r.engine.RunStep(ctx, st)
	if err != nil {
		return nil, err
	}
	return &build.Ran{Code: res.Code, Upper: res.Upper, Close: res.Close}, nil
}

func stepMount(m *build.Mount) engine.StepMount {
	x := engine.StepMount{
		Target: m.Target, ReadOnly: m.ReadOnly, Tmpfs: m.Tmpfs, Size: m.Size, Source: m.Source, Lower: m.Lower, File: m.File, Data: m.Data,
		Sub: m.Sub, Mode: m.Mode, UID: m.UID, GID: m.GID,
	}
	if m.Socket != "" {
		x.Make = func(path string) (func(), error) { return relay(path, m.Socket) }
	}
	return x
}

// users resolves the user of --chown: a number alone is the group's too, and root is 0 without
// any passwd file.
func users(layers []string, text string) (uid, gid int, err error) {
	user, group, has := strings.Cut(text, ":")
	for _, w := range [...]*string{&user, &group} {
		if *w == "root" {
			*w = "0"
		}
	}
	if text = user; has && group != "" {
		text += ":" + group
	}
	u, err := passwd.Lookup(layers, text)
	if err != nil {
		return 0, 0, err
	}
	if _, err := strconv.ParseUint(text, 10, 31); err == nil {
		return int(u.UID), int(u.UID), nil
	}
	return int(u.UID), int(u.GID), nil
}

// shell opens a shell where a step has failed.
func (j *job) shell(ctx context.Context, s *dockerfile.Step, p *build.Process) error {
	if !isTerminal(j.o.In) {
		return fmt.Errorf("--on-error shell: the input device is not a TTY")
	}
	j.log.Suspend(true)
	defer j.log.Suspend(false)
	fmt.Fprintf(j.o.Err, "\n%s has failed: %s\nA shell in its place. The files are as it left them; leave it with exit.\n", s.Name, strings.Join(p.Args, " "))
	again := *p
	again.Args, again.Terminal = []string{"/bin/sh"}, true
	ran, err := (runner{j}).Run(ctx, &again)
	if err != nil {
		return err
	}
	ran.Close()
	return nil
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
