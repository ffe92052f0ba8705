package shell

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// terminal starts an interactive shell.
func terminal(t *testing.T) *testenv.Terminal {
	t.Helper()
	dir := links(t)
	cmd := exec.Command(filepath.Join(dir, "sh"))
	cmd.Dir = t.TempDir()
	// A job that says when it has begun.
	if err := os.WriteFile(filepath.Join(cmd.Dir, "job"), []byte("#!/bin/sh\necho ready\nexec sleep 100\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "HOME=" + cmd.Dir, "PS1=$ ", "LC_ALL=C"}
	return testenv.NewTerminal(t, 80, 24, cmd)
}

func TestInteractive(t *testing.T) {
	p := terminal(t)
	p.Wait("$")
	p.Type("echo a$((1+1))\n")
	p.Wait("\na2\n$")
	p.Type("if true\nthen echo yes\nfi\n")
	p.Wait("> fi\nyes\n$")
	p.Type("nosuchcommand\n")
	p.Wait("sh: nosuchcommand: not found\n$")
	p.Type("echo ${x?wrong}; echo no\n")
	p.Wait("sh: x: wrong\n$")
	p.Type("echo )\n")
	p.Wait("sh: syntax error: unexpected \")\"\n$")
	p.Type("echo $-; exit 3\n")
	if status := p.Exit(); status != 3 {
		t.Errorf("exit status %d", status)
	}
	if out := p.Output(); !strings.Contains(out, "ims") {
		t.Errorf("options in %q", out)
	}
}

// Process 1 takes those that others leave behind out of the process table while its prompt stands.
func TestAdoptsAtPrompt(t *testing.T) {
	testenv.Root(t)
	unshare := testenv.Program(t, "unshare")
	dir := links(t)
	cmd := exec.Command(unshare, "-pf", "--mount-proc", "--kill-child", filepath.Join(dir, "sh"))
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PS1=$ ", "LC_ALL=C"}
	p := testenv.NewTerminal(t, 80, 24, cmd)
	p.Wait("$")
	p.Type("/bin/sh -c '/bin/sleep 0.3 & (/bin/sleep 1; cat /proc/*/stat 2>/dev/null | grep \") Z\"; echo se\"\"en) & exec true'\n")
	p.Wait("seen\n")
	if out := p.Output(); strings.Contains(out, "(sleep) Z") {
		t.Error(out)
	}
	p.Type("exit 3\n")
	if status := p.Exit(); status != 3 {
		t.Errorf("exit status %d", status)
	}
}

func TestInterrupt(t *testing.T) {
	p := terminal(t)
	p.Wait("$")
	p.Type("./job\n")
	p.Wait("\nready\n")
	p.Type("\x03")
	p.Wait("^C\n$")
	p.Type("echo $?\n")
	p.Wait("\n130\n$")
	p.Type("abc\x03")
	p.Wait("$ abc^C\n$")
	p.Type("while :; do :; done\n")
	p.Until("the loop has started", func(string) bool { return p.Modes().Lflag&0x2 != 0 })
	p.Type("\x03")
	p.Wait("^C\n$")
	p.Type("echo end | cat\n")
	p.Wait("\nend\n$")
	p.Type("\x04")
	if status := p.Exit(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestJobControl(t *testing.T) {
	p := terminal(t)
	p.Wait("$")
	p.Type("./job\n")
	p.Wait("\nready\n")
	p.Type("\x1a")
	p.Wait("[1]+  Stopped                    ./job\n$")
	p.Type("jobs\n")
	p.Wait("$ jobs\n[1]+  Stopped                    ./job\n$")
	p.Type("bg\n")
	p.Wait("[1] ./job\n$")
	p.Type("jobs\n")
	p.Wait("[1]+  Running                    ./job\n$")
	p.Type("fg\n")
	p.Wait("$ fg\n./job\n")
	p.Type("\x03")
	p.Wait("^C\n$")
	p.Type("sleep 100 | cat & echo started\n")
	p.Wait("\nstarted\n$")
	p.Type("kill %1\n")
	p.Type("wait; echo waited\n")
	p.Wait("\nwaited\n")
	p.Type("(sleep 0.1; exit 3) & wait $!; echo status $?\n")
	p.Wait("\nstatus 3\n")
	p.Type("exit\n")
	p.Exit()
}
