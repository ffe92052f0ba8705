package escape

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// image makes an image of the rig's root file system and returns a function that runs it.
func (r *rig) image(changes ...string) (run func(args ...string) result) {
	r.t.Helper()
	testenv.Bin(r.t, "bantam-oci") // the monitor, beside bantam
	bantam := testenv.Bin(r.t, "bantam")
	root := filepath.Join(r.dir, "engine")
	tarball := filepath.Join(r.dir, "image.tar")
	r.must(os.WriteFile(tarball, r.pack(), 0o644))
	call := func(args ...string) result {
		r.oci = bantam
		return r.callFrom(func(c *exec.Cmd) { c.Args = append([]string{bantam, "--root", root}, args...) }, args...)
	}
	args := []string{"import"}
	for _, c := range changes {
		args = append(args, "--change", c)
	}
	if got := call(append(args, tarball, "attack")...); got.code != 0 {
		r.t.Fatalf("import: %s", got.all())
	}
	return func(args ...string) result {
		return call(append([]string{"run", "--rm", "--network", "none"}, args...)...)
	}
}

// pack is the rig's root file system as a tar.
func (r *rig) pack() []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := filepath.WalkDir(r.rootfs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == r.rootfs {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target, _ := os.Readlink(path)
		h, err := tar.FileInfoHeader(info, target)
		if err != nil {
			return err
		}
		h.Name, _ = filepath.Rel(r.rootfs, path)
		if err := w.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	r.must(err)
	r.must(w.Close())
	return b.Bytes()
}

// TestImageUser is CVE-2024-40635, CVE-2026-46680: a user too large for the kernel, as a number or by a name.
func TestImageUser(t *testing.T) {
	r := newRig(t)
	if got := r.image("USER 1000:7")("attack", "id", "-u"); got.out != "1000\n" {
		t.Fatalf("USER 1000:7: %s", got.all())
	}
	for _, user := range []string{"4294967295", "4294967296", "4294967297", "1:4294967296", "-1", "large", "18446744073709551617", "nobody-here", "evil"} {
		r := newRig(t)
		r.file("etc/passwd", "root:x:0:0::/:/bin/sh\nlarge:x:4294967296:4294967296::/:/bin/sh\nevil:x:-1:-1::/:/bin/sh\n4294967297:x:0:0::/:/bin/sh\n", 0o644)
		run := r.image("USER " + user)
		if got := run("attack", "id", "-u"); got.code == 0 {
			t.Errorf("USER %s runs as %s", user, got.out)
		}
	}
}

// TestImageGroups is CVE-2022-36109, CVE-2022-2989: the groups that the image's files give a user.
func TestImageGroups(t *testing.T) {
	r := newRig(t)
	r.file("etc/passwd", "root:x:0:0::/:/bin/sh\nu:x:1000:1000::/:/bin/sh\n", 0o644)
	r.file("etc/group", "root:x:0:\ng:x:2000:\nextra:x:3000:u,root\nmore:x:3001:x,u\nother:x:3002:uu\n", 0o644)
	run := r.image()
	// With a group the others are left out, as docker does.
	for user, want := range map[string]string{
		"u": "1000 3000 3001", "u:g": "2000", "1000": "1000 3000 3001", "1000:2000": "2000", "1001": "0", "1001:g": "2000", "root": "0 3000",
	} {
		// The kernel's list has to hold the user's own group too: without it files that deny the group are open.
		got := run("--user", user, "attack", "grep", "Groups:", "/proc/self/status")
		groups := strings.Fields(strings.TrimPrefix(got.out, "Groups:"))
		slices.Sort(groups)
		if strings.Join(groups, " ") != want {
			t.Errorf("--user %s: groups %s, want %s; %s", user, got.out, want, got.err)
		}
	}
}

// TestImageWorkingDirectory is GHSA-q6r4-3wmg-fwcq: WORKDIR leads through a symlink of the image.
func TestImageWorkingDirectory(t *testing.T) {
	for _, dir := range []string{"/w/x", "/w", "/w/../../x", "/proc/self/fd/5", "/proc/self/root/w"} {
		r := newRig(t)
		r.link("w", r.canary)
		run := r.image("WORKDIR " + dir)
		if got := run("attack", "/bin/sh", "-c", "pwd -P; ls -a"); strings.Contains(got.out, "secret") {
			t.Errorf("WORKDIR %s: %s", dir, got.out)
		}
	}
}

// TestImageFiles is CVE-2025-24965 and CVE-2024-5154: what the engine writes into a container is there as a link to the host.
func TestImageFiles(t *testing.T) {
	for _, target := range []string{"/sub/planted", "/secret"} {
		r := newRig(t)
		for _, name := range []string{"etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", ".dockerenv", "run/.containerenv", "etc/passwd", "etc/group"} {
			r.must(os.MkdirAll(filepath.Join(r.rootfs, filepath.Dir(name)), 0o755))
			r.link(name, r.canary+target)
		}
		run := r.image()
		if got := run("attack", "/bin/sh", "-c", "cat /etc/hosts /etc/hostname /etc/passwd"); strings.Contains(got.out, secret) {
			t.Errorf("links to %s: %s", target, got.out)
		}
	}
}

// TestImageFolders: whole folders that the engine or the runtime mounts on are links to the host.
func TestImageFolders(t *testing.T) {
	for _, name := range []string{"etc", "dev", "proc", "sys", "run", "tmp"} {
		r := newRig(t)
		r.link(name, r.canary)
		run := r.image()
		if got := run("attack", "/bin/sh", "-c", "ls -a /"+name+"/; cat /"+name+"/secret"); strings.Contains(got.out, "secret") {
			t.Errorf("/%s is a link: %s", name, got.out)
		}
	}
}

// TestImageVolume: a volume's place is a link out of the image.
func TestImageVolume(t *testing.T) {
	r := newRig(t)
	r.link("v", r.canary)
	r.host("volume/mine", "m")
	run := r.image()
	got := run("-v", filepath.Join(r.dir, "volume")+":/v/deep", "attack", "/bin/sh", "-c", "ls -a /v/")
	if strings.Contains(got.out, "secret") {
		t.Errorf("the volume's place: %s", got.out)
	}
	checkHostMounts(t, r)
}

// TestImageEntryPoint is CVE-2019-5736 through the engine: the entry point is the program that starts it.
func TestImageEntryPoint(t *testing.T) {
	r := newRig(t)
	r.file("entry", "#!/proc/self/exe\n", 0o755)
	run := r.image(`ENTRYPOINT ["/entry"]`)
	before := r.sum(testenv.Bin(t, "bantam-oci")) + r.sum(testenv.Bin(t, "bantam"))
	run("attack")
	run("--entrypoint", "/bin/sh", "attack", "-c", "exec /proc/self/exe true; /entry; cat /proc/1/exe >/dev/null; ( echo x >/proc/1/exe )")
	if after := r.sum(testenv.Bin(t, "bantam-oci")) + r.sum(testenv.Bin(t, "bantam")); after != before {
		t.Error("the program was overwritten")
	}
}

// TestImagePrivileges: what a container of the engine must not be able to do (CVE-2022-24769, CVE-2022-0492).
func TestImagePrivileges(t *testing.T) {
	r := newRig(t)
	run := r.image()
	got := run("attack", "/bin/sh", "-c", `grep CapInh /proc/self/status
		mkdir -p /tmp/c; mount -t cgroup -o rdma cgroup /tmp/c 2>/dev/null && echo mounted
		unshare -Ur true 2>/dev/null && echo unshared
		unshare -r true 2>/dev/null && echo unshared
		echo 1 2>/dev/null >/proc/sys/kernel/panic && echo sysctl
		echo h 2>/dev/null >/proc/sysrq-trigger && echo sysrq
		cat /proc/kcore 2>/dev/null | head -c 1
		echo end`)
	if got.out != "CapInh:\t0000000000000000\nend\n" {
		t.Errorf("%s", got.all())
	}
}
