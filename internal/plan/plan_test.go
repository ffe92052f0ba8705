package plan

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "write the golden plans")

// host is the machine of the golden plans: hybrid cgroups, no security module.
var host = Host{CapLast: 40}

func options() Options {
	return Options{
		ID: "box1", Bundle: "/bundle", CgroupTasks: 2, State: []byte(`{"id":"box1"}`),
		CgroupPaths: []CgroupPath{
			{Name: "cpu,cpuacct", Mount: "/sys/fs/cgroup/cpu,cpuacct", Path: "/sys/fs/cgroup/cpu,cpuacct/box1"},
			{Name: "unified", Mount: "/sys/fs/cgroup/unified", Path: "/sys/fs/cgroup/unified/box1"},
		},
	}
}

func readSpec(t testing.TB, file string) *specs.Spec {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := oci.DecodeSpec(b)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// golden compares text with the file, or writes it with -update.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the plan differs from %s (go test -update writes it); first difference:\n%s", file, firstDifference(text, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is longer"
}

func TestGolden(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("skip: amd64: the golden plans hold that machine's filters")
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no specs in testdata", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			spec := readSpec(t, file)
			p, err := Compile(spec, host, options())
			if err != nil {
				t.Fatal(err)
			}
			check(t, p)
			golden(t, strings.TrimSuffix(file, ".json")+".plan", p.String())
			e, err := CompileExec(spec, spec.Process, host, ExecOptions{CgroupTasks: 2})
			if err != nil {
				t.Fatal(err)
			}
			check(t, e)
			golden(t, strings.TrimSuffix(file, ".json")+".exec", e.String())
		})
	}
}

