package script

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// TestTerminal looks at containers from terminals: their size follows, several see the same, and who
// leaves by the detach keys leaves the container running and gets the terminal back as it was.
func TestTerminal(t *testing.T) {
	testenv.Root(t)
	bin := testenv.Bin(t, "bantam")
	testenv.Bin(t, "bantam-oci")
	root := filepath.Join(t.TempDir(), "root")
	bantam := func(args ...string) *exec.Cmd { return exec.Command(bin, append([]string{"--root", root}, args...)...) }
	out := func(args ...string) string {
		b, err := bantam(args...).CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", args, err, b)
		}
		return strings.TrimSpace(string(b))
	}
	t.Cleanup(func() { bantam("rm", "-f", "wren").Run() })

	first := testenv.NewTerminal(t, 80, 24, bantam("run", "-it", "--name", "wren", "--network", "none", "box", "sh"))
	first.Wait("# ")
	first.Type("stty size\r")
	first.Wait("24 80\n")
	first.Resize(101, 31)
	first.Type("until stty size | grep 31; do sleep 0.01; done\r")
	first.Wait("31 101\n")
	first.Type("\x10\x11")
	leave(t, first, 0)
	if s := out("inspect", "-f", "{{.State.Status}}", "wren"); s != "running" {
		t.Errorf("after the detach keys it is %s", s)
	}

	beside := testenv.NewTerminal(t, 90, 20, bantam("exec", "-it", "-e", "PS1=in> ", "wren", "sh"))
	beside.Wait("in> ")
	beside.Type("stty size; exit 3\r")
	beside.Wait("20 90\n")
	leave(t, beside, 3)

	beside = testenv.NewTerminal(t, 90, 20, bantam("exec", "-it", "wren", "sh", "-c", "echo begun; sleep 0.5; seq 1 20000; echo done >/left"))
	beside.Wait("begun\n")
	beside.Type("\x10\x11")
	leave(t, beside, 0)
	out("exec", "-dt", "wren", "sh", "-c", "seq 1 20000; sleep 0.2; tty >/detached")
	out("exec", "wren", "sh", "-c", "until grep done /left && grep pts /detached; do sleep 0.05; done")

	one := testenv.NewTerminal(t, 80, 24, bantam("attach", "--detach-keys", "ctrl-a,x", "wren"))
	two := testenv.NewTerminal(t, 80, 24, bantam("attach", "wren"))
	one.Type("\r")
	one.Wait("# ")
	two.Type("\r")
	two.Wait("# ")
	one.Type("echo to b'ot'h\r")
	one.Wait("to both\n")
	two.Wait("to both\n")
	one.Type("\x01x")
	leave(t, one, 0)
	two.Type("exit 7\r")
	leave(t, two, 7)
	if s := out("wait", "wren"); s != "7" {
		t.Errorf("the container ended with %s", s)
	}
}

// leave waits for a program's end; the terminal is as it was.
func leave(t *testing.T, p *testenv.Terminal, want int) {
	t.Helper()
	if code := p.Exit(); code != want {
		t.Errorf("exit code %d, want %d; the screen:\n%s", code, want, p.Screen())
	}
	if m := p.Modes(); m.Lflag&(unix.ECHO|unix.ICANON) != unix.ECHO|unix.ICANON {
		t.Errorf("the terminal's modes stay changed: %#x", m.Lflag)
	}
}
