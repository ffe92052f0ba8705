// Package escape tries the published escapes of container runtimes on
// bantam-oci, each the way its attacker would, and looks at the host afterwards.
//
// Every test has a canary: a folder of the host that the container must neither
// see nor change. BANTAM_ESCAPE_RUNTIME names another runtime to try them on, to
// see that an attack is one: old ones fail here.
package escape

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// patience ends a call that hangs. It is far above what the slowest machine needs.
const patience = time.Minute

// rig is a bundle with a root file system of box, a runtime with a root of its own, and a canary.
type rig struct {
	t      *testing.T
	oci    string
	dir    string // holds all
	rootfs string
	canary string
	spec   *specs.Spec
	before map[string]string
}

type result struct {
	out, err string
	code     int
}

// all is both outputs, for looking for what must not be there.
func (r result) all() string { return r.out + r.err }

var serial atomic.Int64

func newRig(t *testing.T) *rig {
	t.Helper()
	testenv.Root(t)
	busybox := testenv.Bin(t, "box")
	r := &rig{t: t, oci: runtimePath(t), dir: t.TempDir()}
	r.rootfs, r.canary = filepath.Join(r.dir, "rootfs"), filepath.Join(r.dir, "canary")
	for _, d := range []string{"bin", "dev", "etc", "proc", "sys", "tmp", "home"} {
		r.must(os.MkdirAll(filepath.Join(r.rootfs, d), 0o755))
	}
	b, err := os.ReadFile(busybox)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(r.rootfs, "bin/box"), b, 0o755))
	for _, applet := range strings.Fields("sh ls cat sleep true id pwd readlink stat mount umount mkdir rm ln grep dd env kill head od mv sha256sum touch find unshare echo test printf") {
		r.must(os.Symlink("box", filepath.Join(r.rootfs, "bin", applet)))
	}
	r.makeCanary()
	r.spec = defaultSpec()
	t.Cleanup(r.checkCanary)
	return r
}

func runtimePath(t *testing.T) string {
	if other := os.Getenv("BANTAM_ESCAPE_RUNTIME"); other != "" {
		return other
	}
	return testenv.Bin(t, "bantam-oci")
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// host makes a file of the host's, outside the root file system, and returns its path.
func (r *rig) host(name, content string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	r.must(os.MkdirAll(filepath.Dir(path), 0o755))
	r.must(os.WriteFile(path, []byte(content), 0o644))
	return path
}

// file makes a file in the image.
func (r *rig) file(name, content string, mode os.FileMode) {
	r.t.Helper()
	path := filepath.Join(r.rootfs, name)
	r.must(os.MkdirAll(filepath.Dir(path), 0o755))
	r.must(os.WriteFile(path, []byte(content), mode))
	r.must(os.Chmod(path, mode))
}

// link replaces name in the image by a symbolic link.
func (r *rig) link(name, target string) {
	r.t.Helper()
	path := filepath.Join(r.rootfs, name)
	r.must(os.RemoveAll(path))
	r.must(os.Symlink(target, path))
}

// shell makes the container run a script.
func (r *rig) shell(script string) { r.spec.Process.Args = []string{"/bin/sh", "-c", script} }

// dropMounts removes the spec's mounts on the given destinations.
func (r *rig) dropMounts(destinations ...string) {
	kept := r.spec.Mounts[:0]
	for _, m := range r.spec.Mounts {
		drop := false
		for _, d := range destinations {
			drop = drop || m.Destination == d || strings.HasPrefix(m.Destination, d+"/")
		}
		if !drop {
			kept = append(kept, m)
		}
	}
	r.spec.Mounts = kept
}

// writeSpec puts config.json into the bundle.
func (r *rig) writeSpec() {
	r.t.Helper()
	b, err := json.Marshal(r.spec)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(r.dir, "config.json"), b, 0o644))
}

// call runs the runtime with its root in the rig's folder.
func (r *rig) call(args ...string) result { return r.callFrom(nil, args...) }

// callFrom is call after a change of the command.
func (r *rig) callFrom(change func(*exec.Cmd), args ...string) result {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.oci, append([]string{"--root", filepath.Join(r.dir, "state")}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = r.dir
	if change != nil {
		change(cmd)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		r.t.Fatalf("%v: %v", args, err)
	}
	if ctx.Err() != nil {
		r.t.Fatalf("%v hangs: %s%s", args, out.String(), errs.String())
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

func newID() string { return fmt.Sprintf("escape-%d-%d", os.Getpid(), serial.Add(1)) }

// run runs a container to its end and removes what may be left of it.
func (r *rig) run() result {
	r.t.Helper()
	r.writeSpec()
	id := newID()
	defer r.call("delete", "--force", id)
	return r.call("run", "--bundle", r.dir, id)
}

// runOK is run for a container that must succeed.
func (r *rig) runOK() result {
	r.t.Helper()
	got := r.run()
	if got.code != 0 {
		r.t.Fatalf("exit status %d: %s%s", got.code, got.out, got.err)
	}
	return got
}

// start makes a container whose init sleeps, and returns its id.
func (r *rig) start(args ...string) string {
	r.t.Helper()
	r.writeSpec()
	id := newID()
	r.t.Cleanup(func() { r.call("delete", "--force", id) })
	got := r.callFrom(func(c *exec.Cmd) { c.Stdout, c.Stderr = nil, nil }, append(append([]string{"run", "--detach"}, args...), "--bundle", r.dir, id)...)
	if got.code != 0 {
		again := r.call("run", "--bundle", r.dir, newID())
		r.t.Fatalf("starting: exit status %d: %s", got.code, again.all())
	}
	return id
}

// exec runs a command in a container.
func (r *rig) exec(id string, args ...string) result {
	r.t.Helper()
	return r.call(append([]string{"exec", id}, args...)...)
}
