package oci

import (
	"errors"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func seccomp(s *specs.LinuxSeccomp) error {
	if s == nil {
		return nil
	}
	if err := first(action(s.DefaultAction), arches(s.Architectures), seccompFlags(s.Flags)); err != nil {
		return err
	}
	if s.DefaultAction == specs.ActNotify {
		return errors.New("SCMP_ACT_NOTIFY cannot be used as default action")
	}
	notify := false
	for i := range s.Syscalls {
		call := &s.Syscalls[i]
		if err := syscallRule(call); err != nil {
			return errors.New(at("linux.seccomp.syscalls", i) + ": " + err.Error())
		}
		notify = notify || call.Action == specs.ActNotify
	}
	if notify && s.ListenerPath == "" {
		return errors.New("SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath")
	}
	return nil
}

func action(a specs.LinuxSeccompAction) error {
	switch a {
	case specs.ActKill, specs.ActKillProcess, specs.ActKillThread, specs.ActTrap, specs.ActErrno,
		specs.ActTrace, specs.ActAllow, specs.ActLog, specs.ActNotify:
		return nil
	}
	return errors.New("string " + quote(string(a)) + " is not a valid action for seccomp")
}

func arches(list []specs.Arch) error {
	for _, a := range list {
		switch a {
		case specs.ArchX86, specs.ArchX86_64, specs.ArchX32, specs.ArchARM, specs.ArchAARCH64,
			specs.ArchMIPS, specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32,
			specs.ArchPPC, specs.ArchPPC64, specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X, specs.ArchPARISC,
			specs.ArchPARISC64, specs.ArchRISCV64, specs.ArchLOONGARCH64, specs.ArchM68K, specs.ArchSH, specs.ArchSHEB:
		default:
			return errors.New("string " + quote(string(a)) + " is not a valid arch for seccomp")
		}
	}
	return nil
}

func seccompFlags(list []specs.LinuxSeccompFlag) error {
	for _, f := range list {
		switch f {
		case specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow, specs.LinuxSeccompFlagWaitKillableRecv, "SECCOMP_FILTER_FLAG_TSYNC":
		default:
			return errors.New("seccomp flag " + quote(string(f)) + " not known")
		}
	}
	return nil
}

func syscallRule(s *specs.LinuxSyscall) error {
	if len(s.Names) == 0 {
		return errors.New("names must not be empty")
	}
	if err := action(s.Action); err != nil {
		return err
	}
	for i := range s.Args {
		if err := comparison(&s.Args[i]); err != nil {
			return errors.New(at("args", i) + ": " + err.Error())
		}
	}
	return nil
}

func comparison(a *specs.LinuxSeccompArg) error {
	switch a.Op {
	case specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo,
		specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual:
	default:
		return errors.New("string " + quote(string(a.Op)) + " is not a valid operator for seccomp")
	}
	if a.Index > 5 {
		return errors.New("index " + strconv.FormatUint(uint64(a.Index), 10) + " is not from 0 to 5")
	}
	return nil
}
