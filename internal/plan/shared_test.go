package plan

import (
	"slices"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestSharedMemory: a child shares its parent's memory only where no process of a container can trace it.
func TestSharedMemory(t *testing.T) {
	add := func(ns ...specs.LinuxNamespace) func(*specs.Spec) {
		return func(s *specs.Spec) { s.Linux.Namespaces = append(s.Linux.Namespaces, ns...) }
	}
	pids := func(path string) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == specs.PIDNamespace })
			if path != "" {
				add(specs.LinuxNamespace{Type: specs.PIDNamespace, Path: path})(s)
			}
		}
	}
	tracer := func(s *specs.Spec) {
		b := &s.Process.Capabilities.Bounding
		*b = append(append([]string{}, *b...), "CAP_SYS_PTRACE")
	}
	user := func(s *specs.Spec) {
		add(specs.LinuxNamespace{Type: specs.UserNamespace})(s)
		one := []specs.LinuxIDMapping{{HostID: 100000, Size: 65536}}
		s.Linux.UIDMappings, s.Linux.GIDMappings = one, one
	}
	none := func(*specs.Spec) {}
	for name, c := range map[string]struct {
		container, process func(*specs.Spec)
		host               Host
		joined             uintptr
		run, exec          bool
	}{
		"default":               {none, none, host, 0, true, true},
		"tracing container":     {tracer, none, host, 0, true, false},
		"tracing process":       {none, tracer, host, 0, true, false},
		"user namespace":        {user, none, host, 0, false, false},
		"joined time namespace": {add(specs.LinuxNamespace{Type: specs.TimeNamespace, Path: "/proc/1/ns/time"}), none, host, 0, false, false},
		"another's pids":        {pids("/proc/1/ns/pid"), none, host, 0, false, false},
		"the host's pids":       {pids(""), none, host, 0, false, false},
		"no privilege":          {none, none, Host{UID: 1000}, 0, true, false},
		"somebody's process":    {none, none, host, unix.CLONE_NEWPID | unix.CLONE_NEWNS, true, false},
	} {
		spec := readSpec(t, "testdata/default.json")
		c.container(spec)
		if p, err := Compile(spec, c.host, options()); err != nil || p.ShareMemory != c.run {
			t.Errorf("%s: run shares: %v, want %v (%v)", name, p != nil && p.ShareMemory, c.run, err)
		}
		other := readSpec(t, "testdata/default.json")
		c.process(other)
		if p, err := CompileExec(spec, other.Process, c.host, ExecOptions{Joined: c.joined}); err != nil || p.ShareMemory != c.exec {
			t.Errorf("%s: exec shares: %v, want %v (%v)", name, p != nil && p.ShareMemory, c.exec, err)
		}
	}
}
