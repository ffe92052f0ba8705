package seccomp

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// dockerProfile is what github.com/moby/profiles/seccomp v0.3.0 makes for
// Docker's default capabilities on amd64.
//
//go:embed testdata/docker.json
var dockerProfile []byte

func docker(t testing.TB) *specs.LinuxSeccomp {
	t.Helper()
	s := new(specs.LinuxSeccomp)
	if err := json.Unmarshal(dockerProfile, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func compile(t testing.TB, s *specs.LinuxSeccomp, goarch string) *Program {
	t.Helper()
	p, err := Compile(s, goarch)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func verdict(t testing.TB, p *Program, c *call) uint32 {
	t.Helper()
	ret, _, err := run(p.Filter, c, false)
	if err != nil {
		t.Fatal(err)
	}
	return ret
}

func errnoRet(n uint) *uint { return &n }

const (
	allow  = unix.SECCOMP_RET_ALLOW
	eperm  = unix.SECCOMP_RET_ERRNO | 1
	enosys = unix.SECCOMP_RET_ERRNO | 38
)

func TestDockerDefault(t *testing.T) {
	p := compile(t, docker(t), "amd64")
	for _, c := range []struct {
		what string
		call call
		want uint32
	}{
		{"read", call{arch: unix.AUDIT_ARCH_X86_64, nr: 0}, allow},
		{"mount", call{arch: unix.AUDIT_ARCH_X86_64, nr: 165}, eperm},
		{"clone3", call{arch: unix.AUDIT_ARCH_X86_64, nr: 435}, enosys},
		{"clone without namespaces", call{arch: unix.AUDIT_ARCH_X86_64, nr: 56, args: [6]uint64{uint64(unix.SIGCHLD)}}, allow},
		{"clone of a user namespace", call{arch: unix.AUDIT_ARCH_X86_64, nr: 56, args: [6]uint64{unix.CLONE_NEWUSER}}, eperm},
		{"personality 0xffffffff", call{arch: unix.AUDIT_ARCH_X86_64, nr: 135, args: [6]uint64{0xffffffff}}, allow},
		{"personality 0x100000000", call{arch: unix.AUDIT_ARCH_X86_64, nr: 135, args: [6]uint64{1 << 32}}, eperm},
		{"socket AF_INET", call{arch: unix.AUDIT_ARCH_X86_64, nr: 41, args: [6]uint64{2}}, allow},
		{"socket AF_ALG", call{arch: unix.AUDIT_ARCH_X86_64, nr: 41, args: [6]uint64{38}}, eperm},
		{"a call of the future", call{arch: unix.AUDIT_ARCH_X86_64, nr: 600}, enosys},
		{"-1", call{arch: unix.AUDIT_ARCH_X86_64, nr: ^uint32(0)}, enosys},
		{"x32 read", call{arch: unix.AUDIT_ARCH_X86_64, nr: x32Bit}, allow},
		{"x32 execve", call{arch: unix.AUDIT_ARCH_X86_64, nr: x32Bit | 520}, allow},
		{"x32 number of a 64-bit call", call{arch: unix.AUDIT_ARCH_X86_64, nr: x32Bit | 59}, eperm},
		{"i386 exit", call{arch: unix.AUDIT_ARCH_I386, nr: 1}, allow},
		{"i386 mount", call{arch: unix.AUDIT_ARCH_I386, nr: 21}, eperm},
		{"aarch64", call{arch: unix.AUDIT_ARCH_AARCH64, nr: 64}, unix.SECCOMP_RET_KILL_THREAD},
	} {
		if got := verdict(t, p, &c.call); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.what, got, c.want)
		}
	}
	if p.Flags != unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW {
		t.Errorf("flags %#x", p.Flags)
	}
}

// TestCommonCallIsCheap pins the promise of the search tree: no call of Docker's
// profile without arguments takes more than 13 instructions, of which about 350 names would take a list hundreds.
func TestCommonCallIsCheap(t *testing.T) {
	p := compile(t, docker(t), "amd64")
	for nr := range uint32(462) {
		if nr == unix.SYS_SOCKET || nr == unix.SYS_PERSONALITY || nr == unix.SYS_CLONE {
			continue
		}
		_, steps, err := run(p.Filter, &call{arch: unix.AUDIT_ARCH_X86_64, nr: nr}, false)
		if err != nil || steps > 13 {
			t.Errorf("call %d: %d instructions, %v", nr, steps, err)
		}
	}
	t.Logf("%d instructions in all", p.Len())
}

func TestPrecedence(t *testing.T) {
	rule := func(name string, a specs.LinuxSeccompAction, args ...specs.LinuxSeccompArg) specs.LinuxSyscall {
		return specs.LinuxSyscall{Names: []string{name}, Action: a, Args: args}
	}
	eq := func(i uint, v uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: i, Value: v, Op: specs.OpEqualTo}
	}
	nr := uint32(unix.SYS_GETPRIORITY)
	for _, c := range []struct {
		what  string
		rules []specs.LinuxSyscall
		args  [6]uint64
		want  uint32
	}{
		{"first unconditional", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow), rule("getpriority", specs.ActLog)}, [6]uint64{}, allow},
		{"unconditional over conditional", []specs.LinuxSyscall{rule("getpriority", specs.ActLog, eq(0, 1)), rule("getpriority", specs.ActAllow)}, [6]uint64{1}, allow},
		{"default's own action says nothing", []specs.LinuxSyscall{rule("getpriority", specs.ActErrno), rule("getpriority", specs.ActAllow)}, [6]uint64{}, allow},
		{"both arguments", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow, eq(0, 1), eq(1, 2))}, [6]uint64{1, 2}, allow},
		{"one of two arguments", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow, eq(0, 1), eq(1, 2))}, [6]uint64{1, 3}, eperm},
		{"same argument twice is either", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow, eq(0, 1), eq(0, 2))}, [6]uint64{2}, allow},
		{"rules are or", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow, eq(0, 1)), rule("getpriority", specs.ActLog, eq(1, 2))}, [6]uint64{0, 2}, unix.SECCOMP_RET_LOG},
		{"first match", []specs.LinuxSyscall{rule("getpriority", specs.ActAllow, eq(0, 1)), rule("getpriority", specs.ActLog, eq(1, 2))}, [6]uint64{1, 2}, allow},
		{"unknown names", []specs.LinuxSyscall{rule("no_such_call", specs.ActLog), rule("getpriority", specs.ActAllow)}, [6]uint64{}, allow},
	} {
		s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: c.rules}
		if got := verdict(t, compile(t, s, "amd64"), &call{arch: unix.AUDIT_ARCH_X86_64, nr: nr, args: c.args}); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.what, got, c.want)
		}
	}
}

