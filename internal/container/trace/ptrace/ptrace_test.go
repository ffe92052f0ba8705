package ptrace

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bantam/internal/container/trace"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// start runs a shell's script in a pid namespace of its own, which begins when it is told "go". It is no child of
// ours: as its parent we would be told of its stops, too.
func start(t *testing.T, script string) (cmd *exec.Cmd, tell *os.File, out io.Reader) {
	t.Helper()
	testenv.Root(t)
	in, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(testenv.Program(t, "unshare"), "-pf", "--kill-child", "/bin/sh", "-c", "read go; "+script)
	cmd.Stdin = in
	if out, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, tell, out
}

// child waits for the shell of an unshare.
func child(t *testing.T, pid int) int {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSpace(string(b))
		if ns, err := os.Readlink("/proc/" + name + "/ns/pid"); name != "" && err == nil && ns != own {
			n, _ := strconv.Atoi(name)
			return n
		}
		time.Sleep(time.Millisecond)
	}
}

func watched(t *testing.T, pid int) trace.Session {
	t.Helper()
	s, err := Tracer{}.Start()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/pid", &st); err != nil {
		t.Fatal(err)
	}
	if err := s.Watch(st.Dev, st.Ino); err != nil {
		t.Fatal(err)
	}
	return s
}

func all(t *testing.T, s trace.Session) *trace.Summary {
	t.Helper()
	sum, err := trace.Collect(s, func(e *trace.Event) {
		if e.Pid == 0 || e.Command == "" {
			t.Errorf("event %+v", e)
		}
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// ofScript traces a shell's script from beginning to end.
func ofScript(t *testing.T, script string) *trace.Summary {
	t.Helper()
	cmd, tell, _ := start(t, script)
	s := watched(t, child(t, cmd.Process.Pid))
	_, _ = tell.WriteString("go\n")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	sum := all(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return sum
}

// A process and its children are seen from the next call on.
func TestTrace(t *testing.T) {
	file := t.TempDir() + "/" + strings.Repeat("x", 200)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := ofScript(t, "cat "+file+" /no/such >/dev/null 2>&1; (kill -STOP $$; exit) & wait; exec /bin/true")
	has := func(list []trace.Count, name string, failed uint64) {
		t.Helper()
		if !slices.ContainsFunc(list, func(c trace.Count) bool { return c.Name == name && c.Failed == failed }) {
			t.Errorf("no %s with %d failures in %v", name, failed, list)
		}
	}
	has(sum.Files, file, 0)
	has(sum.Files, "/no/such", 1)
	has(sum.Programs, "/bin/true", 0)
	has(sum.Calls, "execve", 0)
	has(sum.Calls, "exit_group", 0)
}

// The program of a process with several threads is replaced by another thread than the first.
func TestThreadExec(t *testing.T) {
	const rounds = 20
	sum := ofScript(t, "i=0; while [ $i -lt "+strconv.Itoa(rounds)+" ]; do "+testenv.ThreadExec(t, "/bin/true")+" || exit; i=$((i+1)); done")
	if !slices.ContainsFunc(sum.Programs, func(c trace.Count) bool { return c.Name == "/bin/true" && c.Count == rounds }) {
		t.Errorf("not %d of /bin/true in %v", rounds, sum.Programs)
	}
}

// One that runs when the tracing ends goes on, also one that is stopped.
func TestLetGo(t *testing.T) {
	cmd, tell, out := start(t, "cat /etc/passwd >/dev/null; echo first; read go; echo second")
	pid := child(t, cmd.Process.Pid)
	s := watched(t, pid)
	_, _ = tell.WriteString("go\n")
	b := make([]byte, 6)
	if _, err := io.ReadFull(out, b); err != nil || string(b) != "first\n" {
		t.Fatalf("%q, %v", b, err)
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if sum := all(t, s); !slices.ContainsFunc(sum.Files, func(c trace.Count) bool { return c.Name == "/etc/passwd" }) {
		t.Errorf("files: %v", sum.Files)
	}
	_ = s.Close()
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	_, _ = tell.WriteString("go\n")
	if rest, err := io.ReadAll(out); err != nil || string(rest) != "second\n" {
		t.Fatalf("%q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Who is traced already can't be traced by us, too.
func TestTaken(t *testing.T) {
	cmd, tell, _ := start(t, "exit 0")
	pid := child(t, cmd.Process.Pid)
	s := watched(t, pid)
	other, err := Tracer{}.Start()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/pid", &st); err != nil {
		t.Fatal(err)
	}
	if err := other.Watch(st.Dev, st.Ino); err == nil || !strings.Contains(err.Error(), "operation not permitted") {
		t.Errorf("error %v", err)
	}
	_ = other.Close()
	_, _ = tell.WriteString("go\n")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}
