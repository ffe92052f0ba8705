package testenv

import (
	"strings"
	"testing"
)

// recorder is a testing.TB that remembers how it was skipped.
type recorder struct {
	testing.TB
	message string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.message = format
	for _, a := range args {
		r.message = strings.Replace(r.message, "%s", a.(string), 1)
	}
}

func TestSkipMessageHasName(t *testing.T) {
	r := &recorder{TB: t}
	Need(r, "thing", false)
	if want := "skip: thing: not available on this machine"; r.message != want {
		t.Errorf("got %q, want %q", r.message, want)
	}
}

func TestNeedMetDoesNotSkip(t *testing.T) {
	r := &recorder{TB: t}
	Need(r, "thing", true)
	Kernel(r, 2, 6)
	if r.message != "" {
		t.Errorf("skipped: %s", r.message)
	}
}

func TestKernelTooOld(t *testing.T) {
	r := &recorder{TB: t}
	Kernel(r, 999, 1)
	if !strings.HasPrefix(r.message, "skip: kernel-999.1: this is ") {
		t.Errorf("got %q", r.message)
	}
}

func TestProgram(t *testing.T) {
	r := &recorder{TB: t}
	if p := Program(r, "sh"); !strings.HasSuffix(p, "/sh") {
		t.Errorf("sh found at %q", p)
	}
	Program(r, "no-such-program")
	if want := "skip: no-such-program: program not installed"; r.message != want {
		t.Errorf("got %q, want %q", r.message, want)
	}
}

func TestModule(t *testing.T) {
	if d := Module(t); d == "" {
		t.Error("module not found")
	}
}