func TestX32WithoutListing(t *testing.T) {
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"mount"}, Action: specs.ActErrno}}}
	p := compile(t, s, "amd64")
	for nr, want := range map[uint32]uint32{165: eperm, 166: allow, x32Bit | 165: unix.SECCOMP_RET_KILL_THREAD, ^uint32(0): allow} {
		if got := verdict(t, p, &call{arch: unix.AUDIT_ARCH_X86_64, nr: nr}); got != want {
			t.Errorf("%#x: %#x, want %#x", nr, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	one := func(c specs.LinuxSyscall) *specs.LinuxSeccomp {
		return &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: []specs.LinuxSyscall{c}}
	}
	for want, s := range map[string]*specs.LinuxSeccomp{
		`seccomp: defaultAction: unknown action ""`:                                    {},
		`seccomp: defaultAction: unknown action "SCMP_ACT_NONE"`:                       {DefaultAction: "SCMP_ACT_NONE"},
		`seccomp: defaultAction: SCMP_ACT_NOTIFY would also`:                           {DefaultAction: specs.ActNotify},
		`seccomp: defaultAction: errnoRet 4096 is above 4095`:                          {DefaultAction: specs.ActErrno, DefaultErrnoRet: errnoRet(4096)},
		`seccomp: defaultAction: action SCMP_ACT_KILL takes no errnoRet`:               {DefaultAction: specs.ActKill, DefaultErrnoRet: errnoRet(1)},
		`seccomp: unknown architecture "SCMP_ARCH_Z80"`:                                {DefaultAction: specs.ActAllow, Architectures: []specs.Arch{"SCMP_ARCH_Z80"}},
		`seccomp: unknown flag "SECCOMP_FILTER_FLAG_OFF"`:                              {DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_OFF"}},
		`seccomp: listenerMetadata needs listenerPath`:                                 {DefaultAction: specs.ActAllow, ListenerMetadata: "x"},
		`seccomp: syscalls[0]: no names`:                                               one(specs.LinuxSyscall{Action: specs.ActAllow}),
		`seccomp: syscalls[0]: empty name`:                                             one(specs.LinuxSyscall{Names: []string{""}, Action: specs.ActAllow}),
		`seccomp: syscalls[0]: unknown action "SCMP_ACT_ALLOW "`:                       one(specs.LinuxSyscall{Names: []string{"read"}, Action: "SCMP_ACT_ALLOW "}),
		`seccomp: SCMP_ACT_NOTIFY needs listenerPath`:                                  one(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActNotify}),
		`seccomp: syscalls[0]: SCMP_ACT_NOTIFY is not possible for write`:              one(specs.LinuxSyscall{Names: []string{"write"}, Action: specs.ActNotify}),
		`seccomp: syscalls[0]: args[0]: index 6 is not one of 0 to 5`:                  one(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{{Index: 6, Op: specs.OpEqualTo}}}),
		`seccomp: syscalls[0]: args[0]: unknown operator "SCMP_CMP_XX"`:                one(specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{{Op: "SCMP_CMP_XX"}}}),
		`seccomp: the profile has too many rules with arguments for the kernel's 4096`: many(5000, false),
		`seccomp: the profile needs `:                                                  many(1200, true),
	} {
		if _, err := Compile(s, "amd64"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := Compile(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow}, "mips"); err == nil {
		t.Error("mips compiled")
	}
	if p, err := Compile(nil, "amd64"); p != nil || err != nil {
		t.Error(p, err)
	}
}

