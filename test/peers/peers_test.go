// Package peers lets the engines of Debian's packages drive the built
// bantam-oci: Docker, containerd, Podman and Buildah run, exec, stop, pause, stat
// and remove containers through it, as they do through runc.
//
// Every engine has its folders, sockets and daemons to itself, and the whole test
// runs in a mount namespace of its own, so that nothing of it is seen outside.
package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
)

// patience is how long anything may take on a slow and busy machine.
const patience = 3 * time.Minute

const inNamespace = "BANTAM_PEERS_NAMESPACE"

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		os.Exit(m.Run())
	}
	if os.Getenv(inNamespace) == "" {
		os.Exit(again())
	}
	// The engines' volatile state, their runtimes' included, goes with the namespace.
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		fmt.Fprintln(os.Stderr, "peers: mount a tmpfs on /run:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// again runs this test program in a mount namespace of its own.
func again() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "peers: enter a mount namespace:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}

// engine is a peer's command line with the arguments that keep it to itself.
type engine struct {
	prefix []string
	env    []string
}

// outcome is what a command left.
type outcome struct {
	stdout, stderr string
	code           int
}

// try runs a command of the engine to its end.
func (e *engine) try(t *testing.T, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all := append(append([]string{}, e.prefix...), args...)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.Env = append(os.Environ(), e.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A grandchild may keep the pipes: do not wait for it beyond the command's own end.
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s: not done after %s\n%s%s", strings.Join(all, " "), patience, &stdout, &stderr)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("%s: %v", strings.Join(all, " "), err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed and returns its output, trimmed.
func (e *engine) must(t *testing.T, args ...string) string {
	t.Helper()
	o := e.try(t, args...)
	if o.code != 0 {
		t.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), o.code, o.stdout, o.stderr)
	}
	return strings.TrimSpace(o.stdout)
}

// want runs a command and compares its trimmed output.
func (e *engine) want(t *testing.T, output string, args ...string) {
	t.Helper()
	if got := e.must(t, args...); got != output {
		t.Errorf("%s: got %q, want %q", strings.Join(args, " "), got, output)
	}
}

// wantCode runs a command that ends with the given code and returns its outcome.
func (e *engine) wantCode(t *testing.T, code int, args ...string) outcome {
	t.Helper()
	o := e.try(t, args...)
	if o.code != code {
		t.Errorf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), o.code, code, o.stdout, o.stderr)
	}
	return o
}

// folder makes a short-named folder, for sockets' paths are limited to 107 bytes.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			// A mount of the engine's in this namespace; it ends with it.
			t.Logf("remove %s: %v", dir, err)
		}
	})
	return dir
}

// daemon starts a server whose log is shown if the test fails, and stops it at the end.
func daemon(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Program(t, name), args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		testenv.Skip(t, name+"-starts", err.Error())
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s:\n%s", log.Name(), lastLines(string(text), 40))
		}
	})
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// ready skips the test by name unless the server answers in time.
func (e *engine) ready(t *testing.T, name string, args ...string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if e.try(t, args...).code == 0 {
			return
		}
	}
	o := e.try(t, args...)
	testenv.Skip(t, name+"-starts", lastLines(o.stderr, 1))
}

// runtimeUnderTest returns the path of bantam-oci.
func runtimeUnderTest(t *testing.T) string {
	t.Helper()
	testenv.Root(t)
	return testenv.Bin(t, "bantam-oci")
}

// removeCgroup removes the cgroup that an engine made as parent of its containers.
func removeCgroup(t *testing.T, name string) {
	dirs, _ := filepath.Glob("/sys/fs/cgroup/*/" + name)
	for _, d := range append(dirs, "/sys/fs/cgroup/"+name) {
		if err := os.Remove(d); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Logf("remove cgroup: %v", err)
		}
	}
}
