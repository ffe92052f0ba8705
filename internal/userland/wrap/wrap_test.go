package wrap

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// TestMain is the applet if it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_APPLET") == "" {
		os.Exit(m.Run())
	}
	table := applet.Table{{Name: "nohup", Applet: &Nohup}, {Name: "setsid", Applet: &Setsid}, {Name: "time", Applet: &Time}, {Name: "timeout", Applet: &Timeout}}
	if os.Args[0] == "timeout" { // it started itself again
		os.Exit(table.Main("test", os.Args))
	}
	os.Exit(table.Main("test", os.Args[1:]))
}

func start(t *testing.T, dir string, args ...string) *testenv.Terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "RUN_APPLET=1", "HOME=/nonexistent")
	return testenv.NewTerminal(t, 80, 24, cmd)
}

func TestNohupInTerminal(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "nohup", "sh", "-c", "kill -HUP $$; echo out; echo err >&2; test -t 0 || echo no input")
	p.Wait("nohup: appending output to nohup.out")
	if p.Exit() != 0 {
		t.Error("status")
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "nohup.out")); string(data) != "out\nerr\nno input\n" {
		t.Errorf("%q", data)
	}
}

func TestSetsidTerminal(t *testing.T) {
	// The leader of the session can't begin another one: a child does, which the leader
	// doesn't wait for. Closing the terminal with the leader's end is why it is quick.
	p := start(t, t.TempDir(), "setsid", "sh", "-c", "exit 5")
	if status := p.Exit(); status != 0 {
		t.Error(status)
	}
}

func TestTimeIsNotInterrupted(t *testing.T) {
	p := start(t, t.TempDir(), "time", "-f", "it ended with %x", "sh", "-c", "trap 'echo interrupted; exit 3' INT; echo ready; sleep 5; sleep 5")
	p.Wait("ready")
	p.Type("\x03")
	p.Wait("it ended with 3")
	if status := p.Exit(); status != 3 {
		t.Error(status)
	}
	if !strings.Contains(p.Screen(), "interrupted\nCommand exited with non-zero status 3\n") {
		t.Error(p.Screen())
	}
}

func TestTimeoutInTerminal(t *testing.T) {
	p := start(t, t.TempDir(), "timeout", "60", "sh", "-c", "tty >/dev/null && echo in the terminal; read x; echo $x")
	p.Wait("in the terminal")
	p.Type("typed\r")
	p.Wait("typed\ntyped\n")
	p.Exit()
}
