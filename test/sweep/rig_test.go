// Package sweep makes bantam-oci fail at each of its system calls in turn, or die
// there, and looks for what is left: mounts, cgroups, processes, files.
//
// strace does both from outside (-e inject), so the program has no hooks for it.
package sweep

import (
	"bytes"
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
	"golang.org/x/sys/unix"
)

// patience ends what hangs; it is far above what the slowest machine needs.
const patience = 2 * time.Minute

type rig struct {
	t      *testing.T
	oci    string
	strace string
	dir    string
	parent string // cgroup that the containers' cgroups are in
	bad    int    // failures so far
}

var serial atomic.Int64

func newRig(t *testing.T) *rig {
	t.Helper()
	testenv.Root(t)
	r := &rig{t: t, oci: os.Getenv("BANTAM_ESCAPE_RUNTIME"), strace: testenv.Program(t, "strace"), dir: t.TempDir()}
	if out, err := exec.Command(r.strace, "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "inject=mount:error=EPERM:when=1", "true").CombinedOutput(); err != nil {
		testenv.Skip(t, "strace-inject", strings.TrimSpace(string(out)))
	}
	if r.oci == "" {
		r.oci = testenv.Bin(t, "bantam-oci")
	}
	busybox := testenv.Bin(t, "box")
	b, err := os.ReadFile(busybox)
	r.must(err)
	if bytes.Contains(b[:min(len(b), 4096)], []byte("ld-linux")) {
		testenv.Skip(t, "busybox-static", busybox+" is not static")
	}
	for _, d := range []string{"bin", "dev", "proc", "sys", "tmp"} {
		r.must(os.MkdirAll(filepath.Join(r.dir, "rootfs", d), 0o755))
	}
	r.must(os.WriteFile(filepath.Join(r.dir, "rootfs/bin/box"), b, 0o755))
	r.parent = fmt.Sprintf("sweep-%d-%d", os.Getpid(), serial.Add(1))
	t.Cleanup(r.removeParents)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) newID() string { return fmt.Sprintf("s%d-%d", os.Getpid(), serial.Add(1)) }

// bundle writes config.json for a container of the given id, which stands in its
// command and its cgroup: that is how what is left of it is found.
func (r *rig) bundle(id string, args ...string) {
	r.t.Helper()
	caps := []string{"CAP_KILL", "CAP_CHOWN"}
	limit := int64(64)
	spec := specs.Spec{
		Version: "1.0.2", Root: &specs.Root{Path: "rootfs"}, Hostname: "sweep",
		Process: &specs.Process{
			Cwd: "/", Args: append([]string{"/bin/box"}, append(args, id)...), Env: []string{"PATH=/bin"}, NoNewPrivileges: true,
			User:         specs.User{UID: 1, GID: 1, AdditionalGids: []uint32{5}},
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps},
			Rlimits:      []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 512, Soft: 512}},
		},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"newinstance"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"ro"}},
			{Destination: "/mnt/new", Type: "bind", Source: filepath.Join(r.dir, "rootfs/tmp"), Options: []string{"rbind", "ro"}},
		},
		Linux: &specs.Linux{
			CgroupsPath:   "/" + r.parent + "/" + id,
			Resources:     &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}},
			Sysctl:        map[string]string{"net.ipv4.ip_forward": "0"},
			MaskedPaths:   []string{"/proc/kcore", "/sys/firmware"},
			ReadonlyPaths: []string{"/proc/sys", "/proc/bus"},
			Seccomp:       &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"reboot"}, Action: specs.ActErrno}}},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace}, {Type: specs.CgroupNamespace},
			},
		},
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); err == nil && !bytes.Contains(b, []byte("pids")) {
		spec.Linux.Resources = nil // a v2 view without controllers
	}
	b, err := json.Marshal(spec)
	r.must(err)
	r.must(os.WriteFile(filepath.Join(r.dir, "config.json"), b, 0o644))
}

func (r *rig) state() string { return filepath.Join(r.dir, "state") }

func (r *rig) argv(args ...string) []string {
	return append([]string{r.oci, "--root", r.state()}, args...)
}

// oci runs the program undisturbed.
func (r *rig) call(args ...string) (string, error) {
	r.t.Helper()
	return r.finish(exec.Command(r.oci, r.argv(args...)[1:]...))
}

