package cgroup

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// These need a hierarchy with controllers: the virtual machine lane, or a host with cgroup v2.

func TestLimitsV2(t *testing.T) {
	testenv.Root(t)
	for _, c := range []string{"memory", "cpu", "cpuset", "pids", "io"} {
		testenv.Controller(t, c)
	}
	g := newGroup(t)
	r := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(64 << 20)), Reservation: ptr(int64(32 << 20))},
		CPU:    &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(20000)), Period: ptr(uint64(50000)), Burst: ptr(uint64(5000)), Cpus: "0", Mems: "0"},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(7))},
	}
	if err := g.Apply(r); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"memory.max": "67108864", "memory.low": "33554432", "cpu.weight": "59", "cpu.max": "20000 50000",
		"cpu.max.burst": "5000", "cpuset.cpus": "0", "cpuset.mems": "0", "pids.max": "7",
	} {
		if got := read(t, g, Unified, file); got != want {
			t.Errorf("%s: got %s, want %s", file, got, want)
		}
	}
	g = Load(g.State())
	r = &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(-1))}, Pids: &specs.LinuxPids{Limit: ptr(int64(-1))},
		CPU: &specs.LinuxCPU{Quota: ptr(int64(-1)), Period: ptr(uint64(100000))}, Unified: map[string]string{"memory.high": "50331648"}}
	if err := g.Apply(r); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"memory.max": "max", "memory.high": "50331648", "cpu.max": "max 100000", "pids.max": "max"} {
		if got := read(t, g, Unified, file); got != want {
			t.Errorf("after the update %s: got %s, want %s", file, got, want)
		}
	}
	err := g.Apply(&specs.LinuxResources{Unified: map[string]string{"memory.nonsense": "1"}})
	if err == nil || !strings.Contains(err.Error(), `unable to set unified resource "memory.nonsense"`) {
		t.Errorf("unknown file: %v", err)
	}
}

// Throttling of a device that is not there says which.
func TestThrottleV2(t *testing.T) {
	testenv.Root(t)
	testenv.Controller(t, "io")
	g := newGroup(t)
	d := specs.LinuxThrottleDevice{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 4000, Minor: 1}, Rate: 1000}
	err := g.Apply(&specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{d}}})
	if err == nil || !strings.Contains(err.Error(), "there is no block device 4000:1") {
		t.Errorf("got %v", err)
	}
}

// A group with processes of its own gives its children no controllers, and a limit below it says why.
func TestNoInternalProcessesV2(t *testing.T) {
	testenv.Root(t)
	testenv.Controller(t, "memory")
	g := newGroup(t)
	start(t, g, testenv.Program(t, "sleep"), "1000")
	child, err := New(Config{ID: "c", Path: strings.TrimPrefix(g.unified(), Root) + "/child"})
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Create(); err != nil {
		t.Fatal(err)
	}
	err = child.Apply(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(1 << 20))}})
	want := "resources.memory set but the memory controller is not available: " + g.unified() + " has processes of its own"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if err := child.Delete(); err != nil {
		t.Error(err)
	}
}

func TestOOMV2(t *testing.T) {
	testenv.Root(t)
	testenv.Controller(t, "memory")
	g := newGroup(t)
	if err := g.Apply(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(8 << 20)), Swap: ptr(int64(8 << 20))}}); err != nil {
		t.Fatal(err)
	}
	w, err := g.OOM()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	dir, err := g.Dir()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testenv.Program(t, "sh"), "-c", `x=0123456789abcdef; while :; do x=$x$x; done`)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: dir}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := w.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
	cmd.Wait()
	if n, err := g.OOMKilled(); err != nil || n == 0 {
		t.Errorf("killed: %d, %v", n, err)
	}
	// With its last process gone the watch ends.
	if err := w.Wait(); err != ErrGone {
		t.Errorf("after the end: %v", err)
	}
	s, err := g.Stats()
	if err != nil || s.Memory.Usage.Limit != 8<<20 || s.Memory.Raw["pgfault"] == 0 || s.CPU.Usage.Total == 0 {
		t.Errorf("stats: %+v, %v", s, err)
	}
}

// A frozen group is killed without a thaw.
func TestKillFrozenV2(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV2(t)
	g := newGroup(t)
	cmd := start(t, g, testenv.Program(t, "sleep"), "1000")
	if err := g.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := g.Kill(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("ended with %v", err)
	}
	if _, err := os.Stat(g.unified()); err != nil {
		t.Error(err)
	}
}
