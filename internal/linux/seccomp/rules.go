package seccomp

import (
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// rules is a profile, checked and in the form that the emitter wants.
type rules struct {
	fallback uint32 // what the default action returns
	enosys   bool   // calls unknown to the profile fail with ENOSYS
	notify   bool
	list     []rule
	calls    []uint16 // what the rules' calls are parts of
}

// rule gives the calls that it names an action where every condition holds.
type rule struct {
	calls  []uint16 // indices into the call table
	action uint32
	conds  []cond
	// same: the rule's action is the default one. It counts for what the profile knows, no more.
	same   bool
	allows bool // the action lets the call through
}

// cond is one comparison of an argument.
type cond struct {
	arg   uint8
	op    op
	value uint64
	mask  uint64 // opMasked: the argument's bits that count
}

type op uint8

const (
	opEQ op = iota
	opNE
	opLT
	opLE
	opGT
	opGE
	opMasked
)

func newRules(s *specs.LinuxSeccomp) (*rules, error) {
	fallback, err := action(s.DefaultAction, s.DefaultErrnoRet)
	if err != nil {
		return nil, errors.New("seccomp: defaultAction: " + err.Error())
	}
	if s.DefaultAction == specs.ActNotify {
		return nil, errors.New("seccomp: defaultAction: SCMP_ACT_NOTIFY would also notify about the calls that hand the listener over")
	}
	r := &rules{fallback: fallback, enosys: !allows(s.DefaultAction), list: make([]rule, 0, len(s.Syscalls))}
	r.calls = make([]uint16, 0, countNames(s))
	for i := range s.Syscalls {
		if err := r.add(&s.Syscalls[i]); err != nil {
			return nil, errors.New("seccomp: syscalls[" + strconv.Itoa(i) + "]: " + err.Error())
		}
	}
	return r, nil
}

func countNames(s *specs.LinuxSeccomp) (n int) {
	for i := range s.Syscalls {
		n += len(s.Syscalls[i].Names)
	}
	return n
}

// allows reports whether an action lets calls through: unknown ones too then.
// A tracer is expected to answer for calls that it does not know.
func allows(a specs.LinuxSeccompAction) bool {
	return a == specs.ActAllow || a == specs.ActLog || a == specs.ActTrace
}

func (r *rules) add(c *specs.LinuxSyscall) error {
	act, err := action(c.Action, c.ErrnoRet)
	if err != nil {
		return err
	}
	calls, err := r.resolve(c)
	if err != nil {
		return err
	}
	conds, err := conditions(c.Args)
	if err != nil {
		return err
	}
	new := rule{calls: calls, action: act, same: act == r.fallback, allows: allows(c.Action), conds: conds}
	r.notify = r.notify || c.Action == specs.ActNotify
	if !repeats(conds) {
		r.list = append(r.list, new)
		return nil
	}
	for i := range conds {
		new.conds = conds[i : i+1]
		r.list = append(r.list, new)
	}
	return nil
}

// resolve looks a rule's names up. Those that no architecture has are passed over.
func (r *rules) resolve(c *specs.LinuxSyscall) ([]uint16, error) {
	if len(c.Names) == 0 {
		return nil, errors.New("no names")
	}
	start := len(r.calls)
	last := -1
	for _, name := range c.Names {
		switch {
		case name == "":
			return nil, errors.New("empty name")
		case name == "write" && c.Action == specs.ActNotify:
			return nil, errors.New("SCMP_ACT_NOTIFY is not possible for write: the listener is handed over with it")
		}
		if i := lookup(name, last+1); i >= 0 {
			r.calls = append(r.calls, uint16(i))
			last = i
		}
	}
	return r.calls[start:], nil
}

// repeats reports whether two conditions concern the same argument.
func repeats(conds []cond) bool {
	seen := 0
	for _, c := range conds {
		if seen&(1<<c.arg) != 0 {
			return true
		}
		seen |= 1 << c.arg
	}
	return false
}

func conditions(args []specs.LinuxSeccompArg) ([]cond, error) {
	if len(args) == 0 {
		return nil, nil
	}
	conds := make([]cond, len(args))
	for i, a := range args {
		if a.Index > 5 {
			return nil, errors.New("args[" + strconv.Itoa(i) + "]: index " + strconv.FormatUint(uint64(a.Index), 10) + " is not one of 0 to 5")
		}
		o, ok := operator(a.Op)
		if !ok {
			return nil, errors.New("args[" + strconv.Itoa(i) + "]: unknown operator " + quote(string(a.Op)))
		}
		conds[i] = cond{arg: uint8(a.Index), op: o, value: a.Value}
		if o == opMasked {
			conds[i].mask, conds[i].value = a.Value, a.ValueTwo&a.Value
		}
	}
	return conds, nil
}

func operator(name specs.LinuxSeccompOperator) (op, bool) {
	switch name {
	case specs.OpEqualTo:
		return opEQ, true
	case specs.OpNotEqual:
		return opNE, true
	case specs.OpLessThan:
		return opLT, true
	case specs.OpLessEqual:
		return opLE, true
	case specs.OpGreaterThan:
		return opGT, true
	case specs.OpGreaterEqual:
		return opGE, true
	case specs.OpMaskedEqual:
		return opMasked, true
	}
	return 0, false
}

const maxErrno = 4095 // the kernel's MAX_ERRNO

// action is the return value of a filter for an action. ERRNO and TRACE carry
// errno, EPERM where none is given; the others must have none (config-linux.md, errnoRet).
func action(name specs.LinuxSeccompAction, errno *uint) (uint32, error) {
	switch name {
	case specs.ActErrno:
		return withErrno(unix.SECCOMP_RET_ERRNO, errno, maxErrno)
	case specs.ActTrace:
		return withErrno(unix.SECCOMP_RET_TRACE, errno, unix.SECCOMP_RET_DATA)
	}
	ret, ok := plainAction(name)
	if !ok {
		return 0, errors.New("unknown action " + quote(string(name)))
	}
	if errno != nil {
		return 0, errors.New("action " + string(name) + " takes no errnoRet")
	}
	return ret, nil
}

func withErrno(ret uint32, errno *uint, limit uint) (uint32, error) {
	if errno == nil {
		return ret | uint32(unix.EPERM), nil
	}
	if *errno > limit {
		return 0, errors.New("errnoRet " + strconv.FormatUint(uint64(*errno), 10) + " is above " + strconv.FormatUint(uint64(limit), 10))
	}
	return ret | uint32(*errno), nil
}

func plainAction(name specs.LinuxSeccompAction) (uint32, bool) {
	switch name {
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, true
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, true
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, true
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, true
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, true
	case specs.ActNotify:
		return unix.SECCOMP_RET_USER_NOTIF, true
	}
	return 0, false
}

// Actions lists the spec's actions, sorted, for `features`.
func Actions() []string {
	return []string{"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"}
}

// Operators lists the spec's operators, sorted, for `features`.
func Operators() []string {
	return []string{"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"}
}

// Archs lists the spec's architectures that a program for goarch can judge, sorted, for `features`.
func Archs(goarch string) []string {
	switch goarch {
	case "amd64":
		return []string{"SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"}
	case "arm64":
		return []string{"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}
	}
	return nil
}
