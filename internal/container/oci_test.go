package container

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// patience ends what hangs; it is far above what the slowest machine needs.
const patience = 2 * time.Minute

var serial atomic.Int64

// rig is a bundle of busybox and a root of its own, driven through the built program.
type rig struct {
	t    *testing.T
	oci  string
	dir  string
	spec *specs.Spec
}

func newRig(t *testing.T) *rig {
	t.Helper()
	testenv.Root(t)
	testenv.Kernel(t, 5, 12)
	busybox := testenv.Bin(t, "box")
	b, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	testenv.Need(t, "busybox-static", !bytes.Contains(b[:min(len(b), 4096)], []byte("ld-linux")))
	r := &rig{t: t, oci: testenv.Bin(t, "bantam-oci"), dir: t.TempDir()}
	for _, d := range []string{"bin", "proc", "dev", "sys", "tmp"} {
		r.must(os.MkdirAll(filepath.Join(r.dir, "rootfs", d), 0o755))
	}
	r.must(os.WriteFile(filepath.Join(r.dir, "rootfs/bin/box"), b, 0o755))
	for _, name := range []string{"sh", "sleep", "true", "echo", "cat"} {
		r.must(os.Symlink("box", filepath.Join(r.dir, "rootfs/bin", name)))
	}
	r.spec = &specs.Spec{
		Version: "1.2.0", Root: &specs.Root{Path: "rootfs"}, Annotations: map[string]string{"k": "v"},
		Process: &specs.Process{Args: []string{"sleep", "1000"}, Cwd: "/", Env: []string{"PATH=/bin"}},
		Mounts:  []specs.Mount{{Destination: "/proc", Type: "proc", Source: "proc"}},
		Linux: &specs.Linux{
			CgroupsPath: fmt.Sprintf("/bantam-test-%d", os.Getpid()) + "/" + strconv.FormatInt(serial.Add(1), 10),
			Namespaces:  []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}},
		},
	}
	r.write()
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) write() {
	r.t.Helper()
	b, err := json.Marshal(r.spec)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(r.dir, "config.json"), b, 0o644))
}

// container returns a new id, whose container is gone when the test ends.
func (r *rig) container() string {
	id := fmt.Sprintf("t%d-%d", os.Getpid(), serial.Add(1))
	r.t.Cleanup(func() {
		if out, err := r.try("delete", "--force", id); err != nil {
			r.t.Errorf("delete --force: %v: %s", err, out)
		}
		for _, dir := range r.groups() {
			r.t.Errorf("%s is left", dir)
		}
	})
	return id
}

// groups finds cgroups of the test's containers, and removes their empty parents.
func (r *rig) groups() (left []string) {
	parent, name := filepath.Split(r.spec.Linux.CgroupsPath)
	for _, pattern := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		dirs, _ := filepath.Glob(pattern + parent + name)
		left = append(left, dirs...)
		above, _ := filepath.Glob(pattern + filepath.Clean(parent))
		for _, dir := range above {
			_ = unix.Rmdir(dir)
		}
	}
	return left
}

func (r *rig) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.oci, append([]string{"--root", filepath.Join(r.dir, "state")}, args...)...)
	cmd.Dir = r.dir
	return cmd
}

// try runs the program and returns its output, by way of a file: a container that lives on would keep a pipe open.
func (r *rig) try(args ...string) (string, error) {
	r.t.Helper()
	out, err := os.CreateTemp(r.dir, "out")
	r.must(err)
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := r.command(args...)
	cmd.Stdout, cmd.Stderr = out, out
	r.must(cmd.Start())
	alarm := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	text, _ := os.ReadFile(out.Name())
	if !alarm.Stop() {
		r.t.Fatalf("%v hangs: %s", args, text)
	}
	return string(text), err
}

func (r *rig) do(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return out
}

