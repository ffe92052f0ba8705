package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bantam/internal/container/beside"
	"bantam/internal/container/folder"
	"bantam/internal/image/builtin"
	"bantam/internal/image/digest"
	"bantam/internal/launch"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// DebugOptions are those of bantam debug.
type DebugOptions struct {
	// Pid is any process of the host; 0: the container that is named.
	Pid int
	// Image has the tools; empty: the built-in one.
	Image      string
	Command    []string // empty: a shell
	Env        []string
	User       string
	Workdir    string
	CapAdd     []string
	Privileged bool
	Stdin, TTY bool
}

// Debug starts tools beside a container or any other process and returns their exit code. The tools see the
// container's processes, network, limits and, at their true paths, its files; the container sees nothing of them but processes.
func (e *Engine) Debug(name string, o *DebugOptions) (int, error) {
	if o.TTY && o.Stdin && !isTerminal(0) {
		return 1, ErrNoTerminal
	}
	pid, stopped, err := e.debugged(name, o.Pid)
	said := ""
	var missing *folder.NotFound
	if errors.As(err, &missing) {
		if stopped, said = dockerEnded(name); stopped != nil {
			err = nil
		}
	} else if stopped != nil {
		said = e.lastWords(stopped)
	}
	if err != nil {
		return CodeEngine, err
	}
	tools, err := e.tools(o.Image)
	if err != nil {
		return CodeEngine, err
	}
	defer tools.close()
	if stopped != nil {
		return e.debugStopped(stopped, said, tools, o)
	}
	return tools.beside(pid, o)
}

// debugged finds what to debug: a process, or a container that doesn't run.
func (e *Engine) debugged(name string, pid int) (int, *container, error) {
	if pid != 0 {
		return pid, nil, nil
	}
	_, c, err := e.get(name)
	var missing *folder.NotFound
	switch {
	case errors.As(err, &missing):
		pid, other := foreign(name)
		if other != nil {
			return 0, nil, errors.Join(err, other)
		}
		return pid, nil, nil
	case err != nil:
		return 0, nil, err
	case c.State.Status == folder.Running:
		return c.State.Pid, nil, nil
	}
	return 0, c, nil
}

// toolkit is an image whose programs are shown to a process.
type toolkit struct {
	engine  *Engine
	image   *image
	builtin bool
	tree    int // detached mount, read-only
	lease   interface{ Close() error }
}

// tools opens an image as a toolkit.
func (e *Engine) tools(name string) (*toolkit, error) {
	if name == "" {
		name = builtin.Name
	}
	img, err := e.image(name, "")
	if err != nil {
		return nil, err
	}
	store, err := e.images()
	if err != nil {
		return nil, err
	}
	lease, err := store.Lease()
	if err != nil {
		return nil, err
	}
	t := &toolkit{engine: e, image: img, builtin: name == builtin.Name, tree: -1, lease: lease}
	id, err := digest.Parse(img.ID)
	if err == nil {
		_, err = lease.Protect(id)
	}
	if err == nil {
		t.tree, err = readOnlyTree(img.Layers)
	}
	if err != nil {
		t.close()
		return nil, fmt.Errorf("toolkit %s: %w", name, err)
	}
	return t, nil
}

func (t *toolkit) close() {
	if t.tree >= 0 {
		unix.Close(t.tree)
	}
	_ = t.lease.Close()
}

// readOnlyTree mounts layers for a descriptor alone. From them nobody gains privileges.
func readOnlyTree(layers []string) (int, error) {
	if len(layers) == 0 {
		return -1, errors.New("the image is empty")
	}
	fd, err := mount.Overlay(layers, nil)
	if err != nil {
		return -1, fmt.Errorf("mount its layers: %w", err)
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV, Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("make them read-only: %w", err)
	}
	return fd, nil
}

// beside starts the tools beside a running process and attends to them.
func (t *toolkit) beside(pid int, o *DebugOptions) (int, error) {
	place, err := beside.Place(pid)
	if err != nil {
		return CodeEngine, err
	}
	dirs := t.path()
	tree, path, err := t.shown(place, dirs)
	if err != nil {
		return CodeEngine, fmt.Errorf("toolkit: %w", err)
	}
	if tree != t.tree {
		defer unix.Close(tree)
	}
	x := &execution{streams: standard(), opts: &ExecOptions{Stdin: o.Stdin, TTY: o.TTY}}
	b := &beside.Options{
		Pid: pid, Args: t.command(o), Env: append(t.marks(place), o.Env...), Path: path, User: o.User, Cwd: o.Workdir,
		Caps: o.CapAdd, Privileged: o.Privileged, TTY: o.TTY, Stdio: [3]int{-1, -1, -1}, Tools: tree, On: place,
	}
	if o.TTY {
		b.Rows, b.Cols = windowSize(0)
	} else if b.Stdio, err = x.pipes(); err != nil {
		return CodeEngine, err
	}
	child, err := beside.Start(b)
	for _, fd := range b.Stdio {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	if err != nil {
		return cmp.Or(launch.ProgramCode(err), CodeEngine), fmt.Errorf("debug process %d: %w", pid, err)
	}
	return x.attendChild(child), nil
}

// command is what to run: the user's, else the toolkit's shell.
func (t *toolkit) command(o *DebugOptions) []string {
	if len(o.Command) > 0 {
		return o.Command
	}
	return []string{"sh"}
}

// path are the folders of the toolkit's programs.
func (t *toolkit) path() []string {
	dirs := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, v := range t.image.Config.Env {
		if own, ok := strings.CutPrefix(v, "PATH="); ok {
			dirs = own
		}
	}
	return slices.DeleteFunc(strings.Split(dirs, ":"), func(d string) bool { return !strings.HasPrefix(d, "/") })
}

// shown is the tree to show and where its programs are in it. The built-in one's are static.
func (t *toolkit) shown(place string, dirs []string) (tree int, path []string, err error) {
	tree, wrapped := t.tree, false
	if !t.builtin {
		if tree, wrapped, err = t.wrap(place, dirs); err != nil {
			return -1, nil, err
		}
	}
	if wrapped {
		path = append(path, place+wrapDir)
	}
	for _, dir := range dirs {
		path = append(path, place+dir)
	}
	return tree, path, nil
}

// marks are variables that help in a shell.
func (t *toolkit) marks(place string) []string {
	list := []string{"BANTAM_TOOLS=" + place}
	if term := os.Getenv("TERM"); term != "" {
		list = append(list, "TERM="+term)
	}
	return list
}

// attendChild is attend for a process that no monitor has started.
func (x *execution) attendChild(c *beside.Child) int {
	if c.Console >= 0 {
		x.console = os.NewFile(uintptr(c.Console), "terminal")
		if x.opts.Stdin {
			x.term, _ = rawTerminal(0)
			defer x.term.restore()
		}
		if x.term != nil {
			x.term.follow(int(x.console.Fd()))
		}
	}
	x.copy(make(chan struct{}))
	code := c.Wait()
	x.output.Wait()
	return code
}
