package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Module returns the folder of the module, found from the test's own folder.
func Module(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find module: %v", err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			t.Fatalf("find module: no go.mod above %s", dir)
		}
	}
}

// Bin returns the path of one of the module's own programs ("bantam-oci"), built
// as `make` builds it. BANTAM_BIN names a folder of programs built before; without
// it the program is built once per test process.
func Bin(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv("BANTAM_BIN"); dir != "" {
		p := filepath.Join(dir, name)
		if _, err := os.Stat(p); err != nil {
			t.Fatalf("program %s of BANTAM_BIN: %v", name, err)
		}
		return p
	}
	b, _ := builds.LoadOrStore(name, &build{})
	p, err := b.(*build).path(Module(t), name)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

var builds sync.Map // name of a program to its *build

type build struct {
	once sync.Once
	out  string
	err  error
}

func (b *build) path(module, name string) (string, error) {
	b.once.Do(func() {
		// It outlives the test that came first, so it is not in its TempDir.
		dir := filepath.Join(module, "bin", "test")
		if b.err = os.MkdirAll(dir, 0o755); b.err != nil {
			return
		}
		b.out = filepath.Join(dir, name)
		b.err = compile(module, name, b.out)
	})
	return b.out, b.err
}

func compile(module, name, out string) error {
	if name == "bantam" {
		if err := carry(module, filepath.Dir(out)); err != nil {
			return err
		}
	}
	next, err := os.CreateTemp(filepath.Dir(out), name+"-*")
	if err != nil {
		return err
	}
	next.Close()
	flags := "-s -w"
	switch name { // as in the Makefile
	case "bantam-oci":
		flags += " -E bantam/internal/linux/selfexe.entry"
	case "box":
		flags += " -E bantam/internal/linux/initial.entry"
	case "bantamd":
		flags += " -E bantam/internal/linux/selfexe.server"
	case "bantam":
		flags += " -E bantam/internal/linux/selfexe.lazy"
	}
	edits := []string{"-starts", ".cache/starts"}
	if name == "box" {
		edits = []string{"-overlay", ".cache/runtime"}
	}
	run := func(args ...string) (string, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir = module
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		var errors strings.Builder
		cmd.Stderr = &errors
		out, err := cmd.Output()
		if err != nil {
			os.Remove(next.Name())
			return "", &buildError{name, errors.String(), err}
		}
		return strings.TrimSpace(string(out)), nil
	}
	overlay, err := run("run", "./packaging/shrink", edits[0], edits[1])
	if err == nil {
		_, err = run("build", "-trimpath", "-overlay", overlay, "-ldflags", flags, "-o", next.Name(), "./cmd/"+name)
	}
	if err == nil && name == "box" {
		_, err = run("run", "./packaging/shrink", next.Name())
	}
	if err != nil {
		return err
	}
	// Another test process may be running the program: replace, never overwrite.
	return os.Rename(next.Name(), out)
}

// carry makes the image that bantam carries in itself.
func carry(module, dir string) error {
	box := filepath.Join(dir, "box")
	if err := compile(module, "box", box); err != nil {
		return err
	}
	cmd := exec.Command("go", "run", "./packaging/images", "-embed", box)
	cmd.Dir = module
	if text, err := cmd.CombinedOutput(); err != nil {
		return &buildError{"the image box", string(text), err}
	}
	return nil
}

type buildError struct {
	name, output string
	err          error
}

func (e *buildError) Error() string {
	return "build " + e.name + ": " + e.err.Error() + "\n" + e.output
}

func (e *buildError) Unwrap() error { return e.err }
