package cgroup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/testenv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func ptr[T any](v T) *T { return &v }

// newGroup creates a group of its own for the test and takes care of its end.
func newGroup(t *testing.T) *Group {
	t.Helper()
	name := "bantam-test-" + strconv.Itoa(os.Getpid()) + "-" + strings.ReplaceAll(t.Name(), "/", "-")
	g, err := New(Config{ID: name, Path: "/" + name})
	if err != nil {
		t.Fatal(err)
	}
	create(t, g)
	t.Cleanup(func() {
		if err := g.Delete(); err != nil {
			t.Errorf("delete: %v", err)
		}
		checkGone(t, g)
	})
	return g
}

func create(t *testing.T, g *Group) {
	t.Helper()
	err := g.Create()
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		testenv.Skip(t, "cgroup-write", err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func checkGone(t *testing.T, g *Group) {
	t.Helper()
	for _, m := range g.state.Members {
		if _, err := os.Stat(m.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", m.Path, err)
		}
	}
}

// start puts a process into the group: born in it on v2, moved into it on v1.
func start(t *testing.T, g *Group, argv ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	if g.Mode() == V2 {
		dir, err := g.Dir()
		if err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: dir}
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %v: %v", argv, err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if g.Mode() != V2 {
		if err := g.Join(cmd.Process.Pid); err != nil {
			t.Fatalf("join: %v", err)
		}
	}
	return cmd
}

func read(t *testing.T, g *Group, c Controllers, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(g.Path(c), file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// lifecycle is what every mode must be able to do.
func lifecycle(t *testing.T) {
	g := newGroup(t)
	if g.Empty() || !g.Exists() {
		t.Fatal("no directories")
	}
	cmd := start(t, g, testenv.Program(t, "sleep"), "1000")
	pids, err := g.Pids(true)
	if err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Fatalf("pids: %v, %v, want %d", pids, err, cmd.Process.Pid)
	}
	again := Load(g.State())
	if err := again.Freeze(); err != nil {
		t.Fatalf("freeze: %v", err)
	}
	if f, err := again.Frozen(); err != nil || !f {
		t.Errorf("frozen: %v, %v", f, err)
	}
	if err := again.Thaw(); err != nil {
		t.Fatalf("thaw: %v", err)
	}
	if f, err := again.Frozen(); err != nil || f {
		t.Errorf("still frozen: %v, %v", f, err)
	}
	s, err := again.Stats()
	if err != nil || s.Pids.Current != 1 {
		t.Errorf("stats: %+v, %v", s, err)
	}
	if err := again.Kill(unix.SIGKILL); err != nil {
		t.Fatalf("kill: %v", err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("process ended with %v", err)
	}
}

func TestLifecycleV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	lifecycle(t)
}

// A signal that is not a kill reaches everybody, through freeze and thaw.
func TestSignalV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	cmd := start(t, g, testenv.Program(t, "sleep"), "1000")
	if err := g.Kill(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("process ended with %v", err)
	}
}

// Delete ends what is still inside, frozen or not, in the group and below it.
func TestDeleteKillsV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	deleteKills(t)
}

