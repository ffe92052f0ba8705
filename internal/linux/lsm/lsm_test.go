package lsm

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

func machine(t *testing.T, enabled string, folder bool) State {
	t.Helper()
	root := t.TempDir() + "/"
	write := func(name, data string) {
		if err := os.MkdirAll(filepath.Dir(root+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if enabled != "" {
		write("sys/module/apparmor/parameters/enabled", enabled)
	}
	if folder {
		write("proc/self/attr/apparmor/exec", "")
	}
	write("sys/fs/selinux/enforce", "1") // no selinuxfs: a folder says nothing
	return detect(root)
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		enabled string
		folder  bool
		want    State
	}{
		{"", false, State{false, false, "exec"}},
		{"", true, State{false, false, "exec"}},
		{"N\n", true, State{false, false, "exec"}},
		{"Y\n", false, State{true, false, "exec"}},
		{"Y\n", true, State{true, false, "apparmor/exec"}},
	} {
		if got := machine(t, c.enabled, c.folder); got != c.want {
			t.Errorf("%q %v: %+v, want %+v", c.enabled, c.folder, got, c.want)
		}
	}
}

// TestHere compares with the kernel's own list of modules, where it can be read.
func TestHere(t *testing.T) {
	list, err := os.ReadFile("/sys/kernel/security/lsm")
	if err != nil {
		testenv.Need(t, "securityfs", false)
	}
	here := Detect()
	if want := strings.Contains(string(list), "apparmor"); here.AppArmor != want {
		t.Errorf("apparmor %v, the kernel lists %s", here.AppArmor, list)
	}
}

func TestCheck(t *testing.T) {
	none, all := State{}, State{AppArmor: true, SELinux: true}
	if err := none.CheckAppArmor("docker-default"); !errors.Is(err, ErrNoAppArmor) || !strings.Contains(err.Error(), "apparmor is not enabled on this host") {
		t.Error(err)
	}
	if err := none.CheckSELinux("system_u:system_r:container_t:s0"); !errors.Is(err, ErrNoSELinux) {
		t.Error(err)
	}
	for _, err := range []error{none.CheckAppArmor(""), none.CheckAppArmor("unconfined"), none.CheckSELinux(""), all.CheckAppArmor("x"), all.CheckSELinux("x")} {
		if err != nil {
			t.Error(err)
		}
	}
	if AppArmorExec("p") != "exec p" {
		t.Error(AppArmorExec("p"))
	}
}
