package guest

import (
	"os"
	"testing"
	"time"

	"bantam/internal/testenv"
)

const debian = "/bantam/debian.tar"

// Debian's systemd is process 1 of a container: it comes to multi-user.target with no
// unit failed, its services have control groups of their own, and bantam stop ends it in order.
func TestSystemd(t *testing.T) {
	inMachine(t)
	_, err := os.Stat(debian)
	testenv.Need(t, "debian-root", err == nil)
	bantam := newEngine(t)
	bantam.must("import", debian, "debian")
	bantam.must("run", "-d", "--name", "system", "--network", "none", "--memory", "1g", "debian", "/sbin/init")
	defer bantam.run("rm", "-f", "system")
	state := ""
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if state, _ = bantam.run("exec", "system", "systemctl", "is-system-running"); state == "running" || state == "degraded" {
			break
		}
	}
	failed, _ := bantam.run("exec", "system", "systemctl", "list-units", "--failed", "--plain", "--no-legend")
	if state != "running" {
		t.Errorf("the system is %s; failed: %s", state, failed)
	}
	if got := bantam.must("exec", "system", "systemctl", "is-active", "multi-user.target"); got != "active" {
		t.Errorf("multi-user.target is %s", got)
	}
	if got := bantam.must("exec", "system", "cat", "/proc/1/cgroup"); got != "0::/init.scope" {
		t.Errorf("systemd has not made its control groups: %s", got)
	}
	if got := bantam.must("inspect", "-f", "{{.Config.StopSignal}}", "system"); got != "SIGRTMIN+3" {
		t.Errorf("stop signal %s", got)
	}
	bantam.must("stop", "-t", "100", "system")
	if got := bantam.must("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "system"); got != "exited 0" {
		t.Errorf("stopped: %s", got)
	}
}
