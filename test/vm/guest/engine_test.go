package guest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// engine is bantam with a root of its own.
type engine struct {
	t         *testing.T
	bin, root string
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	return &engine{t: t, bin: testenv.Bin(t, "bantam"), root: t.TempDir()}
}

func (e *engine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(e.bin, args...)
	cmd.Env = append(os.Environ(), "BANTAM_ROOT="+e.root, "BANTAM_OCI="+filepath.Join(filepath.Dir(e.bin), "bantam-oci"))
	return cmd
}

func (e *engine) run(args ...string) (string, error) {
	out, err := e.command(args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (e *engine) must(args ...string) string {
	e.t.Helper()
	out, err := e.run(args...)
	if err != nil {
		e.t.Fatalf("bantam %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}
