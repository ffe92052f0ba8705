package testenv

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scriptPatience ends a script that hangs.
const scriptPatience = 2 * time.Minute

// Script runs a command in an empty folder, with the given PATH and an environment that
// says little else, and returns what it wrote to both outputs, with $DIR for the folder.
// state is nil if the command succeeded.
func Script(t testing.TB, argv []string, path string) (output string, state *os.ProcessState) {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + path, "LC_ALL=C", "TZ=UTC", "HOME=" + dir, "PWD=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second // for what the script leaves running for a moment
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "cannot run: " + err.Error(), nil
	}
	if exit != nil {
		state = exit.ProcessState
	}
	return strings.ReplaceAll(out.String(), dir, "$DIR"), state
}
