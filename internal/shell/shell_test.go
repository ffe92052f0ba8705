package shell

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// links returns a folder with sh and ash as links to box, and every applet.
func links(t testing.TB) string {
	t.Helper()
	box := testenv.Bin(t, "box")
	dir := t.TempDir()
	out, err := exec.Command(box, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if err := os.Symlink(box, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runScript runs a script with a shell in an empty folder.
func runScript(t *testing.T, shell []string, script, path string) string {
	t.Helper()
	got, state := testenv.Script(t, append(shell[:len(shell):len(shell)], "-c", script, "script", "one", "two words"), path)
	if state != nil {
		got += fmt.Sprintf("[%s]\n", state)
	}
	return got
}

// TestPeers runs the scripts of testdata/*.txt, which are separated by lines "==", with
// this shell and with another one: busybox's, or the one that the script's first line
// names ("# peer: bash --posix").
func TestPeers(t *testing.T) {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		testenv.Skip(t, "busybox", "it is not installed")
	}
	dir := links(t)
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts: ", err)
	}
	const host = "/usr/bin:/bin"
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, script := range strings.Split(string(data), "\n==\n") {
			name, _, _ := strings.Cut(strings.TrimPrefix(script, "# "), "\n")
			t.Run(fmt.Sprintf("%s/%d %s", filepath.Base(file), i+1, name), func(t *testing.T) {
				t.Parallel()
				peer := []string{busybox, "sh"}
				if _, other, ok := strings.Cut(name, "peer: "); ok {
					peer = strings.Fields(other)
				}
				if _, err := exec.LookPath(peer[0]); err != nil {
					testenv.Skip(t, peer[0], "it is not installed")
				}
				want := runScript(t, peer, script, host)
				// Once with the host's tools, once with the applets inside the shell.
				for _, path := range []string{host, dir + ":" + host} {
					if got := runScript(t, []string{filepath.Join(dir, "sh")}, script, path); got != want {
						t.Errorf("%s\ngot:\n%s\nwant:\n%s", script, got, want)
					}
				}
			})
		}
	}
}

// A wait(1) for one process says how it was killed. BusyBox forgets that now and then.
func TestWaitTells(t *testing.T) {
	if got := runScript(t, []string{filepath.Join(links(t), "sh")}, "sleep 5 & kill $!; wait $!; echo $?", "/usr/bin:/bin"); got != "Terminated\n143\n" {
		t.Errorf("%q", got)
	}
}
