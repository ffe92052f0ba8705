// Package testenv says what a test needs of the machine it runs on.
//
// Each function returns when the need is met and skips the test otherwise, with
// a message of one shape, "skip: NAME: REASON". `make test` counts the skips by
// NAME and prints them at its end, so that nothing is left out silently.
package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Need skips the test under the given name unless ok. The reason is the name's own.
func Need(t testing.TB, name string, ok bool) {
	t.Helper()
	if !ok {
		Skip(t, name, "not available on this machine")
	}
}

// Skip skips the test, counted under name.
func Skip(t testing.TB, name, reason string) {
	t.Helper()
	t.Skipf("skip: %s: %s", name, reason)
}

// Root needs the privileges of root.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "root", "not running as root")
	}
}

// CgroupV2 needs cgroup v2 at /sys/fs/cgroup: a unified host or a view of one.
func CgroupV2(t testing.TB) {
	t.Helper()
	if !isCgroup2("/sys/fs/cgroup") {
		Skip(t, "cgroup-v2", "/sys/fs/cgroup is not a cgroup2 mount")
	}
}

// CgroupV1 needs controllers in cgroup v1 hierarchies, legacy or hybrid.
func CgroupV1(t testing.TB) {
	t.Helper()
	if isCgroup2("/sys/fs/cgroup") {
		Skip(t, "cgroup-v1", "/sys/fs/cgroup is a cgroup2 mount")
	}
	if _, err := os.Stat("/sys/fs/cgroup/memory/cgroup.procs"); err != nil {
		Skip(t, "cgroup-v1", err.Error())
	}
}

// Controller needs a cgroup v2 root that offers the controller.
func Controller(t testing.TB, name string) {
	t.Helper()
	CgroupV2(t)
	b, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	for _, c := range strings.Fields(string(b)) {
		if c == name {
			return
		}
	}
	Skip(t, "cgroup-v2-"+name, "not in cgroup.controllers: "+reason(err, string(b)))
}

// Capability needs a capability, by number, in the effective set of this process.
func Capability(t testing.TB, name string, number uint) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		Skip(t, name, err.Error())
	}
	_, rest, _ := strings.Cut(string(b), "CapEff:")
	line, _, _ := strings.Cut(rest, "\n")
	set, _ := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	if set&(1<<number) == 0 {
		Skip(t, name, "not in the effective capabilities")
	}
}

// Kernel needs a kernel of at least major.minor.
func Kernel(t testing.TB, major, minor int) {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatalf("uname: %v", err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	a, rest, _ := strings.Cut(release, ".")
	b, _, _ := strings.Cut(rest, ".")
	haveMajor, _ := strconv.Atoi(a)
	haveMinor, _ := strconv.Atoi(b)
	if haveMajor < major || haveMajor == major && haveMinor < minor {
		Skip(t, "kernel-"+strconv.Itoa(major)+"."+strconv.Itoa(minor), "this is "+release)
	}
}

// Program needs another program and returns its path. It looks along PATH and
// then in the folders of system programs, which a test's PATH may lack.
func Program(t testing.TB, name string) string {
	t.Helper()
	if p := Find(name); p != "" {
		return p
	}
	Skip(t, name, "program not installed")
	return ""
}

// Find returns the path of a program, or "".
func Find(name string) string {
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"} {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p
		}
	}
	return ""
}

func isCgroup2(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC
}

func reason(err error, otherwise string) string {
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(otherwise)
}

// Nightly needs BANTAM_NIGHTLY=1: what takes minutes is left out of an ordinary run.
func Nightly(t testing.TB) {
	t.Helper()
	if os.Getenv("BANTAM_NIGHTLY") != "1" {
		Skip(t, "nightly", "BANTAM_NIGHTLY=1 runs it")
	}
}
