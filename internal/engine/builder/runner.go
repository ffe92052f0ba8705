package builder

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
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

// relay listens at path and passes every connection on to the socket: the agent's own
// permissions are not the ones that the step is to see.
func relay(path, socket string) (func(), error) {
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	// An address has 107 bytes at most (unix(7)); and the path is one of this thread alone.
	l, err := net.Listen("unix", "/proc/self/fd/"+strconv.Itoa(dir)+"/"+filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("pass the agent on: %w", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go passOn(c, socket)
		}
	}()
	return func() { l.Close() }, nil
}

func passOn(c net.Conn, socket string) {
	defer c.Close()
	to, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer to.Close()
	done := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(to, c); done <- struct{}{} }()
	go func() { _, _ = io.Copy(c, to); done <- struct{}{} }()
	<-done
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