// refused runs the program, which must fail with the text and exit status 1 (exec: its own).
func (r *rig) refused(text string, args ...string) {
	r.t.Helper()
	out, err := r.try(args...)
	if err == nil || !strings.Contains(out, text) || strings.Count(out, "\n") != 1 {
		r.t.Errorf("%v: error %v, output %q, want one line with %q", args, err, out, text)
	}
}

func (r *rig) state(id string) (s specs.State) {
	r.t.Helper()
	r.must(json.Unmarshal([]byte(r.do("state", id)), &s))
	return s
}

// await polls until the container has the state.
func (r *rig) await(id string, want specs.ContainerState) {
	r.t.Helper()
	for end := time.Now().Add(patience); r.state(id).Status != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s is %s and not %s", id, r.state(id).Status, want)
		}
	}
}

func TestVerbs(t *testing.T) {
	r := newRig(t)
	id := r.container()
	r.do("create", "--pid-file", "pid", id)
	s := r.state(id)
	if pid, err := os.ReadFile(filepath.Join(r.dir, "pid")); err != nil || string(pid) != strconv.Itoa(s.Pid) {
		t.Errorf("pid file %q (%v), state says %d", pid, err, s.Pid)
	}
	if s.Status != "created" || s.Bundle != r.dir || s.Version != "1.2.0" || s.Annotations["k"] != "v" {
		t.Errorf("state %+v", s)
	}
	r.refused("container with given ID already exists", "create", id)
	r.refused("not stopped", "delete", id)
	r.do("start", id)
	if s := r.state(id).Status; s != "running" {
		t.Errorf("started: %s", s)
	}
	r.refused("already running", "start", id)
	if out := r.do("exec", id, "echo", "a", "--b"); out != "a --b\n" {
		t.Errorf("exec: %q", out)
	}
	r.do("exec", "--detach", "--pid-file", "pid2", id, "sleep", "1000")
	var pids []int
	r.must(json.Unmarshal([]byte(r.do("ps", "--format", "json", id)), &pids))
	if len(pids) != 2 {
		t.Errorf("processes %v", pids)
	}
	if out := r.do("list", "--quiet"); out != id+"\n" {
		t.Errorf("list: %q", out)
	}
	r.do("kill", id, "KILL")
	r.await(id, "stopped")
	r.refused("container not running", "kill", id, "TERM")
	r.refused("container not running", "exec", id, "true")
	r.refused("has stopped", "start", id)
	r.do("delete", id)
	r.refused("container does not exist", "delete", id)
	r.refused("container does not exist", "state", id)
	r.do("delete", "--force", id)
}

func TestRunInForeground(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Args = []string{"sh", "-c", "echo out; exit 7"}
	r.write()
	id := r.container()
	out, err := r.try("run", id)
	if code(err) != 7 || out != "out\n" {
		t.Errorf("%v: %q", err, out)
	}
	r.refused("does not exist", "state", id)
	r.spec.Process.Args = []string{"sh", "-c", "kill -KILL $$"}
	r.spec.Linux.Namespaces = r.spec.Linux.Namespaces[1:] // the first process of a pid namespace can't kill itself
	r.write()
	if _, err := r.try("run", id); code(err) != 128+9 {
		t.Errorf("killed: %v", err)
	}
}

func code(err error) int {
	if e, ok := err.(*exec.ExitError); ok {
		return e.ExitCode()
	}
	return 0
}

func TestSignalsAreForwarded(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Args = []string{"sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done"}
	r.write()
	id := r.container()
	cmd := r.command("run", id)
	out, err := cmd.StdoutPipe()
	r.must(err)
	r.must(cmd.Start())
	alarm := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer alarm.Stop()
	if n, err := out.Read(make([]byte, 10)); n == 0 {
		t.Fatal(err)
	}
	r.must(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); code(err) != 9 {
		t.Errorf("exit %v", err)
	}
}