// finish runs a command to its end. Its output goes to a file: a container that
// lives on would keep a pipe open.
func (r *rig) finish(cmd *exec.Cmd) (string, error) {
	r.t.Helper()
	out, err := os.CreateTemp(r.dir, "out")
	r.must(err)
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, out, out
	r.must(cmd.Start())
	alarm := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	text, _ := os.ReadFile(out.Name())
	if !alarm.Stop() {
		r.t.Fatalf("%v hangs: %s", cmd.Args, text)
	}
	return string(text), err
}

// disturbed runs the program with a fault and reports whether it was met. Where
// the container lives on, as after create, strace waits for it: end is called when the program itself has ended.
func (r *rig) disturbed(fault, kind string, end func(), args ...string) (met bool, out string) {
	r.t.Helper()
	log := filepath.Join(r.dir, "strace.log")
	os.Remove(log)
	argv := append([]string{"-f", "--seccomp-bpf", "-q", "-o", log, "-e", "trace=" + kind + ",execve,exit_group", "-e", "signal=none", "-e", "inject=" + kind + ":" + fault}, r.argv(args...)...)
	cmd := exec.Command(r.strace, argv...)
	if end != nil {
		done := make(chan struct{})
		watched := make(chan struct{})
		go func() { defer close(watched); untilExit(log, done); end() }()
		out, _ = r.finish(cmd)
		close(done)
		<-watched
	} else {
		out, _ = r.finish(cmd)
	}
	b, err := os.ReadFile(log)
	r.must(err)
	return bytes.Contains(b, []byte("(INJECTED)")) || bytes.Contains(b, []byte("+++ killed by SIGKILL")), out
}

// untilExit waits for the end of the first process in strace's log.
func untilExit(log string, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
			time.Sleep(2 * time.Millisecond)
		}
		b, _ := os.ReadFile(log)
		pid, _, ok := strings.Cut(string(b), " ")
		if ok && (bytes.Contains(b, []byte(pid+" +++ ")) || bytes.Contains(b, []byte(pid+" exit_group("))) {
			return
		}
	}
}

// left lists what there is of a container on this machine.
func (r *rig) left(id string) []string {
	var all []string
	b, err := os.ReadFile("/proc/self/mountinfo")
	r.must(err)
	for _, line := range strings.Split(string(b), "\n") {
		if strings.Contains(line, id) {
			all = append(all, "mount "+line)
		}
	}
	all = append(all, cgroupsOf(r.parent+"/"+id)...)
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range commands {
		if b, _ := os.ReadFile(name); bytes.Contains(b, []byte(id+"\x00")) {
			all = append(all, "process "+name+" "+strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	filepath.Walk(r.state(), func(path string, info os.FileInfo, err error) error {
		if strings.Contains(filepath.Base(path), id) {
			all = append(all, "file "+path)
		}
		return nil
	})
	return all
}

// cgroupRoots are the hierarchies' folders, v1 and v2.
func cgroupRoots() []string {
	roots, _ := filepath.Glob("/sys/fs/cgroup/*")
	return append(roots, "/sys/fs/cgroup")
}

func cgroupsOf(path string) (found []string) {
	for _, root := range cgroupRoots() {
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			found = append(found, "cgroup "+filepath.Join(root, path))
		}
	}
	return found
}

// removeParents removes the empty folders that hold the containers' cgroups.
func (r *rig) removeParents() {
	for _, root := range cgroupRoots() {
		dir := filepath.Join(root, r.parent)
		inner, _ := filepath.Glob(dir + "/*/")
		for _, d := range inner {
			unix.Rmdir(d)
		}
		if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
			r.t.Errorf("cgroup %s: %v", dir, err)
		}
	}
}

// checkGone fails where something of the container is left. What ends by itself
// because its parent has died is given time for it.
func (r *rig) checkGone(what, id, output string) {
	r.t.Helper()
	var rest []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if rest = r.left(id); len(rest) == 0 {
			return
		}
	}
	r.t.Errorf("%s leaves:\n\t%s\noutput: %s", what, strings.Join(rest, "\n\t"), output)
	if r.bad++; r.bad == 5 {
		r.t.FailNow() // the rest would say the same, and each waits
	}
}
