package oci

import (
	"errors"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// ValidateProcess checks a process alone: that of a spec, or that of `exec --process`.
func ValidateProcess(p *specs.Process) error {
	switch {
	case p == nil:
		return errors.New("process property must not be empty")
	case p.Cwd == "":
		return errors.New("Cwd property must not be empty") //nolint:staticcheck // runc's words
	case !strings.HasPrefix(p.Cwd, "/"):
		return errors.New("Cwd must be an absolute path: " + quote(p.Cwd)) //nolint:staticcheck // runc's words
	case len(p.Args) == 0:
		return errors.New("args must not be empty")
	case p.OOMScoreAdj != nil && (*p.OOMScoreAdj < -1000 || *p.OOMScoreAdj > 1000):
		return errors.New("process.oomScoreAdj " + strconv.Itoa(*p.OOMScoreAdj) + " is not from -1000 to 1000")
	}
	return first(user(&p.User), rlimits(p.Rlimits), scheduler(p.Scheduler), ioPriority(p.IOPriority))
}

// user refuses 4294967295: to setresuid(2) it means "no change", which would leave root.
func user(u *specs.User) error {
	if none := ^uint32(0); u.UID == none || u.GID == none {
		return errors.New("process.user: uid and gid 4294967295 are no ids, the kernel takes them for \"no change\"")
	}
	return nil
}

func rlimits(list []specs.POSIXRlimit) error {
	for i := range list {
		r := &list[i]
		if !rlimitType(r.Type) {
			return errors.New("invalid rlimit type " + quote(r.Type))
		}
		if r.Soft > r.Hard {
			return errors.New("rlimit " + r.Type + ": soft limit " + strconv.FormatUint(r.Soft, 10) +
				" is greater than hard limit " + strconv.FormatUint(r.Hard, 10))
		}
		for j := range i {
			if list[j].Type == r.Type {
				return errors.New("rlimit type " + r.Type + " is duplicated")
			}
		}
	}
	return nil
}

// rlimitType knows the resources of getrlimit(2).
func rlimitType(name string) bool {
	switch name {
	case "RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK",
		"RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO",
		"RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK":
		return true
	}
	return false
}

// scheduler checks that a policy has the parameters that it takes, and no others (sched(7)).
func scheduler(s *specs.Scheduler) error {
	if s == nil {
		return nil
	}
	fair, real, deadline := false, false, false
	switch s.Policy {
	case specs.SchedOther, specs.SchedBatch:
		fair = true
	case specs.SchedIdle, specs.SchedISO:
	case specs.SchedFIFO, specs.SchedRR:
		real = true
	case specs.SchedDeadline:
		deadline = true
	case "":
		return errors.New("scheduler policy is required")
	default:
		return errors.New("invalid scheduler policy: " + quote(string(s.Policy)))
	}
	switch {
	case s.Nice < -20 || s.Nice > 19:
		return errors.New("invalid scheduler.nice: " + strconv.Itoa(int(s.Nice)) + " is not from -20 to 19")
	case s.Nice != 0 && !fair:
		return errors.New("scheduler.nice can only be specified for SchedOther or SchedBatch policy")
	case s.Priority != 0 && !real:
		return errors.New("scheduler.priority can only be specified for SchedFIFO or SchedRR policy")
	case (s.Runtime != 0 || s.Deadline != 0 || s.Period != 0) && !deadline:
		return errors.New("scheduler runtime/deadline/period can only be specified for SchedDeadline policy")
	}
	if deadline {
		if err := deadlines(s); err != nil {
			return err
		}
	}
	return schedulerFlags(s.Flags)
}

// minRuntime is the shortest time that the kernel plans with (1 << DL_SCALE nanoseconds).
const minRuntime = 1 << 10

// deadlines holds runtime <= deadline <= period, where a period of 0 means the deadline (sched_setattr(2)).
func deadlines(s *specs.Scheduler) error {
	const policy = "sched_setattr: `SCHED_DEADLINE` "
	n := func(v uint64) string { return strconv.FormatUint(v, 10) }
	switch {
	case s.Runtime == 0:
		return errors.New(policy + "requires `runtime` to be greater than 0")
	case s.Deadline == 0:
		return errors.New(policy + "requires `deadline` to be greater than 0")
	case s.Runtime < minRuntime || s.Runtime >= 1<<63:
		return errors.New(policy + "runtime " + n(s.Runtime) + " must be between " + n(minRuntime) + " and 2^63-1 ns")
	case s.Runtime > s.Deadline:
		return errors.New(policy + "runtime " + n(s.Runtime) + " must be <= deadline " + n(s.Deadline))
	case s.Period != 0 && s.Deadline > s.Period:
		return errors.New(policy + "deadline " + n(s.Deadline) + " must be <= period " + n(s.Period))
	}
	return nil
}

func schedulerFlags(flags []specs.LinuxSchedulerFlag) error {
	for _, f := range flags {
		switch f {
		case specs.SchedFlagResetOnFork, specs.SchedFlagReclaim, specs.SchedFlagDLOverrun, specs.SchedFlagKeepPolicy,
			specs.SchedFlagKeepParams, specs.SchedFlagUtilClampMin, specs.SchedFlagUtilClampMax:
		default:
			return errors.New("invalid scheduler flag: " + quote(string(f)))
		}
	}
	return nil
}

func ioPriority(p *specs.LinuxIOPriority) error {
	if p == nil {
		return nil
	}
	switch p.Class {
	case specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE:
	default:
		return errors.New("invalid ioPriority.Class: " + quote(string(p.Class)))
	}
	if p.Priority < 0 || p.Priority > 7 {
		return errors.New("invalid ioPriority.Priority: " + strconv.Itoa(p.Priority) + " is not from 0 to 7")
	}
	return nil
}
