package hook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func shell(script string) specs.Hook {
	return specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c", script}}
}

func TestStateEnvAndOrder(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	first := shell("cat >>" + out + "; echo $A/$HOME >>" + out)
	first.Env = []string{"A=b"}
	big := strings.Repeat("x", 200<<10) // more than a pipe takes
	if err := Run("createRuntime", []specs.Hook{first, shell("echo second >>" + out)}, []byte(big)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil || string(b) != big+"b/\nsecond\n" {
		t.Errorf("%v: %d bytes, tail %q", err, len(b), b[max(0, len(b)-40):])
	}
}

func TestFailureStops(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	list := []specs.Hook{shell("echo no >&2; exit 3"), shell("touch " + out)}
	err := Run("prestart", list, nil)
	if err == nil || !strings.Contains(err.Error(), `exit status 3: "no\n"`) || !strings.Contains(err.Error(), "prestart hook 1") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the second hook ran after the first had failed")
	}
	if err := RunAll("poststop", list, nil); err == nil {
		t.Error("RunAll hides a failure")
	}
	if _, err := os.Stat(out); err != nil {
		t.Error("RunAll stopped at a failure")
	}
}

func TestTimeout(t *testing.T) {
	h := specs.Hook{Path: "/bin/sleep", Args: []string{"sleep", "1000"}}
	second := 1
	h.Timeout = &second
	if err := Run("poststart", []specs.Hook{h}, nil); err == nil || !strings.Contains(err.Error(), "timeout of 1 s") {
		t.Errorf("error %v", err)
	}
}

func TestMissingProgram(t *testing.T) {
	err := Run("prestart", []specs.Hook{{Path: "/no/such/hook"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("error %v", err)
	}
}
