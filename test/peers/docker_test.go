package peers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// docker starts containerd and dockerd with bantam-oci as the default runtime.
func docker(t *testing.T) *engine {
	t.Helper()
	return dockerWith(t, noNetwork...)
}

// noNetwork are dockerd's options by which it leaves the machine's networks alone.
var noNetwork = []string{"--bridge=none", "--iptables=false", "--ip6tables=false"}

// dockerWith starts one with these options for its networks.
func dockerWith(t *testing.T, network ...string) *engine {
	t.Helper()
	path := runtimeUnderTest(t)
	dir := folder(t)
	parent := filepath.Base(dir)
	t.Cleanup(func() { removeCgroup(t, parent) })
	e := dockerd(t, dir, append([]string{"--cgroup-parent", "/" + parent, "--add-runtime", "bantam=" + path, "--default-runtime", "bantam"}, network...)...)
	e.must(t, "import", rootfsFile(t, dir), "box")
	return e
}

// dockerd starts containerd and dockerd with these options.
func dockerd(t *testing.T, dir string, args ...string) *engine {
	t.Helper()
	testenv.Root(t)
	client := testenv.Program(t, "docker")
	testenv.Program(t, "dockerd")
	socket := containerd(t, dir)
	host := "unix://" + dir + "/docker.sock"
	daemon(t, dir, "dockerd", append([]string{
		"--host", host, "--containerd", socket, "--data-root", dir + "/data", "--exec-root", dir + "/exec", "--pidfile", dir + "/docker.pid",
		"--config-file", "", "--log-level", "warn",
	}, args...)...)
	e := &engine{prefix: []string{client, "-H", host}, env: []string{"DOCKER_CONFIG=" + dir, "HOME=" + dir}}
	e.ready(t, "dockerd", "version")
	return e
}

func TestDocker(t *testing.T) {
	e := docker(t)
	run := func(args ...string) []string { return append([]string{"run", "--rm", "--network", "none"}, args...) }

	t.Run("info", func(t *testing.T) {
		if info := e.must(t, "info", "--format", "{{.DefaultRuntime}}"); info != "bantam" {
			t.Errorf("default runtime %q", info)
		}
	})
	t.Run("load", func(t *testing.T) { loads(t, e) })
	t.Run("output", func(t *testing.T) { e.want(t, "hello", run("box", "/bin/echo", "hello")...) })
	t.Run("exit code", func(t *testing.T) { e.wantCode(t, 7, run("box", "/bin/sh", "-c", "exit 7")...) })
	t.Run("not found", func(t *testing.T) {
		if o := e.wantCode(t, 127, run("box", "nonesuch")...); !strings.Contains(o.stderr, "executable file not found") {
			t.Errorf("stderr %q", o.stderr)
		}
	})
	t.Run("not executable", func(t *testing.T) {
		if o := e.wantCode(t, 126, run("box", "/etc/plain")...); !strings.Contains(o.stderr, "permission denied") {
			t.Errorf("stderr %q", o.stderr)
		}
	})
	t.Run("terminal", func(t *testing.T) { e.want(t, "/dev/pts/0", run("-t", "box", "/bin/tty")...) })
	t.Run("user", func(t *testing.T) { e.want(t, "1000", run("-u", "guest", "box", "/bin/id", "-u")...) })
	t.Run("hostname", func(t *testing.T) { e.want(t, "bird", run("--hostname", "bird", "box", "/bin/hostname")...) })
	t.Run("environment", func(t *testing.T) { e.want(t, "v", run("-e", "K=v", "box", "/bin/sh", "-c", "echo $K")...) })
	t.Run("read only", func(t *testing.T) {
		o := e.try(t, run("--read-only", "box", "/bin/touch", "/x")...)
		if o.code == 0 || !strings.Contains(o.stderr, "Read-only file system") {
			t.Errorf("code %d, stderr %q", o.code, o.stderr)
		}
	})
	t.Run("capabilities", func(t *testing.T) {
		e.want(t, "CapEff:\t0000000000000000", run("--cap-drop", "ALL", "box", "/bin/grep", "CapEff", "/proc/self/status")...)
	})
	t.Run("seccomp", func(t *testing.T) {
		e.want(t, "Seccomp:\t2", run("box", "/bin/grep", "Seccomp:", "/proc/self/status")...)
	})
	t.Run("privileged", func(t *testing.T) {
		e.want(t, "ok", run("--privileged", "box", "/bin/sh", "-c", "mount -t tmpfs t /tmp && echo ok")...)
	})
	t.Run("volume", func(t *testing.T) {
		dir := folder(t)
		if err := os.WriteFile(dir+"/f", []byte("from outside"), 0o644); err != nil {
			t.Fatal(err)
		}
		e.want(t, "from outside", run("-v", dir+":/data:ro", "box", "/bin/cat", "/data/f")...)
	})
	t.Run("tmpfs", func(t *testing.T) {
		e.want(t, "tmpfs", run("--tmpfs", "/data:size=1m", "box", "/bin/stat", "-f", "-c", "%T", "/data")...)
	})
	t.Run("stdin", func(t *testing.T) { e.want(t, "", run("-i", "box", "/bin/cat")...) })
	t.Run("life", func(t *testing.T) { dockerLife(t, e) })
	t.Run("limits", func(t *testing.T) { dockerLimits(t, e) })
	t.Run("join", func(t *testing.T) {
		e.must(t, "run", "-d", "--name", "first", "--network", "none", "box", "/bin/sleep", "1000")
		e.want(t, "/bin/sleep", "run", "--rm", "--network", "container:first", "--pid", "container:first", "box",
			"/bin/sh", "-c", "tr '\\0' '\\n' </proc/1/cmdline | head -n 1")
		e.must(t, "rm", "-f", "first")
	})
}

