package escape

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestInheritableCapabilities is CVE-2022-29162 and its kin: capabilities that survive where they should not.
func TestInheritableCapabilities(t *testing.T) {
	r := newRig(t)
	show := `grep -E "CapInh|CapAmb" /proc/self/status`
	r.shell(show)
	want := "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n"
	if got := r.runOK(); got.out != want {
		t.Errorf("run: %s", got.out)
	}
	r.shell("sleep 1000")
	id := r.start()
	for _, args := range [][]string{{}, {"--cap", "CAP_NET_RAW"}, {"--cap", "CAP_NET_RAW", "--user", "1000"}} {
		got := r.call(append(append([]string{"exec"}, args...), id, "/bin/sh", "-c", show)...)
		if !strings.Contains(got.out, "CapInh:\t0000000000000000\n") {
			t.Errorf("exec %v: %s", args, got.all())
		}
	}
}

// TestExecUser is CVE-2026-30892: a user that is not root must not become root.
func TestExecUser(t *testing.T) {
	r := newRig(t)
	r.shell("sleep 1000")
	id := r.start()
	for _, c := range []struct {
		user string
		want []string // outputs of id that are right, "" for a refusal
	}{
		{"1", []string{"1 0", "1 1"}},
		{"1:2", []string{"1 2"}},
		{"01", []string{"", "1 0"}},
		{"1:", []string{"", "1 0"}},
		{":1", []string{""}},
		{"+1", []string{"", "1 0"}},
		{"-1", []string{""}},
		{"4294967295", []string{""}},
		{"4294967296", []string{""}},
		{"4294967297", []string{""}},
		{"1:4294967296", []string{""}},
		{"1:-1", []string{""}},
		{"18446744073709551617", []string{""}},
		{"0x1", []string{"", "1 0"}},
		{"nobody", []string{""}},
	} {
		got := r.call("exec", "--user="+c.user, id, "/bin/sh", "-c", "echo $(id -u) $(id -g)")
		if !slices.Contains(c.want, strings.TrimSpace(got.out)) || got.code == 0 && got.out == "" {
			t.Errorf("--user %s: %q, %s", c.user, got.out, got.err)
		}
	}
}

// TestRunUser: neither does the spec's own user. To the kernel -1 means "no change", which is root.
func TestRunUser(t *testing.T) {
	for _, user := range []specs.User{{UID: 1<<32 - 1}, {UID: 1, GID: 1<<32 - 1}, {UID: 1, GID: 1, AdditionalGids: []uint32{1<<32 - 1}}} {
		r := newRig(t)
		r.spec.Process.User = user
		r.shell("id")
		if got := r.run(); got.code == 0 {
			t.Errorf("user %+v: %s", user, got.out)
		}
	}
}

// TestCgroupOfUserNamespace is CVE-2023-25809: /sys of the host lies in a container with a user namespace.
func TestCgroupOfUserNamespace(t *testing.T) {
	r := newRig(t)
	r.dropMounts("/sys")
	r.without(specs.CgroupNamespace)
	r.without(specs.NetworkNamespace)
	r.spec.Linux.Namespaces = append(r.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	maps := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	r.spec.Linux.UIDMappings, r.spec.Linux.GIDMappings = maps, maps
	r.must(os.Chown(r.rootfs, 100000, 100000))
	r.must(os.Chmod(r.dir, 0o755))
	r.openUp()
	r.bind("/sys", "/sys", "nosuid", "noexec", "nodev", "ro")
	r.shell(`for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/escape-dir 2>/dev/null && echo made $d && rmdir $d/escape-dir; for f in release_agent notify_on_release cgroup.procs; do [ -e $d/$f ] && echo x 2>/dev/null >$d/$f && echo wrote $d/$f; done; done; echo end`)
	if got := r.runOK(); got.out != "end\n" {
		t.Errorf("the host's cgroups: %s", got.all())
	}
}

// openUp lets other users walk to the rig's folder.
func (r *rig) openUp() {
	for dir := r.dir; strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		r.must(os.Chmod(dir, 0o755))
	}
}

// TestReleaseAgent is CVE-2022-0492: with Docker's capabilities no cgroup v1 hierarchy can be mounted.
func TestReleaseAgent(t *testing.T) {
	r := newRig(t)
	r.addMount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
	r.shell(`mkdir /tmp/c; for c in memory rdma misc cpu; do mount -t cgroup -o $c cgroup /tmp/c 2>/dev/null && echo mounted $c; done
		for f in $(find /sys/fs/cgroup -name release_agent 2>/dev/null); do echo /evil 2>/dev/null >$f && echo wrote $f; done
		for f in $(find /sys/fs/cgroup -name notify_on_release 2>/dev/null); do echo 1 2>/dev/null >$f && echo wrote $f; done; echo end`)
	if got := r.runOK(); got.out != "end\n" {
		t.Errorf("cgroup v1: %s", got.all())
	}
}

// TestStateIsPrivate is CVE-2021-41091, CVE-2021-41103: nobody else reads what the runtime keeps.
func TestStateIsPrivate(t *testing.T) {
	r := newRig(t)
	r.shell("sleep 1000")
	id := r.start()
	err := filepath.Walk(filepath.Join(r.dir, "state"), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() && path == filepath.Join(r.dir, "state", id) && info.Mode().Perm()&0o066 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 || info.Mode().IsRegular() && info.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	r.must(err)
}

// TestAbstractSockets is CVE-2020-15257: a container in the host's network reaches sockets without files.
func TestAbstractSockets(t *testing.T) {
	r := newRig(t)
	r.without(specs.NetworkNamespace)
	r.dropMounts("/sys")
	r.shell("cat /proc/net/unix")
	if got := r.runOK(); strings.Contains(got.out, "@") && strings.Contains(strings.ToLower(got.out), "bantam") {
		t.Errorf("abstract sockets: %s", got.out)
	}
}