func deleteKills(t *testing.T) {
	g := newGroup(t)
	start(t, g, testenv.Program(t, "sleep"), "1000")
	below := g.Sub(0, "../inner")
	for _, m := range below.state.Members {
		if err := os.Mkdir(m.Path, 0o755); err != nil {
			t.Fatal(err)
		}
		if m.Controllers&CPUSet != 0 {
			if err := fillCPUSet(m.Path, filepath.Dir(filepath.Dir(m.Path)), true); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := start(t, below, testenv.Program(t, "sleep"), "1000")
	if err := g.Freeze(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	if err := Load(g.State()).Delete(); err != nil {
		t.Fatal(err)
	}
	checkGone(t, g)
	<-done
}

func TestLimitsV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	testenv.Need(t, "swap-accounting-v1", exists(g.Path(Memory)+"/memory.memsw.limit_in_bytes"))
	testenv.Need(t, "cpu-burst-v1", exists(g.Path(CPU)+"/cpu.cfs_burst_us"))
	r := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(128 << 20)), Reservation: ptr(int64(32 << 20)), Swappiness: ptr(uint64(10)), DisableOOMKiller: ptr(true), UseHierarchy: ptr(true)},
		CPU:    &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(20000)), Period: ptr(uint64(50000)), Burst: ptr(uint64(5000)), Cpus: "0", Mems: "0"},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(7))},
	}
	if err := g.Apply(r); err != nil {
		t.Fatal(err)
	}
	check := func(c Controllers, file, want string) {
		t.Helper()
		if got := read(t, g, c, file); got != want {
			t.Errorf("%s: got %s, want %s", file, got, want)
		}
	}
	check(Memory, "memory.limit_in_bytes", "67108864")
	check(Memory, "memory.memsw.limit_in_bytes", "134217728")
	check(Memory, "memory.soft_limit_in_bytes", "33554432")
	check(Memory, "memory.swappiness", "10")
	check(CPU, "cpu.shares", "512")
	check(CPU, "cpu.cfs_quota_us", "20000")
	check(CPU, "cpu.cfs_period_us", "50000")
	check(CPU, "cpu.cfs_burst_us", "5000")
	check(CPUSet, "cpuset.cpus", "0")
	check(Pids, "pids.max", "7")
	// An update raises both memory limits, then lowers both, then takes them away.
	g = Load(g.State())
	for _, step := range []struct {
		limit, swap int64
		want        string
	}{{256 << 20, 512 << 20, "536870912"}, {16 << 20, 20 << 20, "20971520"}, {-1, 0, "9223372036854771712"}} {
		m := &specs.LinuxMemory{Limit: &step.limit, Swap: &step.swap}
		if err := g.Apply(&specs.LinuxResources{Memory: m, Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}); err != nil {
			t.Fatalf("update to %d, %d: %v", step.limit, step.swap, err)
		}
		check(Memory, "memory.memsw.limit_in_bytes", step.want)
	}
	check(Pids, "pids.max", "max")
}

func TestDevicesV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	testenv.Need(t, "open-devices-v1", read(t, g, Devices, "devices.list") == "a *:* rwm")
	rules := []specs.LinuxDeviceCgroup{
		{Access: "rwm"},
		{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(3)), Access: "rwm"},
		{Allow: true, Type: "b", Access: "m"},
	}
	if err := g.ApplyDevices(rules); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, g, Devices, "devices.list"), "c 1:3 rwm\nb *:* m"; got != want {
		t.Errorf("devices.list: got %q, want %q", got, want)
	}
	// An update changes only the difference.
	g = Load(g.State())
	rules = append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(5)), Access: "r"}, specs.LinuxDeviceCgroup{Type: "b", Access: "m"})
	if err := g.ApplyDevices(rules); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, g, Devices, "devices.list"), "c 1:3 rwm\nc 1:5 r"; got != want {
		t.Errorf("devices.list: got %q, want %q", got, want)
	}
}

func TestMissingControllerV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	testenv.Need(t, "no-rdma-v1", g.Path(RDMA) == "")
	err := g.Apply(&specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"mlx5": {HcaHandles: ptr(uint32(1))}}})
	if err == nil || err.Error() != "resources.rdma set but the rdma controller is not available" {
		t.Errorf("got %v", err)
	}
	err = g.Apply(&specs.LinuxResources{Unified: map[string]string{"memory.high": "1"}})
	if err == nil || !strings.Contains(err.Error(), "needs cgroup v2") {
		t.Errorf("got %v", err)
	}
}

// A group that somebody is in is not taken over; an empty one is.
func TestExistingGroupV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	again, err := New(Config{ID: "x", Path: "/" + filepath.Base(g.Path(Memory))})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Create(); err != nil {
		t.Fatalf("empty group refused: %v", err)
	}
	start(t, g, testenv.Program(t, "sleep"), "1000")
	again, _ = New(Config{ID: "x", Path: "/" + filepath.Base(g.Path(Memory))})
	if err := again.Create(); err == nil || !strings.Contains(err.Error(), "is in use: 1 process(es) in it") {
		t.Errorf("used group: %v", err)
	}
	if !g.Exists() {
		t.Error("the refused creation removed somebody else's group")
	}
}