// dockerLife takes one container through the verbs.
func dockerLife(t *testing.T, e *engine) {
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
	e.want(t, "/dev/pts/0", "exec", "-t", "life", "/bin/tty")
	e.want(t, "1000", "exec", "-u", "1000", "life", "/bin/id", "-u")
	if o := e.wantCode(t, 126, "exec", "life", "nonesuch"); !strings.Contains(o.stdout+o.stderr, "executable file not found") {
		t.Errorf("exec of nonesuch: %q %q", o.stdout, o.stderr)
	}
	if top := e.must(t, "top", "life"); !strings.Contains(top, "/bin/sh") {
		t.Errorf("top: %q", top)
	}
	if stats := e.must(t, "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.PIDs}}", "life"); !strings.HasPrefix(stats, "life ") || strings.Contains(stats, " 0B /") {
		t.Errorf("stats: %q", stats)
	}
	e.must(t, "pause", "life")
	state("paused")
	e.must(t, "unpause", "life")
	state("running")
	e.must(t, "update", "--memory", "64m", "--memory-swap", "64m", "life")
	e.must(t, "stop", "-t", "60", "life")
	state("exited")
	e.want(t, "3", "inspect", "-f", "{{.State.ExitCode}}", "life")
	e.want(t, "up\nbye", "logs", "life")
	e.must(t, "start", "life")
	state("running")
	e.must(t, "kill", "life")
	e.want(t, "137", "wait", "life")
	e.must(t, "rm", "life")
	if o := e.try(t, "inspect", "life"); o.code == 0 {
		t.Error("the container is still there after rm")
	}
}

// dockerLimits reads limits where the kernel keeps them.
func dockerLimits(t *testing.T, e *engine) {
	testenv.CgroupV1(t)
	e.must(t, "run", "-d", "--name", "limits", "--network", "none", "--memory", "32m", "--pids-limit", "20", "--cpus", "0.5", "box", "/bin/sleep", "1000")
	defer e.must(t, "rm", "-f", "limits")
	for file, want := range map[string]string{
		"memory/memory.limit_in_bytes": "33554432", "pids/pids.max": "20", "cpu/cpu.cfs_quota_us": "50000",
	} {
		e.want(t, want, "exec", "limits", "/bin/cat", "/sys/fs/cgroup/"+file)
	}
	// Killed for want of memory, and known to be.
	o := e.try(t, "run", "--name", "oom", "--network", "none", "--memory", "16m", "--memory-swap", "16m", "box",
		"/bin/sh", "-c", "x=x; while :; do x=$x$x; done")
	if o.code != 137 {
		t.Errorf("out of memory: exit code %d\n%s", o.code, o.stderr)
	}
	testenv.Until(t, "OOMKilled", func() bool { return e.must(t, "inspect", "-f", "{{.State.OOMKilled}}", "oom") == "true" })
	e.must(t, "rm", "oom")
}
