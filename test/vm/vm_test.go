package vm

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// load is what a machine gets beside what all need.
type load struct {
	// patterns of go list name the packages whose tests run in the machine. Those without tests are left out.
	patterns []string
	flags    string            // further flags of the test programs
	files    map[string]string // of the host, by their path in the machine
	memory   string            // MiB
	limit    time.Duration     // far beyond what it takes: it ends a machine that hangs
}

var whole = load{memory: "1536", limit: 8 * time.Minute, patterns: []string{
	"./test/vm/guest", "./internal/linux/...", "./internal/launch/...", "./internal/container/...",
	"./internal/engine/...", "./internal/network/link", "./test/sweep/...",
}}

// modules are those that the tests use and the kernel does not have built in.
var modules = []string{"overlay", "dummy", "veth", "bridge", "macvlan", "ipvlan", "8021q"}

func TestVirtualMachine(t *testing.T) {
	boot(t, whole)
}

// boot runs a machine and makes the results of its suites those of this test.
func boot(t *testing.T, l load) {
	m := build(t, l)
	ctx, cancel := context.WithTimeout(context.Background(), l.limit)
	defer cancel()
	text, console, err := m.run(ctx)
	if err != nil {
		t.Errorf("%v", err)
	}
	suites, done := split(text)
	if !done {
		t.Errorf("the machine did not come to its end; its console:\n%s\nlast results:\n%s", console, tail(text, 40))
	}
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) { report(t, s) })
	}
	if len(suites) == 0 {
		t.Error("no suite ran")
	}
}

// report makes the guest's results those of this test.
func report(t *testing.T, s suite) {
	all := s.results()
	if err := s.check(all); err != nil {
		t.Error(err)
	}
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			switch r.verdict {
			case "SKIP":
				t.Skip(strings.TrimSpace(r.output))
			case "FAIL":
				t.Error(r.output)
			}
		})
	}
}

func tail(s string, n int) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// build makes all that the machine needs, or skips by the name of what is missing.
func build(t *testing.T, l load) *machine {
	t.Helper()
	testenv.Need(t, "vm-amd64", runtime.GOARCH == "amd64")
	m := &machine{qemu: testenv.Program(t, "qemu-system-x86_64"), dir: t.TempDir(), memory: l.memory}
	testenv.Program(t, "go")
	box := testenv.Bin(t, "box")
	cache := filepath.Join(testenv.Module(t), ".cache", "vm")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if m.kernel, err = findKernel(cache); err != nil {
		testenv.Skip(t, "vm-kernel", err.Error())
	}
	m.initrd = filepath.Join(m.dir, "initrd")
	f, err := os.Create(m.initrd)
	if err != nil {
		t.Fatal(err)
	}
	a := newArchive(f)
	pack(t, a, m.kernel, box, l)
	if err := a.close(); err != nil {
		t.Fatalf("pack initramfs: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return m
}

func pack(t *testing.T, a *archive, k *kernel, box string, l load) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"proc", "sys", "dev", "run", "tmp", "etc", "var/lib", "root", "mnt", "bin", "usr/bin", "bantam/modules"} {
		a.dir(d)
	}
	a.copy("init", goBuild(t, filepath.Join(dir, "init"), "./test/vm/init"))
	a.file("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	a.file("etc/group", 0o644, []byte("root:x:0:\nnogroup:x:65534:\n"))
	packBox(t, a, box)
	for _, p := range []string{"bantam-oci", "bantam", "bantamd", "box"} {
		a.copy("bantam/bin/"+p, testenv.Bin(t, p))
	}
	files, err := k.modules(modules...)
	if err != nil {
		t.Fatalf("find kernel modules: %v", err)
	}
	for i, f := range files {
		a.copy(fmt.Sprintf("bantam/modules/%02d-%s", i, filepath.Base(f)), f)
	}
	packProfile(t, a, dir)
	packSuites(t, a, dir, l)
	for to, from := range l.files {
		a.copy(to, from)
	}
}

// packBox adds box under the name of each of its applets.
func packBox(t *testing.T, a *archive, box string) {
	t.Helper()
	a.copy("bin/box", box)
	out, err := exec.Command(box, "--list").Output()
	if err != nil {
		t.Fatalf("list box's applets: %v", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if name != "box" {
			a.link("bin/"+name, "box")
		}
	}
}

// packProfile compiles the AppArmor profile of the guest's tests, where the
// machine has AppArmor's parser. Without it the guest's test skips by name.
func packProfile(t *testing.T, a *archive, dir string) {
	t.Helper()
	parser := testenv.Find("apparmor_parser")
	if parser == "" {
		return
	}
	out := filepath.Join(dir, "profile")
	cmd := exec.Command(parser, "--skip-kernel-load", "--skip-cache", "--features-file", "/etc/apparmor.d/abi/3.0", "--ofile", out, filepath.Join("testdata", "profile"))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile AppArmor profile: %v: %s", err, text)
	}
	a.copy("bantam/apparmor/bantam-test", out)
}

// packSuites adds the test program of each package that has tests, its folder
// with its test data, and the list that init follows.
func packSuites(t *testing.T, a *archive, dir string, l load) {
	t.Helper()
	root := testenv.Module(t)
	a.copy("src/go.mod", filepath.Join(root, "go.mod"))
	var list strings.Builder
	for i, folder := range testedFolders(t, root, l.patterns) {
		a.dir("src/" + folder)
		if data := filepath.Join(root, folder, "testdata"); exists(data) {
			a.tree("src/"+folder+"/testdata", data)
		}
		program := fmt.Sprintf("bantam/suite-%02d", i)
		a.copy(program, goTool(t, filepath.Join(dir, fmt.Sprint(i)), "test", "-c", "-ldflags", "-s -w", "-o", filepath.Join(dir, fmt.Sprint(i)), "./"+folder))
		fmt.Fprintf(&list, "%s /src/%s /%s -test.v -test.timeout=%s%s\n", folder, folder, program, l.limit/2, l.flags)
	}
	a.file("bantam/suites", 0o644, []byte(list.String()))
}

func testedFolders(t *testing.T, root string, patterns []string) []string {
	t.Helper()
	args := []string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"}
	for _, p := range patterns {
		if exists(filepath.Join(root, strings.TrimSuffix(p, "/..."))) {
			args = append(args, p)
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var folders []string
	for _, p := range strings.Fields(string(out)) {
		folders = append(folders, strings.TrimPrefix(p, "bantam/"))
	}
	return folders
}

func goBuild(t *testing.T, out, pkg string) string {
	t.Helper()
	return goTool(t, out, "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
}

func goTool(t *testing.T, out string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = testenv.Module(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
