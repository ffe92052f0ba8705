package build

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/progress"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// Runner runs the programs of RUN in containers.
type Runner interface {
	// Run returns when the program has ended, also if it was stopped by the context's end.
	Run(ctx context.Context, p *Process) (*Ran, error)
}

// Process is a program that is run once on layers.
type Process struct {
	Layers   []string // folders, topmost first
	Upper    string   // a folder to go on with, "" for a new one
	Args     []string
	Env      []string
	Dir      string
	User     string
	Hostname string
	Network  string // default, none, host
	Insecure bool
	Platform dockerfile.Platform
	Mounts   []Mount
	Out      io.Writer // standard output
	Err      io.Writer
	// Terminal lets the user's terminal be the program's.
	Terminal bool
}

// Ran is what became of a process.
type Ran struct {
	Code int
	// Upper is the folder with what it has changed, in overlayfs's form.
	Upper string
	// Close gives the folder and the rest back.
	Close func()
}

// Mount is something that a process finds beside its layers.
type Mount struct {
	Target   string
	ReadOnly bool
	// One of these says what it is.
	Tmpfs  bool
	Size   int64    // of the tmpfs, 0 is the kernel's default
	Source string   // a file or folder of this machine
	Lower  []string // layers, topmost first; without ReadOnly what is written goes away
	Socket string   // a socket of this machine, passed on
	Data   []byte   // a file's content, which never reaches a disk
	File   bool     // Data counts, though it may be empty

	Sub  string // what is mounted of the layers, "" all
	Mode uint32 // of a file or socket
	UID  int
	GID  int
}

// ProcessOptions hold for every RUN.
type ProcessOptions struct {
	Hosts []string // NAME:IP
	// AllowInsecure: the user lets steps have all privileges.
	AllowInsecure bool
	// OnError is asked when a step has failed; p is as it was run, with what it has written.
	OnError func(ctx context.Context, s *dockerfile.Step, p *Process) error
}

// runStep does RUN.
func (w *work) runStep(ctx context.Context, s *dockerfile.Step) error {
	mounts := &mounting{work: w, step: s}
	defer mounts.release()
	if err := mounts.sources(ctx); err != nil {
		return err
	}
	pg := w.start(s, mounts.from...)
	r := s.Run
	if r.Insecure && !w.opt.Process.AllowInsecure {
		return w.failed(ctx, pg, errors.New("security.insecure is not allowed: say --allow security.insecure"))
	}
	k := newKey("run")
	k.add(w.chain().String(), w.epoch(), r.Workdir, r.User, r.Network, r.Hostname, fmt.Sprint(r.Insecure))
	k.list("args", r.Args)
	k.list("env", r.Env)
	k.list("hosts", w.opt.Process.Hosts)
	if r.Script != nil {
		k.add("script", r.Script.Name, r.Script.Data)
	}
	if err := mounts.sum(ctx, k); err != nil {
		return w.failed(ctx, pg, err)
	}
	return w.layer(ctx, s, pg, k.digest(), func(out io.Writer) error { return w.execute(ctx, s, pg, mounts, out) })
}

// execute runs the program and writes what it has changed as a tar file.
func (w *work) execute(ctx context.Context, s *dockerfile.Step, pg *progress.Step, mounts *mounting, out io.Writer) error {
	p, err := w.process(ctx, s, pg, mounts)
	if err != nil {
		return err
	}
	stubs, err := w.stubs(p.Mounts)
	if err != nil {
		return err
	}
	ran, err := w.Runner.Run(ctx, p)
	if err != nil {
		return err
	}
	defer ran.Close()
	if err := ctx.Err(); err != nil {
		return err
	}
	if ran.Code != 0 {
		err := fmt.Errorf("process %q did not complete successfully: exit code: %d", strings.Join(s.Run.Args, " "), ran.Code)
		if ask := w.opt.Process.OnError; ask != nil {
			p.Upper = ran.Upper
			err = errors.Join(err, ask(ctx, s, p))
		}
		return err
	}
	upper, err := unix.Open(ran.Upper, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open what the step has changed: %w", err)
	}
	defer unix.Close(upper)
	removeStubs(upper, stubs)
	return layer.Pack(out, upper, layer.PackOptions{Overlay: true, Change: func(h *tar.Header) { clamp(h, w.opt.File.Epoch) }})
}

// process is the container of a step.
func (w *work) process(ctx context.Context, s *dockerfile.Step, pg *progress.Step, mounts *mounting) (*Process, error) {
	r := s.Run
	p := &Process{
		Layers: append(w.folders(), w.Lease.BaseDir()), Args: r.Args, Env: append(slices.Clone(r.Env), r.Proxy...), Dir: r.Workdir, User: r.User,
		Hostname: r.Hostname, Network: r.Network, Insecure: r.Insecure, Platform: s.Stage.Runs(), Out: pg.Writer(1), Err: pg.Writer(2),
	}
	if p.Hostname == "" {
		p.Hostname = "buildkitsandbox" // what BuildKit's steps see, and some keep
	}
	if r.Script != nil {
		p.Mounts = append(p.Mounts, Mount{Target: path.Join(dockerfile.ScriptDir, r.Script.Name), File: true, Data: []byte(r.Script.Data), Mode: 0o755, ReadOnly: true})
	}
	more, env, err := mounts.make(ctx)
	p.Mounts = append(p.Mounts, more...)
	p.Env = append(p.Env, env...)
	return p, err
}

// stubs lists the mount points that are not there, deepest first: what is made for them is
// no part of the layer.
func (w *work) stubs(mounts []Mount) ([]string, error) {
	if len(mounts) == 0 {
		return nil, nil
	}
	t, err := w.mounted()
	if err != nil {
		return nil, err
	}
	defer unix.Close(t.FD)
	seen := map[string]bool{}
	for _, m := range mounts {
		real, _, exists, err := t.Resolve(m.Target)
		if err != nil {
			return nil, fmt.Errorf("mount on %s: %w", m.Target, err)
		}
		for p := real; !exists && p != ""; p = parentOf(p) {
			if _, _, there, err := t.Resolve(p); err != nil || there {
				break
			}
			seen[p] = true
		}
	}
	var list []string
	for p := range seen {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	return list, nil
}

// removeStubs removes mount points that are empty.
func removeStubs(upper int, stubs []string) {
	for _, p := range stubs {
		dir, base := path.Split(p)
		fd, err := unix.Openat2(upper, path.Clean("./"+dir), &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
		if err != nil {
			continue
		}
		var st unix.Stat_t
		switch err := unix.Fstatat(fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); {
		case err != nil:
		case st.Mode&unix.S_IFMT == unix.S_IFDIR:
			_ = unix.Unlinkat(fd, base, unix.AT_REMOVEDIR) // what is in it is the step's
		case st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size == 0:
			_ = unix.Unlinkat(fd, base, 0)
		}
		unix.Close(fd)
	}
}
