package cgroup

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/linux/cgroup/device"
	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// viewVar marks the test process that runs in a mount namespace of its own.
const viewVar = "BANTAM_TEST_CGROUP_VIEW"

// inView runs the test itself in a second process with a mount namespace of its
// own, where /sys/fs/cgroup is a cgroup2 mount if it was none before. It tells
// whether the caller is that process and is to go on.
func inView(t *testing.T) bool {
	t.Helper()
	testenv.Root(t)
	if os.Getenv(viewVar) != "" {
		mountView(t)
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), viewVar+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	switch text := string(out); {
	case err != nil:
		t.Fatalf("in the cgroup v2 view: %v\n%s", err, text)
	case strings.Contains(text, "skip: "):
		_, reason, _ := strings.Cut(text, "skip: ")
		name, rest, _ := strings.Cut(reason, ": ")
		line, _, _ := strings.Cut(rest, "\n")
		testenv.Skip(t, name, line)
	case !strings.Contains(text, "--- PASS: "+t.Name()):
		t.Fatalf("the test did not run in the cgroup v2 view:\n%s", text)
	}
	return false
}

func mountView(t *testing.T) {
	t.Helper()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		testenv.Skip(t, "cgroup-v2-view", err.Error())
	}
	if typeOf(Root) == unix.CGROUP2_SUPER_MAGIC {
		return
	}
	if err := unix.Mount("cgroup2", Root, "cgroup2", 0, ""); err != nil {
		testenv.Skip(t, "cgroup-v2-view", err.Error())
	}
}

func TestLifecycleV2(t *testing.T) {
	if !inView(t) {
		return
	}
	if m, err := Detect(); err != nil || m != V2 {
		t.Fatalf("mode %v, %v", m, err)
	}
	lifecycle(t)
}

func TestDeleteKillsV2(t *testing.T) {
	if inView(t) {
		deleteKills(t)
	}
}

func TestCreateFailsV2(t *testing.T) {
	if !inView(t) {
		return
	}
	name := "bantam-test-v2-" + strconv.Itoa(os.Getpid())
	host := &Host{Mode: V2, Hierarchies: []Hierarchy{{Controllers: Unified, Mount: Root, Own: "/"}}}
	g, err := New(Config{Host: host, ID: "c", Path: "/" + name + "/a/c"})
	if err != nil {
		t.Fatal(err)
	}
	// The mount point of the table has no controllers file: the step after mkdir fails.
	g.host.Hierarchies[0].Mount = "/proc/self/no-such-place"
	if err := g.Create(); err == nil {
		t.Error("did not fail")
	}
	if exists(Root + "/" + name) {
		t.Error("directories left")
	}
}

// The rules hold for a process in the group, and an update replaces them.
func TestDevicesV2(t *testing.T) {
	if !inView(t) {
		return
	}
	g := newGroup(t)
	null := specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rw"}
	zero := specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(5)), Access: "r"}
	deny := specs.LinuxDeviceCgroup{Access: "rwm"}
	err := g.ApplyDevices([]specs.LinuxDeviceCgroup{deny, null})
	if err != nil && strings.Contains(err.Error(), "operation not permitted") {
		testenv.Skip(t, "ebpf", err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	if out := inGroup(t, g, "cat /dev/null && echo null; cat </dev/zero >/dev/null || echo denied"); !strings.Contains(out, "null\n") || !strings.Contains(out, "denied") {
		t.Errorf("first rules: %s", out)
	}
	g = Load(g.State())
	defer g.Close()
	if err := g.ApplyDevices([]specs.LinuxDeviceCgroup{deny, zero}); err != nil {
		t.Fatal(err)
	}
	if out := inGroup(t, g, "read x </dev/null || echo denied; : </dev/zero && echo zero"); !strings.Contains(out, "denied") || !strings.Contains(out, "zero\n") {
		t.Errorf("updated rules: %s", out)
	}
	// The verifier takes programs of every shape.
	for _, rules := range [][]device.Rule{
		nil, {device.Everything(true)}, {device.Everything(false)}, many(300),
		{{Kind: device.Any, Major: 1, Minor: device.Wild, Access: device.Write}, {Allow: true, Kind: device.Char, Major: 1<<32 - 1, Minor: 0, Access: device.Read}},
	} {
		dir, _ := g.Dir()
		if err := device.Attach(dir, rules, false); err != nil {
			t.Errorf("%d rules: %v", len(rules), err)
		}
	}
}

func many(n int) []device.Rule {
	var rules []device.Rule
	for i := range n {
		rules = append(rules, device.Rule{Allow: i%3 != 0, Kind: device.Kind(i % 3), Major: int64(i % 7), Minor: int64(i), Access: device.Access(i%7 + 1)})
	}
	return rules
}

// inGroup runs a script in the group. Its own files are opened before it enters.
func inGroup(t *testing.T, g *Group, script string) string {
	t.Helper()
	dir, err := g.Dir()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command(testenv.Program(t, "sh"), "-c", script)
	cmd.Stdin = in
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: dir}
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// A limit whose controller the hierarchy lacks is an error that says so.
func TestMissingControllerV2(t *testing.T) {
	if !inView(t) {
		return
	}
	g := newGroup(t)
	testenv.Need(t, "no-rdma-v2", !g.available(RDMA))
	err := g.Apply(&specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"mlx5": {HcaHandles: ptr(uint32(1))}}})
	if err == nil || err.Error() != "resources.rdma set but the rdma controller is not available" {
		t.Errorf("got %v", err)
	}
	err = g.Apply(&specs.LinuxResources{Unified: map[string]string{"rdma.max": "mlx5 hca_handle=1"}})
	if err == nil || err.Error() != `unified resource "rdma.max" can't be set: controller "rdma" not available` {
		t.Errorf("got %v", err)
	}
}
