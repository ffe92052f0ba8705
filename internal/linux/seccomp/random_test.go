package seccomp

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func goarch() string { return runtime.GOARCH }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// checkRandom compares the compiled program with the plain reading of a random profile over random calls.
func checkRandom(t *testing.T, r *rand.Rand) {
	machine := pick(r, "amd64", "amd64", "arm64", "s390x")
	s := randomProfile(r)
	p, err := Compile(s, machine)
	if err != nil {
		t.Fatalf("%v\n%+v", err, s)
	}
	for range 300 {
		c := randomCall(r, s, machine)
		got, _, err := run(p.Filter, &c, machine == "s390x")
		if err != nil {
			t.Fatalf("%s: %v", machine, err)
		}
		if want := judge(s, machine, &c); got != want {
			t.Fatalf("%s: %+v gives %#x, want %#x\n%+v", machine, c, got, want, s)
		}
	}
}

func randomProfile(r *rand.Rand) *specs.LinuxSeccomp {
	s := &specs.LinuxSeccomp{ListenerPath: "/agent"}
	s.DefaultAction, s.DefaultErrnoRet = randomAction(r, false)
	for _, a := range []specs.Arch{specs.ArchX86, specs.ArchX32, specs.ArchX86_64, specs.ArchARM, specs.ArchMIPS} {
		if r.IntN(2) == 0 {
			s.Architectures = append(s.Architectures, a)
		}
	}
	names := min(1+r.IntN(len(callEnds)), 1+r.IntN(120))
	for range r.IntN(40) {
		c := specs.LinuxSyscall{}
		c.Action, c.ErrnoRet = randomAction(r, true)
		for range 1 + r.IntN(12) {
			if name := callName(r.IntN(names) * len(callEnds) / names); name != "write" {
				c.Names = append(c.Names, name)
			}
		}
		c.Names = append(c.Names, pick(r, "socket", "semget", "unheard_of", "getpid", "set_tls", "socketcall"))
		for range max(0, r.IntN(6)-2) {
			c.Args = append(c.Args, randomArg(r))
		}
		s.Syscalls = append(s.Syscalls, c)
	}
	return s
}

func randomAction(r *rand.Rand, notify bool) (specs.LinuxSeccompAction, *uint) {
	a := pick(r, specs.ActAllow, specs.ActErrno, specs.ActErrno, specs.ActKill, specs.ActKillProcess, specs.ActKillThread,
		specs.ActTrap, specs.ActTrace, specs.ActLog, specs.ActNotify)
	if a == specs.ActNotify && !notify {
		a = specs.ActErrno
	}
	if (a == specs.ActErrno || a == specs.ActTrace) && r.IntN(2) == 0 {
		return a, errnoRet(pick[uint](r, 0, 1, 38, 4095))
	}
	return a, nil
}

// value draws from few, so that comparisons are met as often as missed.
func value(r *rand.Rand) uint64 {
	return pick(r, 0, 1, 2, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x8000000000000000, ^uint64(0), r.Uint64())
}

func randomArg(r *rand.Rand) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{
		Index: uint(r.IntN(6)), Value: value(r), ValueTwo: value(r),
		Op: pick(r, specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual),
	}
}

func randomCall(r *rand.Rand, s *specs.LinuxSeccomp, machine string) call {
	c := call{arch: pick[uint32](r, unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_AARCH64, unix.AUDIT_ARCH_ARM, unix.AUDIT_ARCH_S390X)}
	if native, _ := nativeArch(machine); r.IntN(3) > 0 {
		c.arch = native.audit
	}
	c.nr = pick(r, r.Uint32N(560), x32Bit|r.Uint32N(560), armPrivate|r.Uint32N(8), ^uint32(0), 102, 117, r.Uint32())
	if a, ok := abiOf(s, machine, &c); ok && len(s.Syscalls) > 0 && r.IntN(2) == 0 {
		rule := s.Syscalls[r.IntN(len(s.Syscalls))]
		if nr, ok := numberOf(rule.Names[r.IntN(len(rule.Names))], a); ok {
			c.nr = a.base + nr
		}
	}
	for i := range c.args {
		c.args[i] = value(r)
	}
	return c
}
