package cgroup

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bantam/internal/linux/cgroup/device"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		mode          Mode
		own, path, id string
		want          string
	}{
		{V1, "/", "", "c1", "/c1"},
		{V1, "/docker/abc", "", "c1", "/docker/abc/c1"},
		{V1, "/docker/abc", "pods/x", "c1", "/docker/abc/pods/x"},
		{V1, "/docker/abc", "/pods/x", "c1", "/pods/x"},
		{V1, "/docker/abc", "../../x", "c1", "/docker/abc/x"},
		{V1, "/docker/abc", "/../../x", "c1", "/x"},
		{V1, "/", "a/../../../b", "c1", "/b"},
		{V1, "/", "/a//b/./c/", "c1", "/a/b/c"},
		{V1, "/", "", "../../etc", "/etc"},
		{V1, "/own", "..", "c1", "/own/c1"},
		{V2, "/user.slice/session-1.scope", "", "c1", "/user.slice/c1"},
		{V2, "/", "", "c1", "/c1"},
		{V2, "/a", "/b/c", "c1", "/b/c"},
	} {
		h := &Hierarchy{Own: c.own}
		if got := place(h, c.mode, c.path, c.id); got != c.want {
			t.Errorf("%v own %s path %q: got %s, want %s", c.mode, c.own, c.path, got, c.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	host := &Host{Mode: V2, Hierarchies: []Hierarchy{{Unified, Root, "/own/leaf"}}}
	for path, want := range map[string]string{
		"/":                            "is the root or the runtime's own cgroup",
		"/..":                          "is the root or the runtime's own cgroup",
		"/own/leaf":                    "is the root or the runtime's own cgroup",
		"/a\nb":                        "holds a newline",
		"/" + strings.Repeat("x", 256): "is longer than 255 bytes",
	} {
		if _, err := New(Config{Host: host, ID: "c", Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := New(Config{Host: host}); err == nil {
		t.Error("empty id accepted")
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("/own", "/../../x", "c")
	f.Add("/", "a/./../..", "..")
	f.Fuzz(func(t *testing.T, own, path, id string) {
		got := place(&Hierarchy{Own: clean(own)}, V1, path, id)
		if got != filepath.Clean(got) || got[0] != '/' || strings.Contains(got+"/", "/../") {
			t.Fatalf("%q %q %q: %q", own, path, id, got)
		}
	})
}

const mountinfo = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 /docker/abc /sys/fs/cgroup/cpuacct,cpu rw,relatime master:3 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /my\040groups/systemd rw - cgroup cgroup rw,xattr,name=systemd
34 31 0:31 / /cgroup2 rw - cgroup2 none rw
35 31 0:32 garbage - cgroup
`

func TestLocate(t *testing.T) {
	table := parseMounts(mountinfo)
	for _, c := range []struct{ names, own, mount, below string }{
		{"cpu,cpuacct", "/docker/abc/x", "/sys/fs/cgroup/cpuacct,cpu", "/x"},
		{"cpu,cpuacct", "/docker/abc", "/sys/fs/cgroup/cpuacct,cpu", "/"},
		{"cpu,cpuacct", "/docker/abcd", "/sys/fs/cgroup/cpuacct,cpu", "/"},
		{"name=systemd", "/x", "/my groups/systemd", "/x"},
		{"", "/x", "/cgroup2", "/x"},
		{"memory", "/x", "", ""},
	} {
		h := hierarchyOf(c.names, c.own)
		if !table.locate(&h, c.names) {
			h.Own = ""
		}
		if h.Mount != c.mount || h.Own != c.below {
			t.Errorf("%s %s: got %s %s", c.names, c.own, h.Mount, h.Own)
		}
	}
}

func TestControllersOf(t *testing.T) {
	if got := controllersOf("cpu,cpuacct", ','); got != CPU|CPUAcct {
		t.Errorf("got %b", got)
	}
	if got := controllersOf("cpuset cpu io memory pids future", ' '); got != CPUSet|CPU|IO|Memory|Pids {
		t.Errorf("got %b", got)
	}
	if _, err := ControllersOf("cpu,nonsense"); err == nil || err.Error() != `unknown cgroup controller "nonsense"` {
		t.Errorf("got %v", err)
	}
}

func TestWeightOfShares(t *testing.T) {
	for shares, want := range map[uint64]uint64{0: 0, 1: 1, 2: 1, 512: 59, 1024: 100, 2048: 174, 4096: 303, 262144: 10000, 1 << 40: 10000} {
		if got := weightOfShares(shares); got != want {
			t.Errorf("%d: got %d, want %d", shares, got, want)
		}
	}
	for s := uint64(2); s < 262144; s++ {
		if weightOfShares(s) > weightOfShares(s+1) {
			t.Fatalf("not monotonic at %d", s)
		}
	}
}

func TestIOWeight(t *testing.T) {
	for w, want := range map[uint64]uint64{1: 1, 10: 1, 100: 910, 500: 4950, 1000: 10000} {
		if got := ioWeight(w); got != want {
			t.Errorf("%d: got %d, want %d", w, got, want)
		}
	}
}

func TestSmallConversions(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{cpuMax(0, 50000), "max 50000"}, {cpuMax(-1, 0), "max 100000"}, {cpuMax(2000, 0), "2000 100000"},
		{pidsMax(-1), "max"}, {pidsMax(0), "1"}, {pidsMax(5), "5"}, {orMax(-1), "max"}, {orMax(9), "9"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	for name, want := range map[string]string{"hugepages-2048kB": "2MB", "hugepages-1048576kB": "1GB", "hugepages-64kB": "64KB", "x": ""} {
		if got, _ := pageSize(name); got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
	for size, ok := range map[string]bool{"2MB": true, "64KB": true, "1GB": true, "": false, "MB": false, "2": false, "../2MB": false} {
		if (checkPageSize(size) == nil) != ok {
			t.Errorf("page size %q", size)
		}
	}
	if list, ok := parseList("0-2,5"); !ok || !reflect.DeepEqual(list, []uint16{0, 1, 2, 5}) {
		t.Errorf("got %v", list)
	}
}

func TestSwapV2(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		limit, swap, value int64
		set                bool
		err                string
	}{
		{100, 300, 200, true, ""},
		{100, 100, 0, true, ""},
		{100, 0, 0, false, ""},
		{100, -1, -1, true, ""},
		{-1, 0, -1, true, ""},
		{-1, 500, 500, true, ""},
		{0, 500, 0, false, "needs resources.memory.limit"},
		{500, 100, 0, false, "must be at least the limit 500"},
	} {
		value, set, err := swapV2(c.limit, c.swap, dir)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if value != c.value || set != c.set || err != nil {
			t.Errorf("%+v: got %d %v %v", c, value, set, err)
		}
	}
	os.WriteFile(dir+"/memory.max", []byte("400\n"), 0o600)
	if value, set, err := swapV2(0, 500, dir); value != 100 || !set || err != nil {
		t.Errorf("limit in force: %d %v %v", value, set, err)
	}
}

// fakeV2 is a group of plain files: what the kernel would refuse it takes, so
// the test sees what is written. The last write to each file remains.
func fakeV2(t *testing.T, files ...string) *Group {
	t.Helper()
	dir := t.TempDir()
	os.WriteFile(dir+"/cgroup.controllers", []byte("cpuset cpu io memory hugetlb pids rdma\n"), 0o600)
	for _, f := range files {
		if err := os.WriteFile(dir+"/"+f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(State{Mode: V2, Members: []Member{{Unified, dir}}})
}

func TestLimitsV2Files(t *testing.T) {
	want := map[string]string{
		"memory.max": "67108864", "memory.swap.max": "67108864", "memory.low": "1048576",
		"cpu.weight": "59", "cpu.max": "20000 50000", "cpu.max.burst": "1000", "cpuset.cpus": "0-1", "cpuset.mems": "0",
		"pids.max": "12", "io.bfq.weight": "8:16 500", "io.max": "8:0 wiops=40",
		"hugetlb.2MB.max": "4194304", "hugetlb.2MB.rsvd.max": "4194304", "rdma.max": "mlx5_0 hca_handle=2 hca_object=2000",
		"memory.high": "max", "cpu.idle": "0",
	}
	var names []string
	for n := range want {
		names = append(names, n)
	}
	g := fakeV2(t, names...)
	disk := specs.LinuxBlockIODevice{Major: 8}
	r := &specs.LinuxResources{
		Memory:         &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(128 << 20)), Reservation: ptr(int64(1 << 20)), Kernel: ptr(int64(5)), Swappiness: ptr(uint64(math.MaxUint64)), DisableOOMKiller: ptr(false)},
		CPU:            &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(20000)), Period: ptr(uint64(50000)), Burst: ptr(uint64(1000)), Cpus: "0-1", Mems: "0", Idle: ptr(int64(0))},
		Pids:           &specs.LinuxPids{Limit: ptr(int64(12))},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}},
		Rdma:           map[string]specs.LinuxRdma{"mlx5_0": {HcaHandles: ptr(uint32(2)), HcaObjects: ptr(uint32(2000))}},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(100)), WeightDevice: []specs.LinuxWeightDevice{{LinuxBlockIODevice: specs.LinuxBlockIODevice{Major: 8, Minor: 16}, Weight: ptr(uint16(500))}},
			ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{{LinuxBlockIODevice: disk, Rate: 40}}},
		Unified: map[string]string{"memory.high": "max"},
	}
	if err := g.Apply(r); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if got := read(t, g, Unified, name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
}

func TestRefusedV2(t *testing.T) {
	g := fakeV2(t, "memory.current")
	os.WriteFile(g.unified()+"/memory.current", []byte("1000000\n"), 0o600)
	for want, r := range map[string]*specs.LinuxResources{
		"resources.memory.swappiness set but cgroup v2 has no such limit":           {Memory: &specs.LinuxMemory{Swappiness: ptr(uint64(60))}},
		"resources.cpu.realtimeRuntime set but cgroup v2 has no such limit":         {CPU: &specs.LinuxCPU{RealtimeRuntime: ptr(int64(1))}},
		"resources.network set but cgroup v2 has no such limit":                     {Network: &specs.LinuxNetwork{ClassID: ptr(uint32(1))}},
		"rejecting memory limit 1000000 <= usage 1000000":                           {Memory: &specs.LinuxMemory{Limit: ptr(int64(1000000)), CheckBeforeUpdate: ptr(true)}},
		`unified resource "../x" must be a file name (no slashes)`:                  {Unified: map[string]string{"../x": "1"}},
		`unified resource "x" must be in the form CONTROLLER.PARAMETER`:             {Unified: map[string]string{"x": "1"}},
		`unified resource "misc.max" can't be set: controller "misc" not available`: {Unified: map[string]string{"misc.max": "1"}},
		`resources.hugepageLimits: page size "2M/B" is not like 64KB, 2MB or 1GB`:   {HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2M/B"}}},
		`write "7" to ` + g.unified() + `/pids.max: no such file or directory`:      {Pids: &specs.LinuxPids{Limit: ptr(int64(7))}},
		`resources.devices[0]: type "p" is not a, b or c`:                           {Devices: []specs.LinuxDeviceCgroup{{Type: "p"}}},
	} {
		if err := g.Apply(r); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestStatsV2Files(t *testing.T) {
	g := fakeV2(t)
	for name, text := range map[string]string{
		"cpu.stat":       "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 7\nnr_throttled 1\nthrottled_usec 9\nnr_bursts 2\nburst_usec 4\n",
		"cpu.pressure":   "some avg10=1.50 avg60=0.00 avg300=0.25 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
		"memory.stat":    "anon 1\nfile 4096\n",
		"memory.current": "8192\n", "memory.max": "max\n", "memory.peak": "9000\n", "memory.events": "low 0\nmax 3\noom_kill 2\n",
		"memory.swap.current": "100\n", "memory.swap.max": "0\n",
		"pids.current": "4\n", "pids.max": "99\n",
		"io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n",
	} {
		if err := os.WriteFile(filepath.Join(g.unified(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := g.Stats()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"cpu":{"usage":{"total":5000,"kernel":2000,"user":3000},"throttling":{"periods":7,"throttledPeriods":1,"throttledTime":9000},"burst":{"burstsPeriods":2,"burstTime":4000},"psi":{"some":{"avg10":1.5,"avg60":0,"avg300":0.25,"total":12345},"full":{"avg10":0,"avg60":0,"avg300":0,"total":5}}},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},"memory":{"cache":4096,"usage":{"limit":18446744073709551615,"usage":8192,"max":9000,"failcnt":3},"swap":{"limit":18446744073709551615,"usage":8292,"failcnt":0},"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0},"raw":{"anon":1,"file":4096}},"pids":{"current":4,"limit":99},"blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write","value":2}],"ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write","value":4}]},"hugetlb":{},"intel_rdt":{},"network_interfaces":null}`
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
	if n, err := g.OOMKilled(); n != 2 || err != nil {
		t.Errorf("oom kills: %d, %v", n, err)
	}
}

func TestSubStaysInside(t *testing.T) {
	g := Load(State{Mode: V1, Members: []Member{{CPU, "/sys/fs/cgroup/cpu/x"}, {Memory, "/sys/fs/cgroup/memory/x"}}})
	s := g.Sub(Memory, "../../y")
	if got := s.Path(Memory); got != "/sys/fs/cgroup/memory/x/y" {
		t.Errorf("got %s", got)
	}
	if got := s.Path(CPU); got != "/sys/fs/cgroup/cpu/x" {
		t.Errorf("got %s", got)
	}
	if got := g.Path(Memory); got != "/sys/fs/cgroup/memory/x" {
		t.Errorf("the group itself changed: %s", got)
	}
}

func TestStateJSON(t *testing.T) {
	s := State{Mode: Hybrid, Members: []Member{{CPU | CPUAcct, "/a"}, {Unified, "/b"}}, Unit: "u.scope", Slice: "s.slice", Explicit: true}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(Load(back).State(), s) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestProperties(t *testing.T) {
	r := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(100)), Swap: ptr(int64(-1)), Reservation: ptr(int64(50))},
		CPU:    &specs.LinuxCPU{Shares: ptr(uint64(1024)), Quota: ptr(int64(33333)), Period: ptr(uint64(100000)), Cpus: "0,2"},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(0))},
	}
	props, err := propertiesV2(r, 252, "/nonexistent")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, p := range props {
		got[p.Name] = p.Value.Num
	}
	want := map[string]uint64{"MemoryMax": 100, "MemoryLow": 50, "MemorySwapMax": math.MaxUint64, "CPUWeight": 100, "CPUQuotaPeriodUSec": 100000, "CPUQuotaPerSecUSec": 340000, "AllowedCPUs": 0, "TasksMax": 1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	r = &specs.LinuxResources{Unified: map[string]string{"cpu.max": "max 5000", "memory.high": "max", "pids.max": "3", "hugetlb.2MB.max": "1"}}
	if props, err = propertiesV2(r, 252, ""); err != nil || len(props) != 4 {
		t.Errorf("unified: %+v, %v", props, err)
	}
	for name, value := range map[string]string{"cpu.max": "x", "memory.max": "1G", "cpuset.cpus": "a"} {
		if _, err := propertiesV2(&specs.LinuxResources{Unified: map[string]string{name: value}}, 252, ""); err == nil {
			t.Errorf("%s=%s accepted", name, value)
		}
	}
}

func TestDeviceProperties(t *testing.T) {
	names := func(rules ...device.Rule) string {
		var b strings.Builder
		for _, p := range deviceProperties(rules) {
			b.WriteString(p.Name + "=" + p.Value.Str)
			for _, i := range p.Value.Items {
				b.WriteString("[" + i.Items[0].Str + " " + i.Items[1].Str + "]")
			}
			b.WriteString(";")
		}
		return b.String()
	}
	allow := func(k device.Kind, major, minor int64, a device.Access) device.Rule {
		return device.Rule{Allow: true, Kind: k, Major: major, Minor: minor, Access: a}
	}
	got := names(device.Everything(false), allow(device.Char, 1, 3, device.All), allow(device.Block, device.Wild, device.Wild, device.Mknod), allow(device.Char, 136, device.Wild, device.Read|device.Write))
	if want := "DeviceAllow=;DevicePolicy=strict;DeviceAllow=[/dev/char/1:3 rwm][block-* m][char-136 rw];"; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := names(device.Everything(true)), "DeviceAllow=;DevicePolicy=auto;"; got != want {
		t.Errorf("got %s", got)
	}
}
