// Package guest holds the tests that only make sense inside the test machine of
// package vm. Elsewhere they skip by name.
package guest

import (
	"os"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

func inMachine(t *testing.T) {
	t.Helper()
	testenv.Need(t, "vm", os.Getenv("BANTAM_VM") == "1")
}

// The machine is what the lane promises: a kernel older than 6.2 with every
// controller of cgroup v2 and AppArmor.
func TestMachine(t *testing.T) {
	inMachine(t)
	for _, c := range []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"} {
		testenv.Controller(t, c)
	}
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil || !strings.HasPrefix(string(b), "6.1.") {
		t.Errorf("kernel %q, %v; want Debian 12's 6.1", b, err)
	}
	if _, err := os.Stat("/sys/kernel/security/apparmor/profiles"); err != nil {
		t.Errorf("no AppArmor: %v", err)
	}
}
