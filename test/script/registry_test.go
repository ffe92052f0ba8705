package script

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// registry [OPTIONS...] starts `bantam registry serve` over the store $REGISTRY_ROOT
// (default: $WORK/registry) and puts its address into $REGISTRY.
func registry(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: registry [options of bantam registry serve...]")
	}
	root := ts.Getenv("REGISTRY_ROOT")
	if root == "" {
		root = ts.MkAbs("registry")
	}
	program := filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "bantam")
	cmd := exec.Command(program, append([]string{"--root", root, "registry", "serve", "--quiet", "-a", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			ts.Fatalf("bantam registry serve: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	ts.Setenv("REGISTRY", strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
}
