package peers

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// podmanConfig gives Podman folders of its own. runtime_supports_json makes it
// pass --log and --log-format, as it does to runc; locks in files keep it off the
// machine's /dev/shm.
const podmanConfig = `[containers]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime_supports_json = ["bantam-oci", "crun", "runc"]
tmp_dir = "%[1]s/tmp"
`

// storage writes a storage.conf that keeps Podman's and Buildah's images in dir.
func storage(t *testing.T, dir string) string {
	t.Helper()
	name := dir + "/storage.conf"
	text := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", dir+"/root", dir+"/run")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func podman(t *testing.T) *engine {
	t.Helper()
	path := runtimeUnderTest(t)
	program := testenv.Program(t, "podman")
	testenv.Program(t, "conmon")
	dir := folder(t)
	config := dir + "/containers.conf"
	if err := os.WriteFile(config, fmt.Appendf(nil, podmanConfig, dir), 0o644); err != nil {
		t.Fatal(err)
	}
	e := &engine{
		prefix: []string{program, "--runtime", path},
		env:    []string{"CONTAINERS_CONF=" + config, "CONTAINERS_STORAGE_CONF=" + storage(t, dir), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir},
	}
	if o := e.try(t, "info"); o.code != 0 {
		testenv.Skip(t, "podman-starts", lastLines(o.stderr, 1))
	}
	e.must(t, "import", rootfsFile(t, dir), "box")
	return e
}

func TestPodman(t *testing.T) {
	e := podman(t)
	run := func(args ...string) []string { return append([]string{"run", "--rm", "--network", "none"}, args...) }

	t.Run("runtime", func(t *testing.T) {
		if name := e.must(t, "info", "--format", "{{.Host.OCIRuntime.Version}}"); !strings.HasPrefix(name, "bantam-oci version ") {
			t.Errorf("runtime %q", name)
		}
	})
	t.Run("load", func(t *testing.T) { loads(t, e) })
	t.Run("output", func(t *testing.T) { e.want(t, "hello", run("box", "/bin/echo", "hello")...) })
	t.Run("exit code", func(t *testing.T) { e.wantCode(t, 7, run("box", "/bin/sh", "-c", "exit 7")...) })
	t.Run("not found", func(t *testing.T) { e.wantCode(t, 127, run("box", "nonesuch")...) })
	t.Run("not executable", func(t *testing.T) { e.wantCode(t, 126, run("box", "/etc/plain")...) })
	t.Run("terminal", func(t *testing.T) { e.want(t, "/dev/pts/0", run("-t", "box", "/bin/tty")...) })
	t.Run("user", func(t *testing.T) { e.want(t, "1000", run("-u", "guest", "box", "/bin/id", "-u")...) })
	t.Run("host network", func(t *testing.T) {
		e.want(t, "ok", "run", "--rm", "--network", "host", "box", "/bin/echo", "ok")
	})
	t.Run("life", func(t *testing.T) { podmanLife(t, e) })
}

// podmanLife takes one container through Podman's verbs.
func podmanLife(t *testing.T, e *engine) {
	state := func(want string) {
		t.Helper()
		e.want(t, want, "inspect", "-f", "{{.State.Status}}", "life")
	}
	e.must(t, "run", "-d", "--name", "life", "--network", "none", "box", "/bin/sh", "-c",
		`trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done`)
	state("running")
	testenv.Until(t, "log line", func() bool { return e.must(t, "logs", "life") == "up" })
	e.want(t, "in", "exec", "life", "/bin/echo", "in")
	e.wantCode(t, 5, "exec", "life", "/bin/sh", "-c", "exit 5")
	if top := e.must(t, "top", "life", "args"); !strings.Contains(top, "/bin/sh") {
		t.Errorf("top: %q", top)
	}
	if stats := e.must(t, "stats", "--no-stream", "--format", "{{.Name}} {{.PIDS}}", "life"); !strings.HasPrefix(stats, "life ") {
		t.Errorf("stats: %q", stats)
	}
	e.must(t, "pause", "life")
	state("paused")
	e.must(t, "unpause", "life")
	state("running")
	e.must(t, "stop", "-t", "60", "life")
	state("exited")
	e.want(t, "3", "inspect", "-f", "{{.State.ExitCode}}", "life")
	e.want(t, "up\nbye", "logs", "life")
	e.must(t, "start", "life")
	state("running")
	e.must(t, "kill", "life")
	e.want(t, "137", "wait", "life")
	e.must(t, "rm", "life")
	e.want(t, "", "ps", "-aq")
}
