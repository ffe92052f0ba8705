// Package conformance runs outside suites against the runtime. Their folders are
// named by the environment (README.md); nothing of them is part of this module.
package conformance

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// ledger reads a list of names that fail, each with its cause: "NAME CAUSE".
func ledger(t *testing.T, name string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	causes := map[string]string{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		what, cause, _ := strings.Cut(line, " ")
		if len(strings.Fields(cause)) < 3 {
			t.Errorf("%s: %s has no cause", name, what)
		}
		if causes[what] != "" {
			t.Errorf("%s: %s stands twice", name, what)
		}
		causes[what] = cause
	}
	return causes
}

// A list of failures is worth something only while each has its cause.
func TestLedgersHaveCauses(t *testing.T) {
	if len(ledger(t, "validation-v1.txt")) == 0 {
		t.Error("validation-v1.txt is empty")
	}
}

// results reads a driver's lines: "pass NAME", "fail NAME: why", "fail FILE NAME".
func results(out []byte) (passed, failed []string) {
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		word, name, ok := strings.Cut(s.Text(), " ")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, ": ")
		name = strings.ReplaceAll(name, " ", "/")
		switch word {
		case "pass":
			passed = append(passed, name)
		case "fail":
			failed = append(failed, name)
		}
	}
	return passed, failed
}

func TestResults(t *testing.T) {
	passed, failed := results([]byte("pass a\nfail b: not ok 1 - x\nskip c\nfail test_x name\npass test_y other\n2 of 4 passed\n"))
	if strings.Join(passed, ",") != "a,test_y/other" || strings.Join(failed, ",") != "b,test_x/name" {
		t.Errorf("passed %q, failed %q", passed, failed)
	}
}

// run runs a driver over the suite that a variable of the environment names, and holds its result
// against a ledger.
func run(t *testing.T, driver, variable, list string) {
	suite := os.Getenv(variable)
	testenv.Need(t, variable, suite != "")
	testenv.Root(t)
	testenv.CgroupV1(t)
	cmd := exec.Command("./"+driver, suite, testenv.Bin(t, "bantam-oci"))
	cmd.Env = append(os.Environ(), "CGROUP=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", driver, err, out)
	}
	causes := ledger(t, list)
	passed, failed := results(out)
	if len(passed) == 0 {
		t.Fatalf("nothing passed:\n%s", out)
	}
	for _, name := range failed {
		if causes[name] == "" {
			t.Errorf("%s fails, and %s has no cause for it", name, list)
		}
	}
	for _, name := range passed {
		if causes[name] != "" && !strings.HasPrefix(causes[name], "sometimes") {
			t.Errorf("%s passes: take it off %s", name, list)
		}
	}
	t.Logf("%d passed, %d failed", len(passed), len(failed))
}

func TestRuntimeTools(t *testing.T) { run(t, "validation.sh", "RUNTIME_TOOLS", "validation-v1.txt") }
