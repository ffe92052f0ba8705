package escape

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestLongFields is CVE-2021-43784: lengths that do not fit a message are carried exactly or refused.
func TestLongFields(t *testing.T) {
	long := strings.Repeat("long/", 14_000) // 70,000 bytes
	t.Run("argument", func(t *testing.T) {
		r := newRig(t)
		r.spec.Process.Args = []string{"/bin/echo", strings.Repeat("a", 65536), "end"}
		if got := r.runOK(); got.out != strings.Repeat("a", 65536)+" end\n" {
			t.Errorf("%d bytes arrived", len(got.out))
		}
	})
	t.Run("environment", func(t *testing.T) {
		r := newRig(t)
		r.spec.Process.Env = append(r.spec.Process.Env, "LONG="+long)
		r.shell("echo ${#LONG}")
		if got := r.runOK(); got.out != "70000\n" {
			t.Errorf("%s bytes arrived", got.out)
		}
	})
	t.Run("annotation", func(t *testing.T) {
		r := newRig(t)
		r.spec.Annotations = map[string]string{"long": long}
		r.shell("sleep 1000")
		if got := r.call("state", r.start()); !strings.Contains(got.out, `"`+long+`"`) {
			t.Errorf("the state has %d bytes", len(got.out))
		}
	})
	t.Run("mount source", func(t *testing.T) {
		r := newRig(t)
		r.bind("/"+long, "/mnt")
		if got := r.run(); got.code == 0 {
			t.Error("a source of 70,000 bytes was mounted")
		}
	})
	t.Run("host name", func(t *testing.T) {
		r := newRig(t)
		r.spec.Hostname = strings.Repeat("h", 70_000)
		if got := r.run(); got.code == 0 {
			t.Error("a host name of 70,000 bytes was set")
		}
	})
}

// TestManyMounts: all of them are made or the container is refused.
func TestManyMounts(t *testing.T) {
	r := newRig(t)
	const many = 1000
	r.must(os.MkdirAll(filepath.Join(r.dir, "vol"), 0o755))
	for i := range many {
		r.bind(filepath.Join(r.dir, "vol"), "/mnt/"+strconv.Itoa(i))
	}
	r.shell("grep -c ' /mnt/' /proc/self/mountinfo")
	if got := r.run(); got.code == 0 && got.out != strconv.Itoa(many)+"\n" {
		t.Errorf("%s of %d mounts", got.out, many)
	}
}

// TestManyMappings: a map that the kernel can't take (340 lines) is refused, not cut.
func TestManyMappings(t *testing.T) {
	r := newRig(t)
	r.spec.Linux.Namespaces = append(r.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	for i := range uint32(5000) {
		m := specs.LinuxIDMapping{ContainerID: i, HostID: 100000 + i, Size: 1}
		r.spec.Linux.UIDMappings = append(r.spec.Linux.UIDMappings, m)
		r.spec.Linux.GIDMappings = append(r.spec.Linux.GIDMappings, m)
	}
	if got := r.run(); got.code == 0 {
		t.Errorf("5000 mappings were accepted: %s", got.all())
	}
}

// TestCgroupPathEscapes is the class of CVE-2024-3154: a cgroup path or annotation that leads out.
func TestCgroupPathEscapes(t *testing.T) {
	up := strings.Repeat("../", 12)
	r := newRig(t)
	for _, path := range []string{"/" + up + r.canary + "/x", up + r.canary + "/x", "/a/" + up + r.canary} {
		r.spec.Linux.CgroupsPath = path
		r.run()
	}
	r.spec.Linux.CgroupsPath = ""
	r.spec.Annotations = map[string]string{
		"org.systemd.property.ExecStart": "['/bin/touch', '" + r.canary + "/x']", "org.systemd.property.BindPaths": "'/'",
		"run.oci.delegate-cgroup": up + r.canary, "org.criu.config": r.canary + "/secret", "run.oci.hooks.stdout": r.canary + "/log", "run.oci.hooks.stderr": r.canary + "/log",
	}
	r.hooks("echo out")
	r.run()
	r.spec.Hooks = nil
	r.shell("sleep 1000")
	id := r.start()
	for _, path := range []string{"../..", "/../../x", up + r.canary} {
		if got := r.call("exec", "--cgroup", path, id, "/bin/cat", "/proc/self/cgroup"); got.code == 0 && strings.Contains(got.out, "/..") {
			t.Errorf("exec --cgroup %s: %s", path, got.out)
		}
	}
}

// TestUnknownValues is the class of GHSA-7236-3392-c5c6: a value that nobody knows must not mean "off".
func TestUnknownValues(t *testing.T) {
	seccomp := func(s specs.LinuxSeccomp) func(*specs.Spec) { return func(c *specs.Spec) { c.Linux.Seccomp = &s } }
	for what, change := range map[string]func(*specs.Spec){
		"seccomp default action": seccomp(specs.LinuxSeccomp{DefaultAction: "SCMP_ACT_MAYBE"}),
		"seccomp action":         seccomp(specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"mount"}, Action: "SCMP_ACT_DENY"}}}),
		"seccomp operator":       seccomp(specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"mount"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{{Op: "SCMP_CMP_LIKE"}}}}}),
		"seccomp architecture":   seccomp(specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{"SCMP_ARCH_PDP11"}}),
		"seccomp flag":           seccomp(specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_NO"}}),
		"namespace": func(c *specs.Spec) {
			c.Linux.Namespaces = append(c.Linux.Namespaces, specs.LinuxNamespace{Type: "users"})
		},
		"rlimit":             func(c *specs.Spec) { c.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_ALL", Hard: 1, Soft: 1}} },
		"rootfs propagation": func(c *specs.Spec) { c.Linux.RootfsPropagation = "sideways" },
		"device type":        func(c *specs.Spec) { c.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "x"}} },
		"device rule": func(c *specs.Spec) {
			c.Linux.Resources = &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Allow: false, Type: "z", Access: "rwm"}}}
		},
		"scheduler policy": func(c *specs.Spec) { c.Process.Scheduler = &specs.Scheduler{Policy: "SCHED_FASTEST"} },
		"personality":      func(c *specs.Spec) { c.Linux.Personality = &specs.LinuxPersonality{Domain: "LINUX128"} },
	} {
		r := newRig(t)
		change(r.spec)
		if got := r.run(); got.code == 0 {
			t.Errorf("unknown %s was accepted", what)
		}
	}
}

// TestBadNames: a container's id is no path.
func TestBadNames(t *testing.T) {
	r := newRig(t)
	r.writeSpec()
	for _, id := range []string{"", ".", "..", "../x", "a/b", "/abs", "a\nb", "a b", strings.Repeat("a", 5000)} {
		if got := r.call("run", "--bundle", r.dir, id); got.code == 0 {
			t.Errorf("id %q was accepted", id)
		}
		if got := r.call("delete", "--force", id); strings.Contains(id, "/") && got.code == 0 {
			t.Logf("delete --force %q succeeds", id)
		}
	}
}
