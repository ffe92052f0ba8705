package escape

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func mkfifo(path string) error { return unix.Mkfifo(path, 0o666) }

// TestWorkingDirectoryOfDescriptor is CVE-2024-21626: a descriptor of a host folder is
// open while the working directory is entered.
func TestWorkingDirectoryOfDescriptor(t *testing.T) {
	r := newRig(t)
	r.shell("pwd -P; ls -a; ls -a ../../../..")
	for n := 3; n <= 30; n++ {
		fd := "/proc/self/fd/" + strconv.Itoa(n)
		r.link("leak", fd)
		for _, cwd := range []string{fd, fd + "/../../..", "/leak"} {
			if cwd != fd && n > 12 {
				continue
			}
			r.spec.Process.Cwd = cwd
			if got := r.run(); got.code == 0 {
				t.Errorf("run with cwd %s: %s", cwd, got.out)
			}
		}
	}
	r.spec.Process.Cwd = "/"
	r.shell("sleep 1000")
	id := r.start()
	for n := 3; n <= 30; n++ {
		fd := "/proc/self/fd/" + strconv.Itoa(n)
		if got := r.call("exec", "--cwd", fd, id, "/bin/sh", "-c", "pwd -P; ls -a"); got.code == 0 {
			t.Errorf("exec with cwd %s: %s", fd, got.out)
		}
	}
}

// listFDs prints the number and the file of each open descriptor of the shell.
const listFDs = `for f in /proc/self/fd/*; do [ -e $f -o -L $f ] && echo ${f##*/} $(readlink $f); done; true`

func checkFDs(t *testing.T, what, out string, extra int) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		number, file, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		// The shell's own: the folder of its pattern, gone when readlink runs.
		if err != nil || n > 2+extra && file != "" {
			t.Errorf("%s: descriptor %s", what, line)
		}
	}
}

// TestLeakedDescriptors: what the caller or the runtime has open does not reach the container.
func TestLeakedDescriptors(t *testing.T) {
	r := newRig(t)
	host, err := os.Open(r.canary)
	r.must(err)
	defer host.Close()
	inherit := func(c *exec.Cmd) { c.ExtraFiles = []*os.File{host} }
	r.shell(listFDs)
	r.writeSpec()
	got := r.callFrom(inherit, "run", "--bundle", r.dir, newID())
	if got.code != 0 {
		t.Fatal(got.all())
	}
	checkFDs(t, "run", got.out, 0)
	preserved := r.callFrom(inherit, "run", "--preserve-fds", "1", "--bundle", r.dir, newID())
	checkFDs(t, "run with a preserved one", preserved.out, 1)
	if !strings.Contains(preserved.out, "\n3 ") {
		t.Errorf("descriptor 3 was to be preserved: %s", preserved.all())
	}
	r.shell("sleep 1000")
	id := r.start()
	checkFDs(t, "exec", r.callFrom(inherit, "exec", id, "/bin/sh", "-c", listFDs).out, 0)
}

// hooks puts one script into all six kinds of hooks. In it $1 is the kind.
func (r *rig) hooks(script string, env ...string) {
	hook := func(kind string) []specs.Hook {
		return []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", script, "hook", kind}, Env: env}}
	}
	r.spec.Hooks = &specs.Hooks{
		Prestart: hook("prestart"), CreateRuntime: hook("createRuntime"), CreateContainer: hook("createContainer"),
		StartContainer: hook("startContainer"), Poststart: hook("poststart"), Poststop: hook("poststop"),
	}
}

// hookOutput reads what hooks wrote: host's to dir, the container's to /tmp.
func (r *rig) hookOutput() map[string]string {
	all := map[string]string{}
	for _, dir := range []string{filepath.Join(r.dir, "hooked"), filepath.Join(r.rootfs, "tmp")} {
		names, _ := filepath.Glob(dir + "/hook-*")
		for _, name := range names {
			b, err := os.ReadFile(name)
			r.must(err)
			all[strings.TrimPrefix(filepath.Base(name), "hook-")] = string(b)
		}
	}
	return all
}

func (r *rig) into() string {
	r.must(os.MkdirAll(filepath.Join(r.dir, "hooked"), 0o755))
	return `d=` + r.dir + `/hooked; [ -d $d ] || d=/tmp; `
}

