package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/cli/option"
)

// heavyVerb is one that says what it was called with.
func (c *call) heavyVerb() *command {
	var name string
	return &command{
		name: "weigh", args: "[OPTIONS] THING", short: "Weigh a thing", min: 1, max: 1, heavy: true,
		options: option.Set{Options: []option.Option{option.String(&name, "name", 'n', "Name of the thing")}},
		run: func(args []string) int {
			c.print("weighed " + name + " " + args[0] + " below " + c.root + "\n")
			return 0
		},
	}
}

// asBantam makes this test program, copied into a folder, the program bantam; what it
// becomes is beside it.
const asBantam = "BANTAM_TEST_HEAVY"

func TestMain(m *testing.M) {
	if os.Getenv(asProgress) != "" {
		os.Exit(showProgress())
	}
	if os.Getenv(asBantam) == "" {
		os.Exit(m.Run())
	}
	c := newCall(os.Args[1:], "1.2.3", "abc")
	os.Exit(c.invoke(c.heavyVerb(), os.Args[1:]))
}

func installed(t *testing.T, daemon string) string {
	t.Helper()
	dir := t.TempDir()
	own, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bantam"), own, 0o755)
	}
	if err == nil && daemon != "" {
		err = os.WriteFile(filepath.Join(dir, "bantamd"), []byte(daemon), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "bantam")
}

func heavyBantam(t *testing.T, program string, args ...string) (code int, output string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), asBantam+"=1")
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestBantamBecomesBantamd(t *testing.T) {
	program := installed(t, "#!/bin/sh\necho \"bantamd: $*\"\nexit 7\n")
	if code, out := heavyBantam(t, program, "-n", "a b", "c"); code != 7 || out != "bantamd: -n a b c\n" {
		t.Errorf("code %d, %q", code, out)
	}
	// What is wrong with the words, and the help, need no bantamd.
	for _, args := range [][]string{{"--nope"}, {"--help"}, {}} {
		if _, out := heavyBantam(t, program, args...); strings.Contains(out, "bantamd:") || !strings.Contains(out, "Usage:  bantam weigh") {
			t.Errorf("%v: %q", args, out)
		}
	}
}

func TestNoBantamd(t *testing.T) {
	code, out := heavyBantam(t, installed(t, ""), "c")
	if code != 125 || !strings.HasPrefix(out, "bantam: 'bantam weigh' is done by bantamd") || !strings.HasSuffix(out, "/bantamd: no such file or directory\n") {
		t.Errorf("code %d, %q", code, out)
	}
}

func TestBantamdRunsIt(t *testing.T) {
	var out strings.Builder
	c := &call{root: "/r", out: &out, heavy: &Heavy{}}
	if code := c.invoke(c.heavyVerb(), []string{"--name=n", "thing"}); code != 0 || out.String() != "weighed n thing below /r\n" {
		t.Errorf("code %d, %q", code, out.String())
	}
}
