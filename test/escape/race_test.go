package escape

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// starts is how often a race is run. A vulnerable runtime loses within a few.
const starts = 20

// exchange swaps two names as fast as it can until stop is called.
func exchange(t *testing.T, a, b string) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
			}
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { close(done); wait.Wait() }) }
	t.Cleanup(stop)
	return stop
}

// shared makes a volume at /vol whose a is a folder one moment and a link to target the next.
func (r *rig) shared(target string) (stop func()) {
	r.t.Helper()
	vol := filepath.Join(r.dir, "vol")
	r.must(os.MkdirAll(filepath.Join(vol, "a"), 0o777))
	r.must(os.Symlink(target, filepath.Join(vol, "b")))
	r.must(os.MkdirAll(filepath.Join(r.rootfs, "vol"), 0o755))
	r.bind(vol, "/vol")
	return exchange(r.t, filepath.Join(vol, "a"), filepath.Join(vol, "b"))
}

// TestMountRace is CVE-2021-30465: where a mount goes is swapped for a link while mounts are made.
func TestMountRace(t *testing.T) {
	for _, target := range []string{"CANARY", "/", "../../../../../../../.."} {
		r := newRig(t)
		target = strings.ReplaceAll(target, "CANARY", r.canary)
		r.must(os.MkdirAll(filepath.Join(r.dir, "source"), 0o755))
		r.must(os.WriteFile(filepath.Join(r.dir, "source/mark"), nil, 0o644))
		r.shared(target)
		r.bind(filepath.Join(r.dir, "source"), "/vol/a/sub")
		r.addMount("/vol/a/tmp", "tmpfs", "tmpfs")
		r.shell("find / -xdev -name secret; find /vol -name secret; cat /vol/a/secret; ls -a /vol/a/../.. | grep canary; true")
		outcome := map[int]int{}
		for range starts {
			got := r.run()
			outcome[got.code]++
			if strings.Contains(got.out, "secret") || strings.Contains(got.out, "canary") {
				t.Fatalf("the host is visible: %s", got.out)
			}
		}
		t.Logf("-> %s: exit statuses %v", target, outcome)
		checkHostMounts(t, r)
	}
}

// TestMountpointRace is CVE-2024-45310: the same swap while mount points are made leaves files on the host.
func TestMountpointRace(t *testing.T) {
	r := newRig(t)
	r.shared(r.canary)
	file := r.host("bound", "b")
	r.bind(file, "/vol/a/new-file")
	r.bind(file, "/vol/a/x/y/z/new-file")
	r.addMount("/vol/a/new/dir", "tmpfs", "tmpfs")
	outcome := map[int]int{}
	for range starts {
		outcome[r.run().code]++
	}
	t.Logf("exit statuses %v", outcome)
	checkHostMounts(t, r)
}

// checkHostMounts fails where a mount below the rig's folder is left on the host.
func checkHostMounts(t *testing.T, r *rig) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	r.must(err)
	for _, line := range strings.Split(string(b), "\n") {
		if strings.Contains(line, " "+r.dir+"/") {
			t.Errorf("mount on the host: %s", line)
		}
	}
}

// TestMaskRace is CVE-2025-31133 by a sibling that swaps /dev/null while the container starts.
func TestMaskRace(t *testing.T) {
	before := corePattern()
	r := newRig(t)
	r.dropMounts("/dev")
	dev := filepath.Join(r.rootfs, "dev")
	r.must(unix.Mknod(filepath.Join(dev, "null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	r.must(os.Symlink("/proc/sys/kernel/core_pattern", filepath.Join(dev, "null2")))
	exchange(t, filepath.Join(dev, "null"), filepath.Join(dev, "null2"))
	r.file("tmp/masked", "hidden", 0o666)
	r.spec.Linux.MaskedPaths = append([]string{"/tmp/masked"}, r.spec.Linux.MaskedPaths...)
	r.shell("cat /tmp/masked; echo '|/evil' >/tmp/masked")
	for range starts {
		got := r.run()
		if strings.Contains(got.out, "hidden") || strings.Contains(got.out, strings.TrimSpace(before)) {
			t.Errorf("masked file shows %s", got.out)
			break
		}
	}
	restoreCorePattern(t, before)
}

// TestPlantedFiles is CVE-2025-24965 and CVE-2024-5154: what a runtime may create in a root
// file system is there as a link to the host.
func TestPlantedFiles(t *testing.T) {
	r := newRig(t)
	r.must(os.MkdirAll(filepath.Join(r.rootfs, "run"), 0o755))
	for _, name := range []string{"etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", ".dockerenv", "run/.containerenv", ".krun_config.json", "etc/passwd", "etc/group", "tmp/new"} {
		r.link(name, r.canary+"/sub/planted")
	}
	r.link("home", r.canary)
	bound := r.host("bound", "b")
	r.bind(bound, "/etc/hosts")
	r.bind(bound, "/home/x/y")
	r.bind(bound, "/tmp/new")
	r.addMount("/home/sub", "tmpfs", "tmpfs")
	r.spec.Process.Cwd = "/home/w/x"
	r.run()
	checkHostMounts(t, r)
}
