package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// judge is the plain reading of a profile: what becomes of a call, by a walk over the
// rules as the package comment words them. It shares no code with the compiler but the call table.
func judge(s *specs.LinuxSeccomp, goarch string, c *call) uint32 {
	abi, ok := abiOf(s, goarch, c)
	if !ok {
		if c.arch == unix.AUDIT_ARCH_X86_64 && goarch == "amd64" {
			return foreignX32(s, c)
		}
		return unix.SECCOMP_RET_KILL_THREAD
	}
	fallback := returns(s.DefaultAction, s.DefaultErrnoRet)
	known := newest(s, abi)
	if conditional, done := plainRules(s, abi, c, fallback); done {
		return conditional
	}
	local := c.nr - abi.base
	if abi.base == 0 && abi.goarch == "arm" && c.nr >= armPrivate {
		return fallback
	}
	if blocking(s) && known >= 0 && int64(local) > int64(known) {
		return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	return fallback
}

type abi struct {
	goarch string
	col    column
	base   uint32
	wide   bool
	mux    bool
}

func listed(s *specs.LinuxSeccomp, name specs.Arch) bool {
	for _, a := range s.Architectures {
		if a == name {
			return true
		}
	}
	return false
}

func abiOf(s *specs.LinuxSeccomp, goarch string, c *call) (abi, bool) {
	switch {
	case goarch == "amd64" && c.arch == unix.AUDIT_ARCH_X86_64 && c.nr < x32Bit:
		return abi{"amd64", colAMD64, 0, true, false}, true
	case goarch == "amd64" && c.arch == unix.AUDIT_ARCH_X86_64 && listed(s, specs.ArchX32):
		return abi{"x32", colX32, x32Bit, false, false}, true
	case goarch == "amd64" && c.arch == unix.AUDIT_ARCH_I386 && listed(s, specs.ArchX86):
		return abi{"386", col386, 0, false, true}, true
	case goarch == "arm64" && c.arch == unix.AUDIT_ARCH_AARCH64:
		return abi{"arm64", colARM64, 0, true, false}, true
	case goarch == "arm64" && c.arch == unix.AUDIT_ARCH_ARM && listed(s, specs.ArchARM):
		return abi{"arm", colARM, 0, false, false}, true
	case goarch == "s390x" && c.arch == unix.AUDIT_ARCH_S390X:
		return abi{"s390x", colS390X, 0, true, true}, true
	}
	return abi{}, false
}

func foreignX32(s *specs.LinuxSeccomp, c *call) uint32 {
	if blocking(s) && newest(s, abi{goarch: "amd64", col: colAMD64}) >= 0 {
		return unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	if c.nr == ^uint32(0) {
		return returns(s.DefaultAction, s.DefaultErrnoRet)
	}
	return unix.SECCOMP_RET_KILL_THREAD
}

func blocking(s *specs.LinuxSeccomp) bool {
	switch s.DefaultAction {
	case specs.ActAllow, specs.ActLog, specs.ActTrace:
		return false
	}
	return true
}

// numberOf scans the table for a name's number on an ABI, relative to its base.
func numberOf(name string, a abi) (uint32, bool) {
	for i := range callEnds {
		if callName(i) == name {
			nr := callNumbers[i][a.col]
			switch {
			case nr == absent:
				return 0, false
			case nr&private != 0:
				return armPrivate + uint32(nr&^private), true
			}
			return uint32(nr), true
		}
	}
	return 0, false
}

// newest is the highest number that the profile names, -1 if it names none.
func newest(s *specs.LinuxSeccomp, a abi) int64 {
	last := int64(-1)
	for _, rule := range s.Syscalls {
		for _, name := range rule.Names {
			if nr, ok := numberOf(name, a); ok && nr < armPrivate {
				last = max(last, int64(nr))
			}
		}
	}
	return last
}

func returns(a specs.LinuxSeccompAction, errno *uint) uint32 {
	value := uint32(1)
	if errno != nil {
		value = uint32(*errno)
	}
	switch a {
	case specs.ActErrno:
		return 0x50000 | value
	case specs.ActTrace:
		return 0x7ff00000 | value
	case specs.ActKillProcess:
		return 0x80000000
	case specs.ActTrap:
		return 0x30000
	case specs.ActAllow:
		return 0x7fff0000
	case specs.ActLog:
		return 0x7ffc0000
	case specs.ActNotify:
		return 0x7fc00000
	}
	return 0 // the kills of a thread
}

// plainRules finds the rule that decides: an unconditional one, else the first match.
func plainRules(s *specs.LinuxSeccomp, a abi, c *call, fallback uint32) (ret uint32, found bool) {
	for _, rule := range s.Syscalls {
		ret := returns(rule.Action, rule.ErrnoRet)
		if ret != fallback && len(rule.Args) == 0 && names(rule, a, c.nr-a.base) {
			return ret, true
		}
	}
	for _, rule := range s.Syscalls {
		ret := returns(rule.Action, rule.ErrnoRet)
		if ret == fallback {
			continue
		}
		forbids := rule.Action != specs.ActAllow && rule.Action != specs.ActLog && rule.Action != specs.ActTrace
		if (len(rule.Args) == 0 || forbids && !blocking(s)) && multiplexed(rule, a, c) {
			return ret, true
		}
		if len(rule.Args) > 0 && names(rule, a, c.nr-a.base) && matches(rule.Args, a, c) {
			return ret, true
		}
	}
	return fallback, named(s, a, c)
}

// named: some rule knows the call, be it without effect.
func named(s *specs.LinuxSeccomp, a abi, c *call) bool {
	for _, rule := range s.Syscalls {
		if names(rule, a, c.nr-a.base) {
			return true
		}
	}
	return false
}

func names(rule specs.LinuxSyscall, a abi, nr uint32) bool {
	for _, name := range rule.Names {
		if n, ok := numberOf(name, a); ok && n == nr {
			return true
		}
	}
	return false
}

func multiplexed(rule specs.LinuxSyscall, a abi, c *call) bool {
	if !a.mux {
		return false
	}
	for _, name := range rule.Names {
		into, sub := muxed(name)
		if nr, ok := numberOf(into, a); ok && into != "" && nr == c.nr && uint64(uint32(c.args[0])) == sub && (!a.wide || c.args[0] == sub) {
			return true
		}
	}
	return false
}

func matches(args []specs.LinuxSeccompArg, a abi, c *call) bool {
	used := map[uint]int{}
	for _, arg := range args {
		used[arg.Index]++
	}
	either := false
	for _, n := range used {
		either = either || n > 1
	}
	hits := 0
	for _, arg := range args {
		if compare(arg, a, c.args[arg.Index]) {
			hits++
		}
	}
	if either {
		return hits > 0
	}
	return hits == len(args)
}

func compare(arg specs.LinuxSeccompArg, a abi, have uint64) bool {
	value, two := arg.Value, arg.ValueTwo
	if !a.wide {
		value, two, have = uint64(uint32(value)), uint64(uint32(two)), uint64(uint32(have))
	}
	switch arg.Op {
	case specs.OpEqualTo:
		return have == value
	case specs.OpNotEqual:
		return have != value
	case specs.OpLessThan:
		return have < value
	case specs.OpLessEqual:
		return have <= value
	case specs.OpGreaterThan:
		return have > value
	case specs.OpGreaterEqual:
		return have >= value
	}
	return have&value == two&value
}
