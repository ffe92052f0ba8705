// Package seccomp compiles an OCI seccomp profile to the classic BPF program
// that seccomp(2) takes, in pure Go.
//
// The meaning is that of runc over libseccomp:
//
//   - The default action holds for calls that no rule names. Names that an
//     architecture does not have are passed over.
//   - A rule without arguments beats rules with arguments; of several such rules
//     for a call the first one counts. Rules whose action is the default action say nothing and are dropped.
//   - The arguments of one rule must all match; if two of them concern the same
//     argument, each becomes a rule of its own (what runc and crun do, and profiles rely on).
//   - Of several rules with arguments the first one that matches, in the
//     profile's order, counts. (libseccomp orders them by argument and operator; only profiles
//     that give one call contradictory actions can tell.)
//   - 64-bit arguments are compared whole; on 32-bit architectures and x32 the low word is.
//   - A call newer than every call that the profile names, so one that its author cannot
//     have known, fails with ENOSYS and not with the default action, unless that is
//     an allowing one: programs then take their fallback (runc's "patchbpf").
//   - x32 calls, where the profile does not list x32, and calls of other
//     architectures kill the thread (libseccomp's "bad architecture"); where ENOSYS applies it covers x32.
//   - Where socketcall(2) and ipc(2) multiplex calls, a rule for one of those calls also
//     holds for its number there. BPF cannot see the arguments, which are behind a pointer: a
//     rule that allows by arguments does not hold there, and one that forbids by
//     arguments where the default action allows forbids the call whole.
//
// The program searches the call's number in a balanced tree of ranges with the
// same outcome. That keeps a call cheap, and also the attaching: since Linux 5.11
// the kernel runs every filter once for each number to find those that are always allowed.
package seccomp

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Program is a compiled profile.
type Program struct {
	// Filter is an array of struct sock_filter, 8 bytes each, in the byte order of this machine.
	Filter []byte
	// Flags are SECCOMP_FILTER_FLAG_*, for seccomp(2) with SECCOMP_SET_MODE_FILTER.
	Flags uint32
	// Notify says that the filter has a listener: seccomp(2) then returns its descriptor.
	Notify bool
	// ListenerPath is the socket of the agent that takes the listener, ListenerMetadata what it is told.
	ListenerPath, ListenerMetadata string
}

// Len is the number of instructions.
func (p *Program) Len() int { return len(p.Filter) / sizeofFilter }

const (
	sizeofFilter = 8
	maxFilter    = 4096 // BPF_MAXINSNS
)

// Compile translates a profile for a machine of the given GOARCH. It returns
// nil for a nil profile.
func Compile(s *specs.LinuxSeccomp, goarch string) (*Program, error) {
	if s == nil {
		return nil, nil
	}
	archs, err := targets(goarch, s.Architectures)
	if err != nil {
		return nil, err
	}
	r, err := newRules(s)
	if err != nil {
		return nil, err
	}
	if err := checkListener(s, r.notify); err != nil {
		return nil, err
	}
	// An agent that the profile names gets its listener even if no rule notifies it: it waits for it.
	r.notify = r.notify || s.ListenerPath != ""
	flags, err := filterFlags(s.Flags, r.notify)
	if err != nil {
		return nil, err
	}
	code, err := assemble(r, archs)
	if err != nil {
		return nil, err
	}
	return &Program{
		Filter: code, Flags: flags, Notify: r.notify,
		ListenerPath: s.ListenerPath, ListenerMetadata: s.ListenerMetadata,
	}, nil
}

// assemble makes the program: the code of each architecture, entered by the
// comparison of seccomp_data.arch at the top.
func assemble(r *rules, archs []arch) ([]byte, error) {
	e := emitter{rules: r, code: make([]filter, 0, 512)}
	next := e.ret(unix.SECCOMP_RET_KILL_THREAD)
	for i := len(archs) - 1; i >= 0; i-- {
		start, err := e.arch(&archs[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			next = e.jump(unix.BPF_JEQ, archs[i].audit, start, next)
			continue
		}
		e.jump(unix.BPF_JEQ, archs[i].audit, start, next)
		e.load(offsetArch)
	}
	if len(e.code) > maxFilter {
		return nil, errors.New("seccomp: the profile needs " + strconv.Itoa(len(e.code)) + " BPF instructions, the kernel takes 4096: give it fewer rules with arguments")
	}
	return e.pack(), nil
}

// pack turns the code, which was written from its end, into the kernel's form.
func (e *emitter) pack() []byte {
	out := make([]byte, 0, len(e.code)*sizeofFilter)
	for i := len(e.code) - 1; i >= 0; i-- {
		f := &e.code[i]
		out = binary.NativeEndian.AppendUint16(out, f.code)
		out = append(out, f.jt, f.jf)
		out = binary.NativeEndian.AppendUint32(out, f.k)
	}
	return out
}

// filterFlags maps the spec's flags. Without a list SPEC_ALLOW is set, as runc
// does: it keeps the kernel from slowing the whole container down.
func filterFlags(list []specs.LinuxSeccompFlag, notify bool) (uint32, error) {
	if list == nil {
		list = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagSpecAllow}
	}
	var flags uint32
	if notify {
		flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	}
	for _, name := range list {
		bit, ok := filterFlag(name)
		if !ok {
			return 0, errors.New("seccomp: unknown flag " + quote(string(name)))
		}
		flags |= bit
	}
	return fixFlags(flags), nil
}

func filterFlag(name specs.LinuxSeccompFlag) (uint32, bool) {
	switch name {
	case "SECCOMP_FILTER_FLAG_TSYNC":
		return unix.SECCOMP_FILTER_FLAG_TSYNC, true
	case specs.LinuxSeccompFlagLog:
		return unix.SECCOMP_FILTER_FLAG_LOG, true
	case specs.LinuxSeccompFlagSpecAllow:
		return unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, true
	case specs.LinuxSeccompFlagWaitKillableRecv:
		return unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, true
	}
	return 0, false
}

// fixFlags makes combinations that seccomp(2) refuses acceptable: a listener
// with TSYNC needs TSYNC_ESRCH, and WAIT_KILLABLE_RECV concerns listeners alone.
func fixFlags(flags uint32) uint32 {
	if flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		return flags &^ unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	}
	if flags&unix.SECCOMP_FILTER_FLAG_TSYNC != 0 {
		flags |= unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	}
	return flags
}

// checkListener holds the profile to config-linux.md: SCMP_ACT_NOTIFY needs
// listenerPath, and listenerMetadata needs it too.
func checkListener(s *specs.LinuxSeccomp, notify bool) error {
	switch {
	case s.ListenerPath != "":
		return nil
	case notify:
		return errors.New("seccomp: SCMP_ACT_NOTIFY needs listenerPath")
	case s.ListenerMetadata != "":
		return errors.New("seccomp: listenerMetadata needs listenerPath")
	}
	return nil
}

// Flags lists the spec's flags that Compile takes, sorted, for `features`.
func Flags() []string {
	return []string{"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}
}

func quote(s string) string { return strconv.Quote(s) }
