// Package guest holds the tests that only make sense inside the test machine of
// package vm. Elsewhere they skip by name.
package guest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"bantam/internal/testenv"
)

func inMachine(t *testing.T) {
	t.Helper()
	testenv.Need(t, "vm", os.Getenv("BANTAM_VM") == "1")
}

// The machine is what the lane promises: a kernel older than 6.2 with every
// controller of cgroup v2 and AppArmor.
func TestMachine(t *testing.T) {
	inMachine(t)
	for _, c := range []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"} {
		testenv.Controller(t, c)
	}
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil || !strings.HasPrefix(string(b), "6.1.") {
		t.Errorf("kernel %q, %v; want Debian 12's 6.1", b, err)
	}
	if _, err := os.Stat("/sys/kernel/security/apparmor/profiles"); err != nil {
		t.Errorf("no AppArmor: %v", err)
	}
}

// box is a spec that runs a script in the machine's own busybox.
func box(script string) *specs.Spec {
	all := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD", "CAP_SYS_ADMIN"}
	return &specs.Spec{
		Version: "1.2.0",
		Process: &specs.Process{Cwd: "/", Args: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/bin"},
			Capabilities: &specs.LinuxCapabilities{Bounding: all, Effective: all, Permitted: all}},
		Root: &specs.Root{Path: "rootfs"},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"mode=755"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"ro"}},
			{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro"}},
		},
		Linux: &specs.Linux{
			Resources:  &specs.LinuxResources{},
			Namespaces: []specs.LinuxNamespace{{Type: "pid"}, {Type: "mount"}, {Type: "ipc"}, {Type: "uts"}, {Type: "network"}, {Type: "cgroup"}},
		},
	}
}

// run runs the spec in a container and returns what it printed, and its error.
func run(t *testing.T, spec *specs.Spec) (string, error) {
	t.Helper()
	oci := testenv.Bin(t, "bantam-oci")
	dir := t.TempDir()
	for _, d := range []string{"bin", "proc", "dev", "sys", "tmp", "denied"} {
		if err := os.MkdirAll(filepath.Join(dir, "rootfs", d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	busybox, err := os.ReadFile("/bin/box")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sh", "cat", "echo", "mknod", "head", "dd", "ls", "grep", "mkdir", "touch"} {
		target := filepath.Join(dir, "rootfs", "bin", name)
		if name == "sh" {
			err = os.WriteFile(target, busybox, 0o755)
		} else {
			err = os.Symlink("sh", target)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	id := strings.NewReplacer("/", "-").Replace(strings.ToLower(t.Name()))
	cmd := exec.Command(oci, "--root", filepath.Join(dir, "state"), "run", "--bundle", dir, id)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return strings.TrimSpace(out.String()), err
}

// want runs the spec and compares its output.
func want(t *testing.T, spec *specs.Spec, output string) {
	t.Helper()
	if got, err := run(t, spec); err != nil || got != output {
		t.Errorf("got %q (%v), want %q", got, err, output)
	}
}

func TestLimitsAreWritten(t *testing.T) {
	inMachine(t)
	memory, pids, shares, quota, period := int64(32<<20), int64(20), uint64(512), int64(50000), uint64(100000)
	s := box("cd /sys/fs/cgroup && cat memory.max pids.max cpu.max cpuset.cpus")
	s.Linux.Resources = &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: &memory},
		Pids:   &specs.LinuxPids{Limit: &pids},
		CPU:    &specs.LinuxCPU{Shares: &shares, Quota: &quota, Period: &period, Cpus: "0"},
	}
	want(t, s, "33554432\n20\n50000 100000\n0")
}

func TestUnifiedIsWritten(t *testing.T) {
	inMachine(t)
	s := box("cat /sys/fs/cgroup/memory.high")
	s.Linux.Resources.Unified = map[string]string{"memory.high": "16777216"}
	want(t, s, "16777216")
}

func TestPidsLimitHolds(t *testing.T) {
	inMachine(t)
	limit := int64(20) // a Go program alone has five threads
	s := box("i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; wait")
	s.Linux.Resources.Pids = &specs.LinuxPids{Limit: &limit}
	if out, err := run(t, s); !strings.Contains(out, "fork") && !strings.Contains(out, "newosproc") {
		t.Errorf("forty processes under a limit of 20: %q (%v)", out, err)
	}
}

// Device rules are an eBPF program on cgroup v2.
func TestDeviceRules(t *testing.T) {
	inMachine(t)
	null, zero := int64(3), int64(5)
	major := int64(1)
	s := box("mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg; head -c 1 /dev/zero >/dev/null && echo zero; echo end")
	s.Linux.Resources.Devices = []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"},
		{Allow: true, Type: "c", Access: "m"},
		{Allow: true, Type: "c", Major: &major, Minor: &null, Access: "rwm"},
		{Allow: true, Type: "c", Major: &major, Minor: &zero, Access: "rwm"},
	}
	out, err := run(t, s)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(out, "/tmp/kmsg': Operation not permitted") {
		t.Errorf("a device without a rule opened: %q", out)
	}
	if !strings.Contains(out, "zero\n") {
		t.Errorf("an allowed device did not open: %q", out)
	}
}

func TestAppArmor(t *testing.T) {
	inMachine(t)
	profiles, err := os.ReadFile("/sys/kernel/security/apparmor/profiles")
	if err != nil || !strings.Contains(string(profiles), "bantam-test (enforce)") {
		testenv.Skip(t, "apparmor-profile", "the host had no parser to compile it")
	}
	s := box("cat /proc/self/attr/current; touch /tmp/ok && echo ok; touch /denied/no || echo denied")
	s.Process.ApparmorProfile = "bantam-test"
	out, err := run(t, s)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, w := range []string{"bantam-test (enforce)", "ok", "/denied/no: Permission denied", "denied"} {
		if !strings.Contains(out, w) {
			t.Errorf("output lacks %q: %q", w, out)
		}
	}
}

func TestAppArmorProfileMissing(t *testing.T) {
	inMachine(t)
	s := box("echo ran")
	s.Process.ApparmorProfile = "bantam-nonesuch"
	out, err := run(t, s)
	if err == nil || strings.Contains(out, "ran") || !strings.Contains(out, "bantam-nonesuch") {
		t.Errorf("a profile that is not loaded: %q (%v)", out, err)
	}
}

func TestSELinuxLabelIsRefused(t *testing.T) {
	inMachine(t)
	s := box("echo ran")
	s.Process.SelinuxLabel = "system_u:system_r:container_t:s0"
	out, err := run(t, s)
	if err == nil || strings.Contains(out, "ran") || !strings.Contains(strings.ToLower(out), "selinux") {
		t.Errorf("a label without SELinux: %q (%v)", out, err)
	}
}
