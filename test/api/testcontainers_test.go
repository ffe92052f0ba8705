package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bantam/internal/testenv"
)

// client builds a program of a module below test/clients, which has what Bantam's own module must not need.
func clientProgram(t *testing.T, module, pkg string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), module)
	cmd := exec.Command(testenv.Program(t, "go"), "build", "-o", out, pkg)
	cmd.Dir = filepath.Join(testenv.Module(t), "test/clients", module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false -mod=readonly")
	if text, err := cmd.CombinedOutput(); err != nil {
		testenv.Skip(t, module+"-builds", string(text))
	}
	return out
}

// within runs a program where the server's networks are.
func (s *server) within(program string, args ...string) *exec.Cmd {
	s.t.Helper()
	nsenter, ip := testenv.Program(s.t, "nsenter"), testenv.Program(s.t, "ip")
	here := []string{"-t", strconv.Itoa(s.cmd.Process.Pid), "-n"}
	if out, err := exec.Command(nsenter, append(here, ip, "link", "set", "lo", "up")...).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(nsenter, append(append(here, program), args...)...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+s.host(), "HOME="+s.dir, "DOCKER_CONFIG="+s.dir)
	return cmd
}

func TestTestcontainers(t *testing.T) {
	testenv.Program(t, "nft")
	s := start(t)
	cmd := s.within(clientProgram(t, "testcontainers", "."))
	cmd.Env = append(cmd.Env, "TESTCONTAINERS_RYUK_DISABLED=true") // its image comes from a registry
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Errorf("%v: %s", err, out)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(s.dir + "/root/containers")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