// many is a profile of n rules with an argument each.
func many(n int, wide bool) *specs.LinuxSeccomp {
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	for i := range n {
		arg := specs.LinuxSeccompArg{Index: uint(i % 6), Value: uint64(i), Op: specs.OpGreaterThan}
		if wide {
			arg.Value |= uint64(i) << 32
		}
		s.Syscalls = append(s.Syscalls, specs.LinuxSyscall{Names: []string{"read"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg}})
	}
	return s
}

func TestFlags(t *testing.T) {
	notify := &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, ListenerPath: "/x", ListenerMetadata: "m",
		Flags:    []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagWaitKillableRecv},
		Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdir"}, Action: specs.ActNotify}},
	}
	p := compile(t, notify, "amd64")
	if want := uint32(0x1 | 0x8 | 0x10 | 0x20); p.Flags != want || !p.Notify || p.ListenerPath != "/x" || p.ListenerMetadata != "m" {
		t.Errorf("%+v, want flags %#x", p, want)
	}
	plain := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagWaitKillableRecv, specs.LinuxSeccompFlagLog}}
	if p := compile(t, plain, "amd64"); p.Flags != unix.SECCOMP_FILTER_FLAG_LOG || p.Notify {
		t.Errorf("%+v", p)
	}
	if p := compile(t, &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Flags: []specs.LinuxSeccompFlag{}}, "amd64"); p.Flags != 0 {
		t.Errorf("an empty list of flags gives %#x", p.Flags)
	}
}

func TestTable(t *testing.T) {
	for i := range callEnds {
		if i > 0 && callName(i-1) >= callName(i) {
			t.Fatalf("%q before %q", callName(i-1), callName(i))
		}
		for guess := range []int{0, 1, i, i + 1, len(callEnds), len(callEnds) + 1} {
			if got := lookup(callName(i), guess); got != i {
				t.Fatalf("lookup of %q from %d: %d, want %d", callName(i), guess, got, i)
			}
		}
		for col, nr := range callNumbers[i] {
			if nr != absent && nr&^private >= segmentSize {
				t.Errorf("%s has number %d in column %d: raise segmentSize", callName(i), nr, col)
			}
		}
	}
	for name, want := range map[string]uint16{"read": unix.SYS_READ, "openat2": unix.SYS_OPENAT2, "mseal": unix.SYS_MSEAL} {
		a, _ := nativeArch(goarch())
		if nr, ok := a.slot(lookup(name, 0), 0); !ok || nr != want {
			t.Errorf("%s is %d, want %d", name, nr, want)
		}
	}
	for _, name := range []string{"", "reads", "~", "a"} {
		if i := lookup(name, 100); i != -1 {
			t.Errorf("%q found as %q", name, callName(i))
		}
	}
}

func TestRandomProfiles(t *testing.T) {
	for seed := range uint64(120) {
		checkRandom(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

func FuzzProfile(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { checkRandom(t, rand.New(rand.NewPCG(a, b))) })
}

func BenchmarkCompileDocker(b *testing.B) {
	s := docker(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(s, "amd64"); err != nil {
			b.Fatal(err)
		}
	}
}
