package dockerspec

import (
	"runtime"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:generate go run gen.go

// profileRule is one rule of moby's default profile with its conditions.
type profileRule struct {
	names   []string
	action  specs.LinuxSeccompAction // allow where empty
	errno   uint
	arg     *profileArg
	with    string   // only for containers with this capability
	without string   // only for containers without it
	arches  []string // only on these
}

type profileArg struct {
	index         uint
	value, second uint64
	op            specs.LinuxSeccompOperator
}

// Profile returns docker's default seccomp profile for a process with these
// bounding capabilities ("CAP_..." names) on this architecture.
func Profile(caps []string) *specs.LinuxSeccomp {
	eperm := uint(unix.EPERM)
	p := &specs.LinuxSeccomp{
		DefaultAction:   specs.ActErrno,
		DefaultErrnoRet: &eperm,
		Architectures:   architectures(runtime.GOARCH),
		Syscalls:        make([]specs.LinuxSyscall, 0, len(profileRules)),
	}
	for i := range profileRules {
		if r := &profileRules[i]; r.applies(caps, runtime.GOARCH) {
			p.Syscalls = append(p.Syscalls, r.syscall())
		}
	}
	return p
}

func architectures(arch string) []specs.Arch {
	if arch == "arm64" {
		return []specs.Arch{specs.ArchAARCH64, specs.ArchARM}
	}
	return []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
}

func (r *profileRule) applies(caps []string, arch string) bool {
	if r.with != "" && !slices.Contains(caps, r.with) {
		return false
	}
	if r.without != "" && slices.Contains(caps, r.without) {
		return false
	}
	return len(r.arches) == 0 || slices.Contains(r.arches, arch)
}

func (r *profileRule) syscall() specs.LinuxSyscall {
	s := specs.LinuxSyscall{Names: r.names, Action: r.action}
	if s.Action == "" {
		s.Action = specs.ActAllow
	}
	if r.errno != 0 {
		s.ErrnoRet = &r.errno
	}
	if a := r.arg; a != nil {
		s.Args = []specs.LinuxSeccompArg{{Index: a.index, Value: a.value, ValueTwo: a.second, Op: a.op}}
	}
	return s
}
