package plan

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// scheduler appends sched_setattr(2).
func (c *builder) scheduler(s *specs.Scheduler) error {
	policy, err := schedPolicy(s.Policy)
	if err != nil {
		return err
	}
	var flags uint64
	for _, f := range s.Flags {
		bit, err := schedFlag(f)
		if err != nil {
			return err
		}
		flags |= bit
	}
	b := binary.NativeEndian.AppendUint32(nil, 48) // sizeof(struct sched_attr), version 0
	b = binary.NativeEndian.AppendUint32(b, policy)
	b = binary.NativeEndian.AppendUint64(b, flags)
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Nice))
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Priority))
	for _, n := range [...]uint64{s.Runtime, s.Deadline, s.Period} {
		b = binary.NativeEndian.AppendUint64(b, n)
	}
	c.about(WhyScheduler, string(s.Policy))
	c.call(unix.SYS_SCHED_SETATTR, imm(0), ptr(c.bytes(b)), imm(0))
	return nil
}

func schedPolicy(p specs.LinuxSchedulerPolicy) (uint32, error) {
	switch p {
	case specs.SchedOther:
		return 0, nil
	case specs.SchedFIFO:
		return 1, nil
	case specs.SchedRR:
		return 2, nil
	case specs.SchedBatch:
		return 3, nil
	case specs.SchedISO:
		return 4, nil
	case specs.SchedIdle:
		return 5, nil
	case specs.SchedDeadline:
		return 6, nil
	}
	return 0, fmt.Errorf("process.scheduler: unknown policy %q", p)
}

func schedFlag(f specs.LinuxSchedulerFlag) (uint64, error) {
	for i, name := range [...]specs.LinuxSchedulerFlag{
		specs.SchedFlagResetOnFork, specs.SchedFlagReclaim, specs.SchedFlagDLOverrun, specs.SchedFlagKeepPolicy,
		specs.SchedFlagKeepParams, specs.SchedFlagUtilClampMin, specs.SchedFlagUtilClampMax,
	} {
		if f == name {
			return 1 << i, nil
		}
	}
	return 0, fmt.Errorf("process.scheduler: unknown flag %q", f)
}

// ioPriority appends ioprio_set(2) for this process.
func (c *builder) ioPriority(p *specs.LinuxIOPriority) error {
	class := 0
	for i, name := range [...]specs.IOPriorityClass{specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE} {
		if p.Class == name {
			class = i + 1
		}
	}
	if class == 0 {
		return fmt.Errorf("process.ioPriority: unknown class %q", p.Class)
	}
	if p.Priority < 0 || p.Priority > 7 {
		return fmt.Errorf("process.ioPriority: priority %d is not within 0 to 7", p.Priority)
	}
	c.about(WhyIOPriority, string(p.Class))
	const who = 1 // IOPRIO_WHO_PROCESS
	c.call(unix.SYS_IOPRIO_SET, imm(who), imm(0), imm(class<<13|p.Priority))
	return nil
}

// memoryPolicy appends set_mempolicy(2).
func (c *builder) memoryPolicy(m *specs.LinuxMemoryPolicy) error {
	if m == nil {
		return nil
	}
	mode, err := memoryMode(m)
	if err != nil {
		return err
	}
	mask, err := nodeMask(m.Nodes)
	if err != nil {
		return fmt.Errorf("linux.memoryPolicy.nodes: %w", err)
	}
	c.about(WhyMemoryPolicy, string(m.Mode))
	if m.Nodes == "" {
		c.call(unix.SYS_SET_MEMPOLICY, imm(mode), imm(0), imm(0))
		return nil
	}
	c.call(unix.SYS_SET_MEMPOLICY, imm(mode), ptr(c.words(mask...)), imm(64*len(mask)))
	return nil
}

func memoryMode(m *specs.LinuxMemoryPolicy) (uint64, error) {
	mode := -1
	for i, name := range [...]string{"MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"} {
		if string(m.Mode) == name {
			mode = i
		}
	}
	if mode < 0 {
		return 0, fmt.Errorf("linux.memoryPolicy: unknown mode %q", m.Mode)
	}
	flags := uint64(mode)
	for _, f := range m.Flags {
		switch string(f) {
		case "MPOL_F_STATIC_NODES":
			flags |= 1 << 15
		case "MPOL_F_RELATIVE_NODES":
			flags |= 1 << 14
		case "MPOL_F_NUMA_BALANCING":
			flags |= 1 << 13
		default:
			return 0, fmt.Errorf("linux.memoryPolicy: unknown flag %q", f)
		}
	}
	return flags, nil
}

// nodeMask reads a list like "0-2,5".
func nodeMask(list string) ([]uint64, error) {
	mask := make([]uint64, 16)
	if list == "" {
		return mask, nil
	}
	for _, part := range strings.Split(list, ",") {
		first, last, ok := strings.Cut(part, "-")
		if !ok {
			last = first
		}
		lo, err1 := strconv.ParseUint(strings.TrimSpace(first), 10, 10)
		hi, err2 := strconv.ParseUint(strings.TrimSpace(last), 10, 10)
		if err1 != nil || err2 != nil || lo > hi {
			return nil, fmt.Errorf("%q is not a list of numbers and ranges below 1024", list)
		}
		for ; lo <= hi; lo++ {
			mask[lo/64] |= 1 << (lo % 64)
		}
	}
	return mask, nil
}

// personality appends personality(2).
func (c *builder) personality(p *specs.LinuxPersonality) error {
	if p == nil {
		return nil
	}
	domain := uint64(0)
	switch p.Domain {
	case specs.PerLinux:
	case specs.PerLinux32:
		domain = 8
	default:
		return fmt.Errorf("linux.personality: unknown domain %q", p.Domain)
	}
	if len(p.Flags) > 0 {
		return fmt.Errorf("linux.personality: flags are not supported yet by the specification")
	}
	c.about(WhyPersonality, string(p.Domain))
	c.call(unix.SYS_PERSONALITY, imm(domain))
	return nil
}
