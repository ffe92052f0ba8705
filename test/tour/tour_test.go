// Package tour keeps the README's tour true: it runs the commands between the
// marks of the README and compares what they print.
package tour

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// step is a command of the tour and the output that the README shows.
type step struct{ command, output string }

func TestTour(t *testing.T) {
	testenv.Root(t)
	text, err := os.ReadFile(filepath.Join(testenv.Module(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := read(string(text))
	if len(steps) < 10 {
		t.Fatalf("found %d commands in the tour", len(steps))
	}
	bin := filepath.Dir(testenv.Bin(t, "bantam"))
	testenv.Bin(t, "bantam-oci") // the monitor of each container stands beside bantam
	dir := t.TempDir()
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "BANTAM_ROOT="+filepath.Join(dir, "state"))
	t.Cleanup(func() { run(dir, env, "for c in $(bantam ps -aq); do bantam rm -f $c; done") })
	for _, s := range steps {
		got := run(dir, env, s.command)
		if !matches(s.output, got) {
			t.Fatalf("$ %s\ngot:\n%s\nthe README shows:\n%s", s.command, got, s.output)
		}
	}
}

// run gives a command to a shell and returns what it printed.
func run(dir string, env []string, command string) string {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Dir, cmd.Env = dir, env
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// read finds the commands between the marks.
func read(text string) []step {
	_, text, _ = strings.Cut(text, "<!-- tour -->\n")
	text, _, _ = strings.Cut(text, "<!-- end of tour -->")
	var steps []step
	inside := false
	for _, line := range strings.SplitAfter(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.HasPrefix(line, "```console")
		case !inside:
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{command: strings.TrimSpace(line[2:])})
		case len(steps) > 0:
			steps[len(steps)-1].output += line
		}
	}
	return steps
}

// matches compares an output with what the README shows, where "..." stands for anything.
func matches(shown, got string) bool {
	parts := strings.Split(strings.TrimSpace(shown), "...")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`^(?s:` + strings.Join(parts, ".*") + `)$`).MatchString(strings.TrimSpace(got))
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		shown, got string
		want       bool
	}{
		{"a\n", "a\n", true},
		{"a\n", "b\n", false},
		{"sha256:...\n", "sha256:12\n", true},
		{"x\n...", "x\ny\nz\n", true},
		{"", "oops\n", false},
	} {
		if got := matches(c.shown, c.got); got != c.want {
			t.Errorf("%q shown, %q got: %v", c.shown, c.got, got)
		}
	}
}
