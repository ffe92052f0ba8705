package seccomp

import (
	"errors"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:generate go run gen.go

// column is an architecture's place in callNumbers.
type column uint8

const (
	colAMD64 column = iota
	col386
	colX32
	colARM64
	colARM
	colRISCV64
	colPPC64LE
	colS390X
	colLoong64
	numColumns
)

const (
	absent      = 0xffff     // callNumbers: the architecture has no such call
	private     = 0x8000     // callNumbers: the number counts from armPrivate
	armPrivate  = 0x0f0000   // __ARM_NR_BASE
	x32Bit      = 0x40000000 // __X32_SYSCALL_BIT: x32 shares AUDIT_ARCH_X86_64
	segmentSize = 640        // above every number within a segment
)

// arch is what the kernel calls an architecture in seccomp_data.arch, with what its programs need.
type arch struct {
	audit   uint32
	columns [2]column // of its segments; the second one of amd64 is x32
	base    [2]uint32 // first number of each segment
	bits64  bool
	big     bool // big endian
	muxed   bool // has socketcall(2) and ipc(2)
}

// segments says how many of a's segments are in use.
func (a *arch) segments() int {
	if a.base[1] == 0 {
		return 1
	}
	return 2
}

// wide reports whether a segment's calls take 64-bit arguments. Those of x32
// do not, to libseccomp and so to profiles.
func (a *arch) wide(segment int) bool { return a.bits64 && segment == 0 }

// targets lists the architectures that a program for goarch judges: the native
// one first, then those that the profile names. An architecture whose calls this
// kernel can never make needs no code; a name that the runtime spec does not know is an error.
func targets(goarch string, names []specs.Arch) ([]arch, error) {
	native, ok := nativeArch(goarch)
	if !ok {
		return nil, errors.New("seccomp: no system call table for architecture " + goarch)
	}
	list := []arch{native}
	for _, name := range names {
		if !knownArch(name) {
			return nil, errors.New("seccomp: unknown architecture " + quote(string(name)))
		}
		list = addTarget(list, goarch, name)
	}
	return list, nil
}

func addTarget(list []arch, goarch string, name specs.Arch) []arch {
	switch {
	case goarch == "amd64" && name == specs.ArchX32:
		list[0].columns[1], list[0].base[1] = colX32, x32Bit
		return list
	case goarch == "amd64" && name == specs.ArchX86:
		return addArch(list, arch{audit: unix.AUDIT_ARCH_I386, columns: [2]column{col386}, muxed: true})
	case goarch == "arm64" && name == specs.ArchARM:
		return addArch(list, arch32ARM())
	}
	return list
}

func addArch(list []arch, a arch) []arch {
	for i := range list {
		if list[i].audit == a.audit {
			return list
		}
	}
	return append(list, a)
}

func arch32ARM() arch {
	return arch{audit: unix.AUDIT_ARCH_ARM, columns: [2]column{colARM, colARM}, base: [2]uint32{0, armPrivate}}
}

func nativeArch(goarch string) (arch, bool) {
	switch goarch {
	case "amd64":
		return arch{audit: unix.AUDIT_ARCH_X86_64, columns: [2]column{colAMD64}, bits64: true}, true
	case "386":
		return arch{audit: unix.AUDIT_ARCH_I386, columns: [2]column{col386}, muxed: true}, true
	case "arm64":
		return arch{audit: unix.AUDIT_ARCH_AARCH64, columns: [2]column{colARM64}, bits64: true}, true
	case "arm":
		return arch32ARM(), true
	case "riscv64":
		return arch{audit: unix.AUDIT_ARCH_RISCV64, columns: [2]column{colRISCV64}, bits64: true}, true
	case "ppc64le":
		return arch{audit: unix.AUDIT_ARCH_PPC64LE, columns: [2]column{colPPC64LE}, bits64: true, muxed: true}, true
	case "s390x":
		return arch{audit: unix.AUDIT_ARCH_S390X, columns: [2]column{colS390X}, bits64: true, big: true, muxed: true}, true
	case "loong64":
		return arch{audit: unix.AUDIT_ARCH_LOONGARCH64, columns: [2]column{colLoong64}, bits64: true}, true
	}
	return arch{}, false
}

// knownArch reports whether name is one of the runtime spec's list
// (config-linux.md, "seccomp", architectures).
func knownArch(name specs.Arch) bool {
	switch name {
	case specs.ArchX86, specs.ArchX86_64, specs.ArchX32, specs.ArchARM, specs.ArchAARCH64,
		specs.ArchMIPS, specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32,
		specs.ArchPPC, specs.ArchPPC64, specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X,
		specs.ArchPARISC, specs.ArchPARISC64, specs.ArchRISCV64, specs.ArchLOONGARCH64, specs.ArchM68K, specs.ArchSH, specs.ArchSHEB:
		return true
	}
	return false
}

// lookup returns the index of a system call's name in the table, or -1. Profiles
// are mostly sorted: the search starts at the guess and widens from there.
func lookup(name string, guess int) int {
	lo, hi := around(name, guess)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch c := strings.Compare(callName(mid), name); {
		case c == 0:
			return mid
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}

// around returns the part of the table, from guess on in steps that double, that may hold name.
func around(name string, guess int) (lo, hi int) {
	if guess >= len(callEnds) || name < callName(guess) {
		return 0, min(guess, len(callEnds))
	}
	lo = guess
	for step := 1; ; step *= 2 {
		hi = guess + step
		if hi >= len(callEnds) || name < callName(hi) {
			return lo, min(hi, len(callEnds))
		}
		lo = hi
	}
}

func callName(i int) string {
	start := uint16(0)
	if i > 0 {
		start = callEnds[i-1]
	}
	return callNames[start:callEnds[i]]
}

// slot finds where a keeps call i: the segment and the number within it.
func (a *arch) slot(i, segment int) (nr uint16, ok bool) {
	nr = callNumbers[i][a.columns[segment]]
	if nr == absent || (nr&private != 0) != (a.base[segment] == armPrivate) {
		return 0, false
	}
	return nr &^ private, true
}

// muxed returns the number that socketcall(2) or ipc(2) takes in its first argument in place of the call name.
func muxed(name string) (call string, sub uint64) {
	switch name {
	case "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
		"sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg":
		return "socketcall", socketcallNumber(name)
	case "semop", "semget", "semctl", "semtimedop", "msgsnd", "msgrcv", "msgget", "msgctl", "shmat", "shmdt", "shmget", "shmctl":
		return "ipc", ipcNumber(name)
	}
	return "", 0
}

// socketcallNumber is the kernel's include/uapi/linux/net.h.
func socketcallNumber(name string) uint64 {
	for i, n := range [...]string{"socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername",
		"socketpair", "send", "recv", "sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg",
		"recvmsg", "accept4", "recvmmsg", "sendmmsg"} {
		if n == name {
			return uint64(i + 1)
		}
	}
	return 0
}

// ipcNumber is the kernel's include/uapi/linux/ipc.h.
func ipcNumber(name string) uint64 {
	switch name {
	case "semop":
		return 1
	case "semget":
		return 2
	case "semctl":
		return 3
	case "semtimedop":
		return 4
	case "msgsnd":
		return 11
	case "msgrcv":
		return 12
	case "msgget":
		return 13
	case "msgctl":
		return 14
	case "shmat":
		return 21
	case "shmdt":
		return 22
	case "shmget":
		return 23
	}
	return 24 // shmctl
}
