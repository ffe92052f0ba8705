package peers

import (
	"strings"
	"testing"

	"bantam/internal/testenv"
)

func TestBuildah(t *testing.T) {
	path := runtimeUnderTest(t)
	program := testenv.Program(t, "buildah")
	dir := folder(t)
	e := &engine{
		prefix: []string{program},
		env:    []string{"CONTAINERS_STORAGE_CONF=" + storage(t, dir), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir},
	}
	if o := e.try(t, "info"); o.code != 0 {
		testenv.Skip(t, "buildah-starts", lastLines(o.stderr, 1))
	}
	run := func(args ...string) []string {
		return append([]string{"run", "--runtime", path, "--isolation", "oci", "--network", "none"}, args...)
	}
	name := e.must(t, "from", "scratch")
	e.must(t, "add", name, rootfsFile(t, dir), "/")
	e.want(t, "hello", run(name, "/bin/echo", "hello")...)
	e.wantCode(t, 7, run(name, "/bin/sh", "-c", "exit 7")...)
	e.must(t, run(name, "/bin/sh", "-c", "echo kept >/data/file")...)
	e.want(t, "kept", run(name, "/bin/cat", "/data/file")...)
	e.must(t, "rm", name)
	if list := strings.TrimSpace(e.must(t, "containers", "-q")); list != "" {
		t.Errorf("left: %q", list)
	}
}