// check asserts what every plan must keep to: references within bounds, one way to the end.
func check(t testing.TB, p *Plan) {
	t.Helper()
	for i := range p.Steps {
		s := &p.Steps[i]
		if int(s.Skip)+i+1 > len(p.Steps) {
			t.Fatalf("step %d skips behind the end", i)
		}
		for k, kind := range s.Kinds {
			if kind == Ptr && s.Args[k] >= uint64(len(p.Data)) || kind == FromR && s.Args[k] >= NumReg {
				t.Fatalf("step %d: argument %d is out of range", i, k)
			}
		}
		switch s.Op {
		case OpStore:
			if s.Args[1]+4 > uint64(len(p.Data)) {
				t.Fatalf("step %d stores behind the data", i)
			}
		case OpExpect:
			if s.Args[0]+4 > uint64(len(p.Data)) {
				t.Fatalf("step %d looks behind the data", i)
			}
		}
	}
	for _, r := range p.Relocs {
		if int(r.At)+8 > len(p.Data) || int(r.To) >= len(p.Data) || r.At%8 != 0 {
			t.Fatalf("relocation %+v is out of range", r)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*specs.Spec){
		"no mount namespace":  func(s *specs.Spec) { s.Linux.Namespaces = s.Linux.Namespaces[:1] },
		"root of the host":    func(s *specs.Spec) { s.Root.Path = "/" },
		"tmpfs on /proc":      func(s *specs.Spec) { s.Mounts[0].Type, s.Mounts[0].Source = "tmpfs", "tmpfs" },
		"mount in /proc":      func(s *specs.Spec) { s.Mounts[3].Destination = "/proc/self/attr" },
		"unknown propagation": func(s *specs.Spec) { s.Linux.RootfsPropagation = "sideways" },
		"relative hook":       func(s *specs.Spec) { s.Hooks = &specs.Hooks{CreateContainer: []specs.Hook{{Path: "x"}}} },
		"sysctl of the host":  func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"vm.swappiness": "0"} },
		"unknown rlimit":      func(s *specs.Spec) { s.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_LUNCH"}} },
		"unknown scheduler":   func(s *specs.Spec) { s.Process.Scheduler = &specs.Scheduler{Policy: "SCHED_NEVER"} },
		"absent AppArmor":     func(s *specs.Spec) { s.Process.ApparmorProfile = "docker-default" },
		"device type":         func(s *specs.Spec) { s.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "z"}} },
		"relative cwd":        func(s *specs.Spec) { s.Process.Cwd = "here" },
		"no arguments":        func(s *specs.Spec) { s.Process.Args = nil },
		"idmap without mapping": func(s *specs.Spec) {
			s.Mounts = append(s.Mounts, specs.Mount{Destination: "/x", Source: "/y", Options: []string{"bind", "idmap"}})
		},
	} {
		spec := readSpec(t, "testdata/default.json")
		change(spec)
		if _, err := Compile(spec, host, options()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWaitingInitHoldsNothing: what create leaves waiting has closed the host's descriptors.
func TestWaitingInitHoldsNothing(t *testing.T) {
	o := options()
	o.Create, o.PreserveFDs = true, 2
	p, err := Compile(readSpec(t, "testdata/default.json"), host, o)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/default.create", p.String()[strings.Index(p.String(), "ask the parent: ready"):])
}

func TestFailureText(t *testing.T) {
	p, err := Compile(readSpec(t, "testdata/default.json"), host, options())
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range p.Steps {
		texts = append(texts, p.Failure(i, syscall.EPERM))
	}
	all := strings.Join(texts, "\n")
	if !strings.Contains(all, "mount proc on /proc: operation not permitted (step ") {
		t.Error("no step is called mount proc on /proc")
	}
	if got := p.Failure(programSearch(p), syscall.ENOENT); got != `exec: "sh": executable file not found in $PATH` {
		t.Errorf("missing program: %s", got)
	}
}

func programSearch(p *Plan) int {
	for i := range p.Steps {
		if p.Steps[i].Op == OpFail {
			return i
		}
	}
	return -1
}

func TestExplainNamesEveryStep(t *testing.T) {
	for _, name := range []string{"default", "hooks", "process", "mounts", "console"} {
		p, err := Compile(readSpec(t, "testdata/"+name+".json"), host, options())
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Steps {
			if p.Describe(i) == "" {
				t.Errorf("%s: step %d (%s) has no name", name, i+1, p.line(i))
			}
		}
		var b bytes.Buffer
		p.Explain(&b)
		if n := strings.Count(b.String(), "\n  "); n < len(p.Steps) {
			t.Errorf("%s: %d lines explain %d steps", name, n, len(p.Steps))
		}
	}
}

// TestPrivilegeIsGoneBehindTheFilter looks at the order that security depends on.
func TestOrder(t *testing.T) {
	p, err := Compile(readSpec(t, "testdata/process.json"), host, options())
	if err != nil {
		t.Fatal(err)
	}
	at := map[int]int{}
	for i := range p.Steps {
		if p.Steps[i].Op == OpCall {
			at[int(p.Steps[i].Nr)] = i
		}
	}
	for _, pair := range [][2]int{
		{unix.SYS_PIVOT_ROOT, unix.SYS_UMOUNT2}, {unix.SYS_UMOUNT2, unix.SYS_SETRESUID}, {unix.SYS_CLOSE_RANGE, unix.SYS_SETRESUID},
		{unix.SYS_SETRESUID, unix.SYS_SECCOMP}, {unix.SYS_SECCOMP, unix.SYS_CAPSET}, {unix.SYS_CAPSET, unix.SYS_EXECVE},
	} {
		if at[pair[0]] >= at[pair[1]] {
			a, _ := describeCall(pair[0])
			b, _ := describeCall(pair[1])
			t.Errorf("%s does not come before %s", a, b)
		}
	}
}

func FuzzCompile(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		spec, err := oci.DecodeSpec(b)
		if err != nil {
			return
		}
		p, err := Compile(spec, host, options())
		if err != nil {
			return
		}
		check(t, p)
		_ = p.String()
		if spec.Process != nil {
			if p, err := CompileExec(spec, spec.Process, host, ExecOptions{}); err == nil {
				check(t, p)
			}
		}
	})
}
