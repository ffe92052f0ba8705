package archtest

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bantam/internal/testenv"
)

var update = flag.Bool("update", false, "write the ledgers of testdata anew")

const module = "bantam"

// pkg is what `go list -json` says of a package, as far as the tests ask.
type pkg struct {
	ImportPath, Dir, Name string
	GoFiles, Imports      []string
	Standard              bool
}

var listOnce = sync.OnceValues(func() ([]pkg, error) {
	return goList("./...")
})

// packages returns the module's own packages, tests apart.
func packages(t *testing.T) []pkg {
	t.Helper()
	testenv.Program(t, "go")
	p, err := listOnce()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// goList runs go list in the module's folder, for linux/amd64 without cgo: the
// build that the ledgers describe.
func goList(args ...string) ([]pkg, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Name,GoFiles,Imports,Standard"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// relative names a package or file from the module's root.
func relative(path string) string { return strings.TrimPrefix(path, module+"/") }

// ledger reads a file of testdata: one entry a line, "#" begins a comment.
func ledger(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range strings.Split(string(b), "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			lines = append(lines, l)
		}
	}
	return lines
}

// writeLedger writes a file of testdata.
func writeLedger(t *testing.T, name, head string, lines []string) {
	t.Helper()
	text := "# " + head + " Written by `make ledger`.\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join("testdata", name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