func TestErrorsOfTheProgram(t *testing.T) {
	r := newRig(t)
	r.must(os.WriteFile(filepath.Join(r.dir, "rootfs/bin/plain"), []byte("x"), 0o644))
	for _, c := range []struct{ arg, text string }{
		{"nosuch", "executable file not found in $PATH"}, {"/no/such", "no such file or directory"}, {"/bin/plain", "permission denied"},
	} {
		r.spec.Process.Args = []string{c.arg}
		r.write()
		id := r.container()
		r.refused(c.text, "create", id)
		r.refused(c.text, "run", id)
		r.refused("does not exist", "state", id)
	}
}

func TestBadBundles(t *testing.T) {
	r := newRig(t)
	id := r.container()
	r.refused("no such file or directory", "create", "--bundle", "/no/such", id)
	r.refused("invalid container ID format", "create", "a/b")
	r.spec.Root.Path = "nowhere"
	r.write()
	r.refused("no such file or directory", "create", id)
	r.must(os.WriteFile(filepath.Join(r.dir, "config.json"), []byte("{"), 0o644))
	r.refused("config.json", "create", id)
	r.refused("preserve-fds", "run", "--preserve-fds", "900", id)
}

func TestPause(t *testing.T) {
	r := newRig(t)
	id := r.container()
	r.do("run", "--detach", id)
	if out, err := r.try("pause", id); err != nil {
		testenv.Skip(t, "freezer", out)
	}
	if s := r.state(id).Status; s != "paused" {
		t.Errorf("paused: %s", s)
	}
	r.refused("cannot exec in a paused container", "exec", id, "true")
	r.do("resume", id)
	if s := r.state(id).Status; s != "running" {
		t.Errorf("resumed: %s", s)
	}
	r.refused("not paused", "resume", id)
	r.do("pause", id)
	r.do("delete", "--force", id) // a frozen one goes, too
}

func TestHooks(t *testing.T) {
	r := newRig(t)
	log := filepath.Join(r.dir, "log")
	hook := func(kind string) specs.Hook {
		return specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c", "echo " + kind + " $(cat) >>" + log}}
	}
	r.spec.Hooks = &specs.Hooks{
		Prestart: []specs.Hook{hook("prestart")}, CreateRuntime: []specs.Hook{hook("createRuntime")}, //nolint:staticcheck // deprecated, and still in use
		Poststart: []specs.Hook{hook("poststart")}, Poststop: []specs.Hook{hook("poststop")},
	}
	r.write()
	id := r.container()
	r.do("create", id)
	r.do("start", id)
	r.do("delete", "--force", id)
	b, err := os.ReadFile(log)
	r.must(err)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	want := []struct{ kind, status string }{{"prestart", "creating"}, {"createRuntime", "creating"}, {"poststart", "running"}, {"poststop", "stopped"}}
	if len(lines) != len(want) {
		t.Fatalf("hooks: %q", lines)
	}
	for i, w := range want {
		kind, doc, _ := strings.Cut(lines[i], " ")
		var s specs.State
		if err := json.Unmarshal([]byte(doc), &s); err != nil || kind != w.kind || string(s.Status) != w.status || s.ID != id || s.Bundle != r.dir {
			t.Errorf("hook %d: %s, %v", i, lines[i], err)
		}
	}
	r.spec.Hooks.CreateRuntime = append(r.spec.Hooks.CreateRuntime, specs.Hook{Path: "/bin/false"})
	r.write()
	r.refused("createRuntime hook 2", "create", id)
	r.refused("does not exist", "state", id)
}

// A poststart hook that fails ends the container (runtime.md, "Lifecycle", step 9).
func TestFailingPoststart(t *testing.T) {
	r := newRig(t)
	r.spec.Hooks = &specs.Hooks{Poststart: []specs.Hook{{Path: "/bin/false"}}}
	r.write()
	id := r.container()
	r.refused("poststart hook 1", "run", "--detach", id)
	r.refused("does not exist", "state", id)
	r.do("create", id)
	r.refused("poststart hook 1", "start", id)
	r.refused("does not exist", "state", id)
}