// TestDescriptorsOfHooks: hooks get their three and no more.
func TestDescriptorsOfHooks(t *testing.T) {
	r := newRig(t)
	// A shell keeps copies of its own; a program that it becomes does not have them.
	r.hooks(r.into() + `exec ls -l /proc/self/fd >$d/hook-$1`)
	r.run()
	seen := r.hookOutput()
	for _, kind := range []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"} {
		out, ok := seen[kind]
		if !ok {
			t.Errorf("hook %s did not run", kind)
		}
		for _, line := range strings.Split(out, "\n") {
			fields := strings.Fields(line)
			if len(fields) < 11 {
				continue
			}
			if n, err := strconv.Atoi(fields[8]); err != nil || n > 2 && strings.HasPrefix(fields[10], "/") && !harmless(fields[10]) {
				t.Errorf("hook %s has %s", kind, line)
			}
		}
	}
}

// harmless: the folder that ls reads, and copies of the hook's own standard files.
func harmless(file string) bool {
	return strings.HasPrefix(file, "/proc/") || strings.HasPrefix(file, "/memfd:") || file == "/dev/null"
}

// TestEnvironmentOfHooks is CVE-2025-23266, CVE-2024-0132: the image's variables reach a hook.
func TestEnvironmentOfHooks(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Env = append(r.spec.Process.Env, "LD_PRELOAD=/evil.so", "LD_AUDIT=/evil.so", "BASH_ENV=/evil")
	r.hooks(r.into()+`env >$d/hook-$1`, "PATH=/usr/bin:/bin", "OWN=yes")
	r.run()
	seen := r.hookOutput()
	if len(seen) != 6 {
		t.Errorf("%d of 6 hooks ran", len(seen))
	}
	for kind, out := range seen {
		if strings.Contains(out, "evil") || !strings.Contains(out, "OWN=yes") {
			t.Errorf("environment of hook %s:\n%s", kind, out)
		}
	}
}

// TestJoiningProcess is CVE-2016-9962: a process of the container looks at one that is being set up.
func TestJoiningProcess(t *testing.T) {
	r := newRig(t)
	r.shell(`while :; do for p in /proc/[0-9]*; do case $(readlink $p/exe) in /bin/box) ;; *) ls -l $p/fd $p/cwd/ $p/root/ 2>/dev/null;; esac; done >>/tmp/seen; done`)
	id := r.start()
	for range 30 {
		if got := r.exec(id, "/bin/true"); got.code != 0 {
			t.Fatal(got.all())
		}
	}
	r.created(id)
	r.spied("/tmp/seen")
}

// created makes a second container in the pid namespace of the first and leaves it before its exec.
func (r *rig) created(id string) {
	r.t.Helper()
	first := r.pid(id)
	for i := range r.spec.Linux.Namespaces {
		if r.spec.Linux.Namespaces[i].Type == specs.PIDNamespace {
			r.spec.Linux.Namespaces[i].Path = "/proc/" + strconv.Itoa(first) + "/ns/pid"
		}
	}
	r.writeSpec()
	second := newID()
	defer r.call("delete", "--force", second)
	got := r.callFrom(func(c *exec.Cmd) { c.Stdout, c.Stderr = nil, nil }, "create", "--bundle", r.dir, second)
	if got.code != 0 {
		r.t.Fatalf("create in another's pid namespace: status %d", got.code)
	}
	spy := r.exec(id, "/bin/sh", "-c", `for p in /proc/[0-9]*; do case $(readlink $p/exe) in /bin/box) ;; *) ls -l $p/fd; cat $p/environ; ls $p/cwd/ $p/root/;; esac; done`)
	if strings.Contains(spy.out, r.dir) || strings.Contains(spy.out, "canary") {
		r.t.Errorf("the process that waits for its start shows %s", spy.out)
	}
}

func (r *rig) spied(file string) {
	b, err := os.ReadFile(filepath.Join(r.rootfs, file))
	r.must(err)
	if strings.Contains(string(b), r.dir) || strings.Contains(string(b), "canary") {
		r.t.Errorf("a process that joins shows %s", b)
	}
}

// pid asks the runtime for the container's init.
func (r *rig) pid(id string) int {
	r.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, rest, ok := strings.Cut(r.call("state", id).out, `"pid":`)
		number := strings.TrimSpace(strings.FieldsFunc(rest+",", func(c rune) bool { return c == ',' || c == '}' })[0])
		if n, err := strconv.Atoi(number); ok && err == nil && n > 0 {
			return n
		}
	}
	r.t.Fatal("no pid in the state")
	return 0
}
