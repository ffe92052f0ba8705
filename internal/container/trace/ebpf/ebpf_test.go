package ebpf

import (
	"errors"
	"io"
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
	cmd := exec.Command("/bin/sh", "-c", "read go; cat "+file+" /no/such >/dev/null 2>&1; exec /bin/true")
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
	var r trace.Recorder
	for {
		e, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Add(&e)
	}
	used, err := s.Calls()
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Summary(used, s.Lost())
	if !slices.ContainsFunc(sum.Files, func(c trace.Count) bool { return c.Name == file && c.Count == 1 && c.Failed == 0 }) {
		t.Errorf("files: %v", sum.Files)
	}
	if !slices.ContainsFunc(sum.Files, func(c trace.Count) bool { return c.Name == "/no/such" && c.Failed == 1 }) {
		t.Errorf("files: %v", sum.Files)
	}
	if !slices.ContainsFunc(sum.Programs, func(c trace.Count) bool { return c.Name == "/bin/true" && c.Failed == 0 }) {
		t.Errorf("programs: %v", sum.Programs)
	}
	if sum.Lost != 0 || !slices.ContainsFunc(sum.Calls, func(c trace.Count) bool { return c.Name == "execve" && c.Count >= 1 }) {
		t.Errorf("calls: %v, %d lost", sum.Calls, sum.Lost)
	}
}

func TestAddress(t *testing.T) {
	sockaddr := func(family uint16, rest ...byte) []byte {
		b := append([]byte{byte(family), byte(family >> 8)}, rest...)
		return append(b, make([]byte, recordData-len(b))...)
	}
	for want, b := range map[string][]byte{
		"127.0.0.1:80":   sockaddr(unix.AF_INET, 0, 80, 127, 0, 0, 1),
		"[::1]:443":      sockaddr(unix.AF_INET6, append(append([]byte{1, 187}, make([]byte, 19)...), 1)...),
		"unix:/run/sock": sockaddr(unix.AF_UNIX, []byte("/run/sock")...),
		"unix:@name":     sockaddr(unix.AF_UNIX, []byte("\x00name")...),
		"netlink":        sockaddr(unix.AF_NETLINK),
		"":               sockaddr(unix.AF_UNSPEC),
		"family 99":      sockaddr(99),
	} {
		if got := address(b); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
