package escape

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProcIsSymlink is CVE-2019-19921, CVE-2023-27561, CVE-2019-18837: /proc or /sys of the image leads elsewhere.
func TestProcIsSymlink(t *testing.T) {
	for _, dir := range []string{"proc", "sys"} {
		for _, target := range []string{"/tmp/x", "../../../../tmp", "CANARY"} {
			r := newRig(t)
			r.must(os.MkdirAll(filepath.Join(r.rootfs, "tmp/x/self/attr"), 0o755))
			r.link(dir, strings.ReplaceAll(target, "CANARY", r.canary))
			r.shell("ls /proc/self/ /sys/")
			if got := r.run(); got.code == 0 || strings.Contains(got.all(), secret) {
				t.Errorf("/%s -> %s: %s", dir, target, got.all())
			}
		}
	}
}

// TestMountsOverProc is CVE-2019-16884, CVE-2023-28642, CVE-2025-52881: a volume takes the place of files that labels and sysctls are written to.
func TestMountsOverProc(t *testing.T) {
	for _, dest := range []string{"/proc", "/proc/self", "/proc/self/attr", "/proc/sys/net", "/proc/1", "/proc/../proc", "/tmp/../proc/self"} {
		r := newRig(t)
		r.must(os.MkdirAll(filepath.Join(r.dir, "vol/self/attr"), 0o755))
		r.bind(filepath.Join(r.dir, "vol"), dest)
		if got := r.run(); got.code == 0 {
			t.Errorf("a folder was mounted over %s", dest)
		}
	}
	for _, dest := range []string{"/proc", "/proc/self", "/proc/sys"} {
		r := newRig(t)
		r.addMount(dest, "tmpfs", "tmpfs")
		if got := r.run(); got.code == 0 {
			t.Errorf("a tmpfs was mounted over %s", dest)
		}
	}
}

// TestLxcfsOverProc: what lxcfs does stays possible.
func TestLxcfsOverProc(t *testing.T) {
	for _, file := range []string{"uptime", "meminfo", "cpuinfo", "stat", "loadavg", "swaps", "diskstats"} {
		r := newRig(t)
		r.bind(r.host("fake", "from-lxcfs"), "/proc/"+file)
		r.shell("cat /proc/" + file)
		if got := r.runOK(); got.out != "from-lxcfs" {
			t.Errorf("/proc/%s: %s", file, got.all())
		}
	}
}

// TestSysctlThroughVolume is the second half of CVE-2025-52881: a sysctl is
// written to what the image or a volume put at its path.
func TestSysctlThroughVolume(t *testing.T) {
	r := newRig(t)
	fake := r.host("vol/ipv4/ip_forward", "7")
	r.bind(filepath.Join(r.dir, "vol"), "/proc/sys/net")
	r.spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1"}
	r.run()
	if b, _ := os.ReadFile(fake); string(b) != "7" {
		t.Errorf("the sysctl went to the volume: %q", b)
	}
}

// TestSysctlNames: a name is no way out of /proc/sys.
func TestSysctlNames(t *testing.T) {
	for _, name := range []string{"net/../../../../../../CANARY", "net.ipv4.../..//..", "kernel.core_pattern", "net/../kernel/core_pattern", "vm.overcommit_memory"} {
		before := corePattern()
		r := newRig(t)
		r.spec.Linux.Sysctl = map[string]string{strings.ReplaceAll(name, "CANARY", r.canary+"/secret"): "1"}
		if got := r.run(); got.code == 0 {
			t.Errorf("sysctl %s was accepted", name)
		}
		restoreCorePattern(t, before)
	}
}

func corePattern() string {
	b, _ := os.ReadFile("/proc/sys/kernel/core_pattern")
	return string(b)
}

// restoreCorePattern fails where an attack has reached the host's kernel, and undoes it.
func restoreCorePattern(t *testing.T, before string) {
	t.Helper()
	if now := corePattern(); now != before {
		t.Errorf("the host's core_pattern became %q", now)
		os.WriteFile("/proc/sys/kernel/core_pattern", []byte(before), 0)
	}
}

// TestMaskIsSymlink is CVE-2025-31133: /dev/null, which masked files are covered with, is the image's.
func TestMaskIsSymlink(t *testing.T) {
	for _, target := range []string{"/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/etc/own"} {
		before := corePattern()
		r := newRig(t)
		r.dropMounts("/dev")
		r.file("etc/own", "visible", 0o666)
		r.file("tmp/masked", "hidden", 0o666)
		r.link("dev/null", target)
		r.spec.Linux.MaskedPaths = append([]string{"/tmp/masked"}, r.spec.Linux.MaskedPaths...)
		r.shell("cat /tmp/masked; echo '|/evil' >/tmp/masked; echo ran")
		got := r.run()
		restoreCorePattern(t, before)
		if strings.Contains(got.out, "hidden") || strings.Contains(got.out, "visible") || strings.Contains(got.out, strings.TrimSpace(before)) {
			t.Errorf("/dev/null -> %s: masked file shows %s", target, got.out)
		}
		if b, _ := os.ReadFile(filepath.Join(r.rootfs, "etc/own")); string(b) != "visible" {
			t.Errorf("/dev/null -> %s: written through the mask: %q", target, b)
		}
	}
}

// TestMaskIsFile: /dev/null of the image is a plain file.
func TestMaskIsFile(t *testing.T) {
	r := newRig(t)
	r.dropMounts("/dev")
	r.file("dev/null", "of the image", 0o666)
	r.file("tmp/masked", "hidden", 0o666)
	r.spec.Linux.MaskedPaths = []string{"/tmp/masked"}
	r.shell("cat /tmp/masked")
	if got := r.run(); got.code == 0 && strings.TrimSpace(got.out) != "" {
		t.Errorf("masked file shows %s", got.out)
	}
}

// TestMaskThroughSymlink: a masked or read-only path of the image leads to what is not to be touched.
func TestMaskThroughSymlink(t *testing.T) {
	r := newRig(t)
	r.link("etc/masked", r.canary)
	r.link("etc/ro", "/proc/self/root")
	r.spec.Linux.MaskedPaths = append(r.spec.Linux.MaskedPaths, "/etc/masked", "/etc/absent/x")
	r.spec.Linux.ReadonlyPaths = append(r.spec.Linux.ReadonlyPaths, "/etc/ro")
	r.run() // whether it starts is the runtime's choice; the canary is checked
}
