package cgroup

import (
	"errors"
	"math"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// number returns what a limit says; nil and 0 both say nothing.
func number[T int64 | uint64](n *T) T {
	if n == nil {
		return 0
	}
	return *n
}

func isTrue(b *bool) bool { return b != nil && *b }

// swappiness returns the wanted value; docker writes -1 for none.
func swappiness(m *specs.LinuxMemory) (uint64, bool) {
	if m.Swappiness == nil || *m.Swappiness == math.MaxUint64 {
		return 0, false
	}
	return *m.Swappiness, true
}

func wantsMemory(m *specs.LinuxMemory) bool {
	_, sw := swappiness(m)
	return sw || number(m.Limit) != 0 || number(m.Swap) != 0 || number(m.Reservation) != 0 ||
		number(m.Kernel) != 0 || number(m.KernelTCP) != 0 || m.DisableOOMKiller != nil || m.UseHierarchy != nil
}

// memoryV1 sets the files of Documentation/admin-guide/cgroup-v1/memory.rst.
func (g *Group) memoryV1(dir string, m *specs.LinuxMemory) error {
	if err := checkUsage(dir+"/memory.usage_in_bytes", m); err != nil {
		return err
	}
	if err := g.limitsV1(dir, number(m.Limit), number(m.Swap)); err != nil {
		return err
	}
	if n := number(m.Reservation); n != 0 {
		if err := write(dir+"/memory.soft_limit_in_bytes", itoa(n)); err != nil {
			return err
		}
	}
	if err := kernelMemory(dir, m); err != nil {
		return err
	}
	if n, ok := swappiness(m); ok {
		if n > 100 {
			return errors.New("resources.memory.swappiness " + utoa(n) + " is not between 0 and 100")
		}
		if err := write(dir+"/memory.swappiness", utoa(n)); err != nil {
			return err
		}
	}
	return g.memorySwitches(dir, m)
}

func (g *Group) memorySwitches(dir string, m *specs.LinuxMemory) error {
	if m.UseHierarchy != nil {
		value := "0"
		if *m.UseHierarchy {
			value = "1"
		}
		// Since Linux 5.11 it is always on and "0" is EINVAL.
		if err := write(dir+"/memory.use_hierarchy", value); err != nil {
			return err
		}
	}
	switch {
	case isTrue(m.DisableOOMKiller):
		return write(dir+"/memory.oom_control", "1")
	case m.DisableOOMKiller != nil && !g.fresh:
		return write(dir+"/memory.oom_control", "0")
	}
	return nil
}

// limitsV1 sets memory and memory+swap in the order that keeps memory <=
// memory+swap true after each write.
func (g *Group) limitsV1(dir string, limit, swap int64) error {
	if limit > 0 && swap > 0 && swap < limit {
		return errors.New("resources.memory.swap " + itoa(swap) + " is memory and swap together: it must be at least the limit " + itoa(limit))
	}
	if limit == -1 && swap == 0 && exists(dir+"/memory.memsw.limit_in_bytes") {
		swap = -1
	}
	swapFirst := swap == -1
	if limit != 0 && swap > 0 && !g.fresh {
		text, err := readShort(unix.AT_FDCWD, dir+"/memory.limit_in_bytes")
		if err != nil {
			return err
		}
		now, err := strconv.ParseUint(text, 10, 64)
		swapFirst = err == nil && now < uint64(swap)
	}
	if swapFirst {
		if err := writeLimit(dir, "/memory.memsw.", swap); err != nil {
			return err
		}
		return writeLimit(dir, "/memory.", limit)
	}
	if err := writeLimit(dir, "/memory.", limit); err != nil {
		return err
	}
	return writeLimit(dir, "/memory.memsw.", swap)
}

// writeLimit writes one v1 limit. The kernel refuses one below the usage that
// it can't reclaim with EBUSY.
func writeLimit(dir, prefix string, value int64) error {
	if value == 0 {
		return nil
	}
	err := write(dir+prefix+"limit_in_bytes", itoa(value))
	switch {
	case errors.Is(err, unix.EBUSY):
		usage, _ := readShort(unix.AT_FDCWD, dir+prefix+"usage_in_bytes")
		peak, _ := readShort(unix.AT_FDCWD, dir+prefix+"max_usage_in_bytes")
		return errors.New("unable to set memory limit to " + itoa(value) + " (current usage: " + usage + ", peak usage: " + peak + ")")
	case errors.Is(err, unix.ENOENT) && prefix == "/memory.memsw.":
		return errors.New("resources.memory.swap set but the kernel does not count swap (boot it with swapaccount=1)")
	}
	return err
}

// kernelMemory: the limit of kernel memory was taken out of Linux 6.1 and the
// spec lets runtimes go on without it.
func kernelMemory(dir string, m *specs.LinuxMemory) error {
	if n := number(m.Kernel); n != 0 {
		err := write(dir+"/memory.kmem.limit_in_bytes", itoa(n))
		if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
	}
	if n := number(m.KernelTCP); n != 0 {
		return write(dir+"/memory.kmem.tcp.limit_in_bytes", itoa(n))
	}
	return nil
}

// checkUsage is checkBeforeUpdate of the spec: v2 would kill where v1 refuses.
func checkUsage(file string, m *specs.LinuxMemory) error {
	if !isTrue(m.CheckBeforeUpdate) {
		return nil
	}
	text, err := readShort(unix.AT_FDCWD, file)
	if err != nil {
		return nil // not there to be checked
	}
	usage, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	if n := number(m.Swap); n > 0 && n <= usage {
		return errors.New("rejecting memory+swap limit " + itoa(n) + " <= usage " + itoa(usage))
	}
	if n := number(m.Limit); n > 0 && n <= usage {
		return errors.New("rejecting memory limit " + itoa(n) + " <= usage " + itoa(usage))
	}
	return nil
}

// memoryV2 sets the files of Documentation/admin-guide/cgroup-v2.rst, "Memory".
func memoryV2(dir string, m *specs.LinuxMemory) error {
	if err := checkUsage(dir+"/memory.current", m); err != nil {
		return err
	}
	limit := number(m.Limit)
	swap, set, err := swapV2(limit, number(m.Swap), dir)
	if err != nil {
		return err
	}
	if set {
		err := write(dir+"/memory.swap.max", orMax(swap))
		// Without swap there is nothing to limit.
		if err != nil && !(errors.Is(err, unix.ENOENT) && swap <= 0) {
			return err
		}
	}
	if limit != 0 {
		if err := write(dir+"/memory.max", orMax(limit)); err != nil {
			return err
		}
	}
	if n := number(m.Reservation); n != 0 {
		return write(dir+"/memory.low", orMax(n))
	}
	return nil
}

// swapV2 converts memory+swap of the spec to swap alone. set is false where
// nothing is asked for. The limit that is in force counts where none is given.
func swapV2(limit, swap int64, dir string) (value int64, set bool, err error) {
	switch {
	case limit == -1 && swap == 0:
		return -1, true, nil
	case swap == 0:
		return 0, false, nil
	case swap == -1:
		return -1, true, nil
	}
	if limit == 0 {
		text, err := readShort(unix.AT_FDCWD, dir+"/memory.max")
		if limit, _ = strconv.ParseInt(text, 10, 64); err != nil || limit == 0 && text != "max" {
			return 0, false, errors.New("resources.memory.swap is memory and swap together: it needs resources.memory.limit")
		}
	}
	switch {
	case limit <= 0:
		return swap, true, nil // unlimited memory: all of it may be swap
	case swap < limit:
		return 0, false, errors.New("resources.memory.swap " + itoa(swap) + " is memory and swap together: it must be at least the limit " + itoa(limit))
	}
	return swap - limit, true, nil
}

// orMax writes -1, v1's word for no limit, as v2 wants it.
func orMax(n int64) string {
	if n == -1 {
		return "max"
	}
	return itoa(n)
}
