package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"bantam/internal/testenv"
)

// imageArchive is the image box as `make images` writes it.
func imageArchive(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(testenv.Program(t, "go"), "run", "./packaging/images", "-o", dir, "box:load="+testenv.Bin(t, "box"))
	cmd.Dir = testenv.Module(t)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make the image: %v\n%s", err, out)
	}
	return filepath.Join(dir, "box-load.tar")
}

// loads checks that an engine takes our images and that they run there.
func loads(t *testing.T, e *engine) {
	t.Helper()
	e.must(t, "load", "-i", imageArchive(t))
	e.want(t, "root", "run", "--rm", "--network", "none", "box:load", "sh", "-c", "id -un")
	e.want(t, "sh", "run", "--rm", "--network", "none", "-e", "X=1", "box:load", "sh", "-c", "cat /proc/1/comm; :")
}