// A creation that fails in any hierarchy leaves none of its directories.
func TestCreateFailsAtEachStep(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	host, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	name := "bantam-test-sweep-" + strconv.Itoa(os.Getpid())
	for k := range len(host.Hierarchies) + 1 {
		table := &Host{Mode: host.Mode}
		table.Hierarchies = append(table.Hierarchies, host.Hierarchies[:k]...)
		table.Hierarchies = append(table.Hierarchies, Hierarchy{Controllers: PerfEvent, Mount: "/proc/self/no-such-place", Own: "/"})
		table.Hierarchies = append(table.Hierarchies, host.Hierarchies[k:]...)
		g, err := New(Config{Host: table, ID: "c", Path: "/" + name + "/c"})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Create(); err == nil {
			t.Fatalf("step %d did not fail", k)
		}
		for _, h := range host.Hierarchies {
			if exists(h.Mount + "/" + name) {
				t.Errorf("step %d left %s/%s", k, h.Mount, name)
			}
		}
	}
}

// With one place missing a rootless container without a named group goes on.
func TestRootlessGoesWithout(t *testing.T) {
	g := &Group{state: State{Mode: V1, Rootless: true}, dir: -1}
	if !g.mayLack(&os.PathError{Op: "create cgroup", Path: "x", Err: unix.EACCES}) {
		t.Error("EACCES is fatal")
	}
	if g.mayLack(&os.PathError{Op: "create cgroup", Path: "x", Err: unix.ENOSPC}) {
		t.Error("ENOSPC is not fatal")
	}
	err := g.ApplyLimits(&specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(1))}})
	if err == nil || !strings.Contains(err.Error(), "there was no permission to create a cgroup") {
		t.Errorf("limit: %v", err)
	}
	if err := g.ApplyDevices([]specs.LinuxDeviceCgroup{{Access: "rwm"}}); err != nil {
		t.Errorf("devices: %v", err)
	}
}

func TestOOMStop(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	w, err := g.OOM()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Stop()
	if err := w.Wait(); err != ErrGone {
		t.Errorf("got %v", err)
	}
}

// A process that wants more memory than its group may have is killed, counted and told.
func TestOOMV1(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g := newGroup(t)
	testenv.Need(t, "swap-accounting-v1", exists(g.Path(Memory)+"/memory.memsw.limit_in_bytes"))
	if err := g.Apply(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(8 << 20)), Swap: ptr(int64(8 << 20))}}); err != nil {
		t.Fatal(err)
	}
	w, err := g.OOM()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	// It reads a line first, so that it is in the group before it grows.
	cmd := exec.Command(testenv.Program(t, "sh"), "-c", `read x; x=0123456789abcdef; while :; do x=$x$x; done`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	if err := g.Join(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("\n"))
	if err := w.Wait(); err != nil {
		t.Fatalf("wait: %v", err)
	}
	cmd.Wait()
	if n, err := g.OOMKilled(); err != nil || n == 0 {
		t.Errorf("killed: %d, %v", n, err)
	}
}

// What waits for CreateRest is not there before, and Undo takes back both parts.
func TestCreateRest(t *testing.T) {
	testenv.Root(t)
	testenv.CgroupV1(t)
	g, err := New(Config{ID: "x", Path: "/bantam-test-rest-" + strconv.Itoa(os.Getpid())})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.CreateFirst(); err != nil {
		t.Fatal(err)
	}
	if !g.Later() {
		t.Error("nothing is left")
	}
	for _, m := range g.state.Members {
		if exists(m.Path) != (m.Controllers == Unified) {
			t.Errorf("%s is there: %v", m.Path, exists(m.Path))
		}
	}
	// Somebody else's folder stays, with who is in it, whatever becomes of the rest.
	memory := g.Path(Memory)
	if err := os.Mkdir(memory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := g.Delete(); err != nil || !exists(memory) {
		t.Errorf("deleted before it was whole: %v, somebody else's folder is there: %v", err, exists(memory))
	}
	if err := os.Remove(memory); err != nil {
		t.Fatal(err)
	}
	if err := g.CreateFirst(); err != nil {
		t.Fatal(err)
	}
	if err := g.CreateRest(); err != nil || g.Later() {
		t.Errorf("%v, later %v", err, g.Later())
	}
	tasks, err := g.Tasks()
	if err != nil || len(tasks) != g.TaskCount() {
		t.Errorf("%d tasks files of %d, %v", len(tasks), g.TaskCount(), err)
	}
	for _, m := range g.state.Members {
		if !exists(m.Path) {
			t.Errorf("%s is missing", m.Path)
		}
	}
	g.Undo()
	checkGone(t, g)
}
