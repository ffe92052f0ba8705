// Package tour keeps the tours of README and documentation true: it runs the commands
// between a page's marks and compares what they print.
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

// step is a command of a tour and the output that the page shows.
type step struct{ command, output string }

// pages are those whose commands are run.
var pages = []string{"README.md", "docs/debug.md"}

func TestTour(t *testing.T) {
	testenv.Root(t)
	bin := filepath.Dir(testenv.Bin(t, "bantam"))
	testenv.Bin(t, "bantam-oci") // the monitor of each container stands beside bantam
	testenv.Bin(t, "bantamd")
	for _, page := range pages {
		t.Run(page, func(t *testing.T) { walk(t, page, bin) })
	}
}

// walk runs a page's commands one after the other.
func walk(t *testing.T, page, bin string) {
	text, err := os.ReadFile(filepath.Join(testenv.Module(t), page))
	if err != nil {
		t.Fatal(err)
	}
	steps := read(string(text))
	if len(steps) < 10 {
		t.Fatalf("found %d commands in %s", len(steps), page)
	}
	dir := t.TempDir()
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "BANTAM_ROOT="+filepath.Join(dir, "state"))
	t.Cleanup(func() { run(dir, env, "for c in $(bantam ps -aq); do bantam rm -f $c; done") })
	for _, s := range steps {
		got := run(dir, env, s.command)
		if !matches(s.output, got) {
			t.Fatalf("$ %s\ngot:\n%s\n%s shows:\n%s", s.command, got, page, s.output)
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

// matches compares an output with what the page shows, where "..." stands for anything.
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
