package killed

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// patience is for one command on a slow machine. One that takes longer hangs.
const patience = 2 * time.Minute

// rig is one root and what is needed to drive it.
type rig struct {
	t         *testing.T
	dir, root string
	bantam    string
	oci       string // a name of bantam-oci that no other test uses: monitors have it in their environment
	file      string
	ever      []string // ids of all containers that there were, when all is over

	commands, monitors, inTime atomic.Int64
	mu                         sync.Mutex
	usual                      map[string]time.Duration // of each operation
}

func newRig(t *testing.T) *rig {
	dir := t.TempDir()
	r := &rig{t: t, dir: dir, root: dir + "/root", bantam: testenv.Bin(t, "bantam"), oci: dir + "/bantam-oci", file: dir + "/file", usual: map[string]time.Duration{}}
	if err := os.Symlink(testenv.Bin(t, "bantam-oci"), r.oci); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.file, []byte("copied\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.clear)
	r.must("images", "box")
	return r
}

func (r *rig) command(ctx context.Context, args []string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, r.bantam, args...)
	cmd.Env = append(os.Environ(), "BANTAM_ROOT="+r.root, "BANTAM_OCI="+r.oci)
	// It shows where it hangs.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 10 * time.Second
	text := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = text, text
	return cmd, text
}

// outcome of a command; code is -1 where it was killed.
type outcome struct {
	code    int
	output  string
	meddled bool // something was killed meanwhile
}

func (o outcome) text() string {
	if o.code == 0 || o.output == "" {
		return ""
	}
	return ": " + strings.TrimSpace(o.output)
}

// run runs a command and has something killed during it.
func (r *rig) run(s *subject, k kill, name string, args []string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, text := r.command(ctx, args)
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		r.t.Errorf("%s: %v", args[0], err)
		return outcome{code: -1}
	}
	killed := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(killed)
		if k.what != 0 {
			k.strike(r, s, name, cmd.Process.Pid, over)
		}
	}()
	err := waitid(cmd.Process.Pid)
	took := time.Since(begin)
	close(over)
	<-killed // the pid is ours until here
	cmd.Wait()
	if ctx.Err() != nil {
		r.t.Errorf("%s hangs: %v\n%s\n%s", strings.Join(args, " "), err, text, strings.Join(s.log, "\n"))
	}
	r.learn(name, took)
	return outcome{cmd.ProcessState.ExitCode(), text.String(), k.what != 0}
}

// waitid waits for a child's end and leaves it a zombie.
func waitid(pid int) error {
	for {
		if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != unix.EINTR {
			return err
		}
	}
}

func (r *rig) learn(name string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before := r.usual[name]; before > 0 {
		took = (3*before + took) / 4
	}
	r.usual[name] = took
}

func (r *rig) usually(name string) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.usual[name]; d > 0 {
		return min(d, 300*time.Millisecond)
	}
	return 8 * time.Millisecond
}

// try runs a command that nobody disturbs.
func (r *rig) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, text := r.command(ctx, args)
	err := cmd.Run()
	return strings.TrimSpace(text.String()), err
}

func (r *rig) must(args ...string) string {
	r.t.Helper()
	text, err := r.try(args...)
	if err != nil {
		r.t.Errorf("%s: %v: %s", strings.Join(args, " "), err, text)
	}
	return text
}

// nameOf is the name of a container that may have it.
func (r *rig) nameOf(name string) (string, bool) {
	text, err := r.try("inspect", "--type", "container", "-f", "{{.Name}}", name)
	lines := strings.Split(text, "\n")
	return strings.TrimPrefix(lines[len(lines)-1], "/"), err == nil
}

// clear kills what a failed test has left, so that the machine is as before.
func (r *rig) clear() {
	if !r.t.Failed() {
		return
	}
	ids, _ := os.ReadDir(filepath.Join(r.root, "containers"))
	for _, id := range ids {
		r.try("rm", "-f", id.Name())
	}
	for _, p := range r.processes() {
		fmt.Fprintln(os.Stderr, "left:", p)
	}
}
