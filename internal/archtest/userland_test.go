package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// heavy are packages of the standard library that the userland does without, because
// of what they add to box (measured, stripped) or because the frame has its own.
var heavy = map[string]string{
	"os":             "the frame and package syscall are enough, and nothing of os fits an applet inside the shell",
	"os/exec":        "Call.Start and Call.Command start commands",
	"fmt":            "0.21 MB",
	"reflect":        "it comes with fmt",
	"regexp":         "0.3 MB, and not POSIX: applet/regex is",
	"flag":           "an applet's options are declared",
	"log":            "it comes with fmt",
	"net":            "0.9 MB: sockets are system calls",
	"net/http":       "4.5 MB",
	"math/big":       "0.13 MB",
	"text/tabwriter": "it comes with fmt",
	"compress/flate": "it comes with fmt, and is slower than inflate and internal/compress/deflate",
	"compress/gzip":  "it comes with fmt",
	"compress/bzip2": "it comes with fmt, and can't compress",
	"archive/tar":    "it comes with fmt",
	"archive/zip":    "it comes with fmt",
}

// heavyFor lists who may nevertheless, and why.
var heavyFor = map[string]string{
	"internal/userland/applet/signals os": "os/signal's channels carry os.Signal",
}

func TestUserlandImports(t *testing.T) {
	for _, p := range packages(t) {
		path := relative(p.ImportPath)
		if path != "internal/shell" && !strings.HasPrefix(path, "internal/userland/") && !strings.HasPrefix(path, "internal/shell/") || path == "internal/userland/generate" {
			continue
		}
		for _, i := range p.Imports {
			first, _, _ := strings.Cut(i, "/")
			switch why, bad := heavy[i]; {
			case bad && heavyFor[path+" "+i] == "":
				t.Errorf("%s imports %s: %s", path, i, why)
			case strings.HasPrefix(i, "encoding/"):
				t.Errorf("%s imports %s: it comes with reflect", path, i)
			case strings.Contains(first, ".") && !slices.Contains([]string{"golang.org/x/sys/unix"}, i):
				t.Errorf("%s imports %s: of other modules the userland uses x/sys/unix alone", path, i)
			}
		}
	}
}

// TestUserlandStartsPrograms: whatever starts another program goes through applet.Execve or applet.ForkExec, which give it the
// timer slack that we were started with.
func TestUserlandStartsPrograms(t *testing.T) {
	calls := []string{"syscall.Exec(", "syscall.ForkExec(", "syscall.StartProcess(", "unix.Exec("}
	for _, p := range packages(t) {
		path := relative(p.ImportPath)
		if path != "internal/shell" && !strings.HasPrefix(path, "internal/userland/") || path == "internal/userland/generate" {
			continue
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if path == "internal/userland/applet" && name == "exec.go" {
				continue
			}
			for _, call := range calls {
				if strings.Contains(string(text), call) {
					t.Errorf("%s/%s: %s: use applet.Execve or applet.ForkExec", path, name, call)
				}
			}
		}
	}
}

// TestProcessors: our programs begin with one processor.
func TestProcessors(t *testing.T) {
	for _, p := range packages(t) {
		path := relative(p.ImportPath)
		if !strings.HasPrefix(path, "internal/") || path == "internal/parallel" || path == "internal/archtest" {
			continue
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "runtime.GOMAXPROCS(") {
				t.Errorf("%s/%s: runtime.GOMAXPROCS: use parallel.Processors", path, name)
			}
		}
	}
}
