package trace

import (
	"encoding/json"
	"runtime"
	"slices"

	"bantam/internal/linux/seccomp"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// setUp are the calls that bantam's own process makes behind the filter before the program begins, and those
// with which any process ends or comes back from a signal.
var setUp = []string{"capset", "execve", "exit", "exit_group", "prctl", "read", "rt_sigprocmask", "rt_sigreturn", "write"}

// Profile is the seccomp profile, in docker's format, under which what was seen still works: it allows these calls and
// refuses all others with EPERM. What was not seen while the trace ran, a rare branch, an error's handling, is refused, too.
func Profile(s *Summary) ([]byte, error) {
	names := slices.Clone(setUp)
	for _, c := range s.Calls {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	p := profile{DefaultAction: specs.ActErrno, DefaultErrnoRet: 1, Architectures: []specs.Arch{specs.ArchX86_64}}
	if runtime.GOARCH == "arm64" {
		p.Architectures = []specs.Arch{specs.ArchAARCH64}
	}
	p.Syscalls = []rule{{Names: names, Action: specs.ActAllow}}
	b, err := json.MarshalIndent(&p, "", "\t")
	return append(b, '\n'), err
}

// profile is the part of docker's format that is needed.
type profile struct {
	DefaultAction   specs.LinuxSeccompAction `json:"defaultAction"`
	DefaultErrnoRet int                      `json:"defaultErrnoRet"`
	Architectures   []specs.Arch             `json:"architectures"`
	Syscalls        []rule                   `json:"syscalls"`
}

type rule struct {
	Names  []string                 `json:"names"`
	Action specs.LinuxSeccompAction `json:"action"`
}

// Name is a system call's name on this architecture.
func Name(nr int) string { return seccomp.Name(nr, runtime.GOARCH) }
