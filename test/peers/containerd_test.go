package peers

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// containerd starts a containerd of our own and returns its socket.
func containerd(t *testing.T, dir string) string {
	t.Helper()
	client := testenv.Program(t, "ctr")
	socket := dir + "/containerd.sock"
	config := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[debug]\nlevel = \"warn\"\n[grpc]\naddress = %q\n",
		dir+"/cd-root", dir+"/cd-state", socket)
	if err := os.WriteFile(dir+"/containerd.toml", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon(t, dir, "containerd", "--config", dir+"/containerd.toml")
	(&engine{prefix: []string{client, "-a", socket}}).ready(t, "containerd", "version")
	return socket
}

func TestContainerd(t *testing.T) {
	path := runtimeUnderTest(t)
	dir := folder(t)
	e := &engine{prefix: []string{testenv.Program(t, "ctr"), "-a", containerd(t, dir)}}
	e.must(t, "image", "import", archive(t, dir))
	const image = "example.com/box:latest"
	run := func(args ...string) []string {
		return append([]string{"run", "--runc-binary", path}, args...)
	}

	t.Run("output", func(t *testing.T) { e.want(t, "hello", run("--rm", image, "out", "/bin/echo", "hello")...) })
	t.Run("exit code", func(t *testing.T) { e.wantCode(t, 7, run("--rm", image, "code", "/bin/sh", "-c", "exit 7")...) })
	t.Run("not found", func(t *testing.T) {
		o := e.try(t, run("--rm", image, "nf", "/bin/nonesuch")...)
		if o.code == 0 || !strings.Contains(o.stderr, "no such file or directory") {
			t.Errorf("code %d, stderr %q", o.code, o.stderr)
		}
	})
	t.Run("life", func(t *testing.T) { containerdLife(t, e, run("-d", image, "life", "/bin/sleep", "1000")) })
}

// containerdLife takes one container through ctr's verbs.
func containerdLife(t *testing.T, e *engine, run []string) {
	status := func() string {
		for _, line := range strings.Split(e.must(t, "task", "ls"), "\n") {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "life" {
				return f[2]
			}
		}
		return ""
	}
	e.must(t, run...)
	if s := status(); s != "RUNNING" {
		t.Errorf("after run: %q", s)
	}
	e.want(t, "in", "task", "exec", "--exec-id", "x1", "life", "/bin/echo", "in")
	e.wantCode(t, 5, "task", "exec", "--exec-id", "x2", "life", "/bin/sh", "-c", "exit 5")
	e.must(t, "task", "pause", "life")
	if s := status(); s != "PAUSED" {
		t.Errorf("after pause: %q", s)
	}
	e.must(t, "task", "resume", "life")
	if s := status(); s != "RUNNING" {
		t.Errorf("after resume: %q", s)
	}
	if ps := e.must(t, "task", "ps", "life"); len(strings.Split(ps, "\n")) != 2 {
		t.Errorf("ps: %q", ps)
	}
	if m := e.must(t, "task", "metrics", "life"); !strings.Contains(m, "memory") {
		t.Errorf("metrics: %q", m)
	}
	e.must(t, "task", "kill", "-s", "SIGKILL", "life")
	testenv.Until(t, "task stopped", func() bool { return status() == "STOPPED" })
	e.try(t, "task", "delete", "life") // its exit code is the task's
	e.must(t, "container", "rm", "life")
	if list := e.must(t, "container", "ls", "-q"); list != "" {
		t.Errorf("left: %q", list)
	}
}