// A hook whose spec has no env gets the runtime's, one with an empty env gets none.
func TestHookEnvironment(t *testing.T) {
	r := newRig(t)
	t.Setenv("BANTAM_TEST_HOOK", "seen")
	hook := func(want string, env []string) specs.Hook {
		return specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c", `test "$BANTAM_TEST_HOOK" = "` + want + `"`}, Env: env}
	}
	r.spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{hook("seen", nil), hook("", []string{"PATH=/bin"})}}
	r.write()
	r.do("create", r.container())
}

// Of many creates of one id exactly one wins, and the others say why not.
func TestCreateRace(t *testing.T) {
	r := newRig(t)
	id := r.container()
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			cmd := r.command("create", id)
			var out bytes.Buffer
			f, err := os.CreateTemp(r.dir, "race")
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			cmd.Stdout, cmd.Stderr = f, f
			if err := cmd.Run(); err == nil {
				won.Add(1)
				return
			}
			b, _ := os.ReadFile(f.Name())
			out.Write(b)
			if !strings.Contains(out.String(), "container with given ID already exists") {
				t.Errorf("loser says %q", out.String())
			}
		}()
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d creates won", won.Load())
	}
	r.do("start", id)
}

// Whatever instant create is killed at, delete --force cleans up and the id is free again.
func TestKilledCreate(t *testing.T) {
	r := newRig(t)
	id := r.container()
	for i := range 25 {
		cmd := r.command("create", id)
		r.must(cmd.Start())
		// Not a synchronisation: any instant will do.
		time.Sleep(time.Duration(i) * 300 * time.Microsecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		r.do("delete", "--force", id)
		r.refused("does not exist", "state", id)
		if left := r.groups(); len(left) > 0 {
			t.Fatalf("round %d: %v is left", i, left)
		}
	}
	r.do("create", id)
	r.do("start", id)
}

// A cgroup that others are in is refused, and they live on.
func TestCgroupInUse(t *testing.T) {
	r := newRig(t)
	first, second := r.container(), r.container()
	r.do("run", "--detach", first)
	r.refused("in use", "create", second)
	r.do("delete", "--force", second)
	if s := r.state(first).Status; s != "running" {
		t.Errorf("the first container is %s", s)
	}
	r.do("exec", first, "true")
	r.do("delete", "--force", first)
}

func TestDamagedRecord(t *testing.T) {
	r := newRig(t)
	id := r.container()
	r.must(os.MkdirAll(filepath.Join(r.dir, "state"), 0o700))
	r.must(os.WriteFile(filepath.Join(r.dir, "state", id), []byte("rubbish"), 0o600))
	if out := r.do("list"); !strings.Contains(out, id) {
		t.Errorf("list: %q", out)
	}
	r.refused("damaged", "state", id)
	r.do("delete", "--force", id)
	r.do("run", "--detach", id)
}

func TestPreservedDescriptors(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Args = []string{"sh", "-c", "cat <&3"}
	r.write()
	id := r.container()
	in, w, err := os.Pipe()
	r.must(err)
	_, err = w.WriteString("passed")
	r.must(err)
	r.must(w.Close())
	cmd := r.command("run", "--preserve-fds", "1", id)
	cmd.ExtraFiles = []*os.File{in}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "passed" {
		t.Errorf("%v: %q", err, out)
	}
}

// The sockets that a service manager has opened come first, and the process is told of them.
func TestListenFDs(t *testing.T) {
	r := newRig(t)
	r.spec.Process.Args = []string{"sh", "-c", "echo $LISTEN_FDS $LISTEN_PID $(cat <&3)"}
	r.write()
	for _, c := range []struct{ pid, want string }{{"", "1 1 passed"}, {"LISTEN_PID=1", ""}} {
		in, w, err := os.Pipe()
		r.must(err)
		_, err = w.WriteString("passed")
		r.must(err)
		r.must(w.Close())
		cmd := r.command("run", r.container())
		cmd.ExtraFiles = []*os.File{in}
		cmd.Env = append(os.Environ(), "LISTEN_FDS=1", c.pid)
		out, _ := cmd.Output()
		if strings.TrimSpace(string(out)) != c.want {
			t.Errorf("%s: %q, not %q", c.pid, out, c.want)
		}
	}
}

// Without HOME in the spec a process gets its user's, and it may open its standard output again.
func TestUserOfAProcess(t *testing.T) {
	r := newRig(t)
	r.must(os.MkdirAll(filepath.Join(r.dir, "rootfs/etc"), 0o755))
	r.must(os.WriteFile(filepath.Join(r.dir, "rootfs/etc/passwd"), []byte("root:x:0:0::/root:/bin/sh\nfoo:x:1000:1000::/home/foo:/bin/sh\n"), 0o644))
	script := `echo $HOME; stat -L -c %u /proc/self/fd/1`
	r.spec.Process.Args = []string{"sh", "-c", script}
	for _, c := range []struct {
		uid  uint32
		want string
	}{{0, "/root\n0\n"}, {1000, "/home/foo\n1000\n"}, {1001, "/\n1001\n"}} {
		r.spec.Process.User.UID = c.uid
		r.write()
		out, err := r.command("run", r.container()).Output()
		if err != nil || string(out) != c.want {
			t.Errorf("uid %d: %q, %v", c.uid, out, err)
		}
	}
	r.spec.Process.User.UID, r.spec.Process.Args = 0, []string{"sleep", "100"}
	r.write()
	id := r.container()
	r.do("run", "--detach", id)
	out, err := r.command("exec", "--user", "1000", id, "sh", "-c", script).Output()
	if err != nil || string(out) != "/home/foo\n1000\n" {
		t.Errorf("exec: %q, %v", out, err)
	}
	out, err = r.command("exec", "--env", "HOME=/other", "--env", "X=y", id, "sh", "-c", "echo $HOME $X; tr '\\0' '\\n' </proc/self/environ | grep -c ^HOME").Output()
	if err != nil || string(out) != "/other y\n1\n" {
		t.Errorf("exec --env: %q, %v", out, err)
	}
}

// A config elsewhere, and no cgroup at all: crun's options, which Podman's users know.
func TestOptionsOfCrun(t *testing.T) {
	r := newRig(t)
	r.must(os.Rename(filepath.Join(r.dir, "config.json"), filepath.Join(r.dir, "other.json")))
	id := r.container()
	r.do("--cgroup-manager", "disabled", "run", "--detach", "--config", "other.json", id)
	if left := r.groups(); len(left) != 0 {
		t.Errorf("cgroups in spite of disabled: %q", left)
	}
	r.refused("cgroupfs, systemd or disabled", "--cgroup-manager", "x", "list")
}

func TestLogFile(t *testing.T) {
	r := newRig(t)
	log := filepath.Join(r.dir, "log.json")
	if _, err := r.try("--log", log, "--log-format", "json", "start", "nosuch"); code(err) != 1 {
		t.Errorf("exit %v", err)
	}
	b, err := os.ReadFile(log)
	r.must(err)
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil || m["level"] != "error" || m["msg"] != "container does not exist" || m["time"] == "" {
		t.Errorf("%v: %s", err, b)
	}
}

func TestVersionAndSpec(t *testing.T) {
	r := newRig(t)
	if out := r.do("--version"); !strings.HasPrefix(out, "bantam-oci version ") || !strings.Contains(out, "\ncommit: ") || !strings.Contains(out, "\nspec: ") {
		t.Errorf("%q", out)
	}
	r.refused("config.json", "spec")
	r.refused("not supported", "checkpoint", "--image-path", "x", "id")
	r.must(os.Mkdir(filepath.Join(r.dir, "new"), 0o755))
	r.do("spec", "--bundle", "new")
	b, err := os.ReadFile(filepath.Join(r.dir, "new/config.json"))
	r.must(err)
	if err := json.Unmarshal(b, &specs.Spec{}); err != nil {
		t.Error(err)
	}
}
