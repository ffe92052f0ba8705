package barefork

import (
	"errors"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func status(t *testing.T, pid int) int {
	t.Helper()
	var ws syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &ws, 0, nil); err == nil {
			return ws.ExitStatus()
		} else if err != syscall.EINTR {
			t.Fatal(err)
		}
	}
}

func TestExec(t *testing.T) {
	for range 100 {
		var s Script
		s.Call("chdir", unix.SYS_CHDIR, s.String("/proc"))
		s.Exec([]string{"/nowhere/sh", "/bin/sh"}, []string{"sh", "-c", `test "$PWD $X" = "/proc y"; exit $((3 + $?))`}, []string{"X=y"})
		pid, err := s.Start()
		if err != nil {
			t.Fatal(err)
		}
		if got := status(t, pid); got != 3 {
			t.Fatalf("status %d", got)
		}
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		fill func(s *Script)
		want Error
	}{
		"call": {func(s *Script) { s.Call("go there", unix.SYS_CHDIR, s.String("/nowhere")) }, Error{"go there", syscall.ENOENT}},
		"exec": {func(s *Script) { s.Exec([]string{"/nowhere/x"}, []string{"x"}, nil) }, Error{"x", syscall.ENOENT}},
		"denied": {func(s *Script) { s.Exec([]string{"/etc/passwd", "/nowhere/x"}, []string{"x"}, nil) },
			Error{"x", syscall.EACCES}},
		"sync":  {func(s *Script) { s.Sync(func(int) error { return &Error{"parent", syscall.EIO} }) }, Error{"parent", syscall.EIO}},
		"after": {func(s *Script) { s.Fork(); s.Call("close", unix.SYS_CLOSE, ^uintptr(0)) }, Error{"close", syscall.EBADF}},
	} {
		var s Script
		c.fill(&s)
		_, err := s.Start()
		var e *Error
		if !errors.As(err, &e) || *e != c.want {
			t.Errorf("%s: %v, want %v", name, err, &c.want)
		}
		if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
			t.Errorf("%s: a child is left: %v", name, err)
		}
	}
}

func TestForkAndSync(t *testing.T) {
	var s Script
	var pids []int
	note := func(pid int) error {
		pids = append(pids, pid)
		return syscall.Kill(pid, 0)
	}
	s.Sync(note)
	s.Fork()
	s.Sync(note)
	s.Exec([]string{"/bin/sh"}, []string{"sh", "-c", `echo $$ >/dev/null; exit 4`}, nil)
	pid, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	if len(pids) != 2 || pids[0] == pids[1] || pids[1] != pid {
		t.Errorf("pids %v, the last is %d", pids, pid)
	}
	if got := status(t, pid); got != 4 {
		t.Errorf("status %d", got)
	}
	if syscall.Kill(pids[0], 0) != syscall.ESRCH {
		t.Error("the first process " + strconv.Itoa(pids[0]) + " is left")
	}
}

func TestSlots(t *testing.T) {
	var s Script
	s.Try(1, unix.SYS_CHDIR, s.String("/nowhere"))
	s.Must("first", 1, unix.SYS_CHDIR, s.String("/"))
	s.Must("left out", 1, unix.SYS_CHDIR, s.String("/nowhere"))
	if err := s.Here(); err != nil {
		t.Error(err)
	}
	s.Must("second", 2, unix.SYS_CHDIR, s.String("/nowhere"))
	if err := s.Here(); err == nil || err.Error() != "second: no such file or directory" {
		t.Error(err)
	}
}
