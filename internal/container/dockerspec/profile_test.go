package dockerspec

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// The generated table gives what moby's own resolver gives.
func TestProfileIsMobys(t *testing.T) {
	all := AllCapabilities()
	for _, caps := range [][]string{nil, defaultCapabilities[:], all, {"CAP_SYS_ADMIN"}, {"CAP_SYS_PTRACE", "CAP_BPF"}} {
		spec := &specs.Spec{
			Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: caps}},
			Linux:   &specs.Linux{},
		}
		want, err := seccomp.GetDefaultProfile(spec)
		if err != nil {
			t.Fatal(err)
		}
		got := Profile(caps)
		slices.Sort(want.Architectures)
		slices.Sort(got.Architectures)
		if d := cmp.Diff(flat(want), flat(got)); d != "" {
			t.Errorf("profile for %v differs from moby's (-moby +ours): run go generate\n%s", caps, d)
		}
	}
}

// flat spells every rule out, one name each: moby merges some rules.
func flat(p *specs.LinuxSeccomp) *specs.LinuxSeccomp {
	out := *p
	out.Syscalls = nil
	for _, s := range p.Syscalls {
		for _, n := range s.Names {
			one := s
			one.Names = []string{n}
			if len(one.Args) == 0 {
				one.Args = nil
			}
			out.Syscalls = append(out.Syscalls, one)
		}
	}
	return &out
}
