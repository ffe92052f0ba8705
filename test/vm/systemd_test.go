package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bantam/internal/testenv"
)

// A Debian with systemd boots in a container, on a kernel with cgroup v2 and its
// controllers, and stops cleanly: guest.TestSystemd. It takes minutes and downloads a
// Debian once, so it runs where BANTAM_NIGHTLY is 1.
func TestSystemdInContainer(t *testing.T) {
	testenv.Need(t, "nightly", os.Getenv("BANTAM_NIGHTLY") == "1")
	boot(t, load{
		memory: "3072", limit: 30 * time.Minute, patterns: []string{"./test/vm/guest"}, flags: " -test.run=TestSystemd",
		files: map[string]string{"bantam/debian.tar": debian(t)},
	})
}

// debian is the root file system of a small Debian with systemd, made once.
func debian(t *testing.T) string {
	path := filepath.Join(testenv.Module(t), ".cache", "vm", "debian.tar")
	if exists(path) {
		return path
	}
	program := testenv.Program(t, "debootstrap")
	root := filepath.Join(t.TempDir(), "root")
	cmd := exec.Command(program, "--variant=minbase", "--include=systemd-sysv,dbus", "bookworm", root)
	if out, err := cmd.CombinedOutput(); err != nil {
		testenv.Skip(t, "debootstrap", "it can't make a Debian here: "+err.Error()+": "+tail(string(out), 3))
	}
	part := path + ".part"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	tar := exec.Command("tar", "-C", root, "--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*", "--exclude=./dev/*", "-cf", part, ".")
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Rename(part, path); err != nil {
		t.Fatal(err)
	}
	return path
}
