package ebpf

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"bantam/internal/container/trace"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// A process in a pid namespace of its own is seen from its first call on, and nobody else is.
func TestTrace(t *testing.T) {
	testenv.Root(t)
	s, err := Tracer{}.Start()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) {
		testenv.Skip(t, "ebpf-tracing", err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", "read go; cat "+file+" /no/such >/dev/null 2>&1; "+testenv.ThreadExec(t, "/bin/echo")+"; exec /bin/true")
	cmd.Stdin, cmd.SysProcAttr = in, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(cmd.Process.Pid)+"/ns/pid", &st); err != nil {
		t.Fatal(err)
	}
	if err := s.Watch(st.Dev, st.Ino); err != nil {
		t.Fatal(err)
	}
	_, _ = out.WriteString("go\n")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	sum, err := trace.Collect(s, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(sum.Files, func(c trace.Count) bool { return c.Name == file && c.Count == 1 && c.Failed == 0 }) {
		t.Errorf("files: %v", sum.Files)
	}
	if !slices.ContainsFunc(sum.Files, func(c trace.Count) bool { return c.Name == "/no/such" && c.Failed == 1 }) {
		t.Errorf("files: %v", sum.Files)
	}
	for _, name := range []string{"/bin/true", "/bin/echo"} {
		if !slices.ContainsFunc(sum.Programs, func(c trace.Count) bool { return c.Name == name && c.Failed == 0 }) {
			t.Errorf("no %s in the programs: %v", name, sum.Programs)
		}
	}
	if sum.Lost != 0 || !slices.ContainsFunc(sum.Calls, func(c trace.Count) bool { return c.Name == "execve" && c.Count >= 1 }) {
		t.Errorf("calls: %v, %d lost", sum.Calls, sum.Lost)
	}
}
