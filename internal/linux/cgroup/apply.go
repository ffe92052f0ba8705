package cgroup

import (
	"errors"
	"os"

	"bantam/internal/linux/cgroup/device"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Apply sets the resources of a spec or of an update: what is nil or 0 stays as
// it is. It is ApplyDevices and ApplyLimits.
func (g *Group) Apply(r *specs.LinuxResources) error {
	if r == nil {
		return nil
	}
	if err := g.ApplyDevices(r.Devices); err != nil {
		return err
	}
	return g.ApplyLimits(r)
}

// ApplyDevices sets the device rules; without any it does nothing. A new v1
// group denies everything for the moment between its first line and the others,
// so this comes before a process enters it.
func (g *Group) ApplyDevices(list []specs.LinuxDeviceCgroup) error {
	if len(list) == 0 || g.disabled {
		return nil
	}
	rules, err := device.Parse(list)
	if err != nil {
		return err
	}
	if err := g.setUnitDevices(rules); err != nil {
		return err
	}
	err = g.setDevices(rules)
	if err != nil && g.state.Rootless && !errors.Is(err, errNotV1) {
		return nil // without privilege the kernel's own checks of device nodes remain
	}
	return err
}

var errNotV1 = errors.New("resources.devices")

func (g *Group) setDevices(rules []device.Rule) error {
	if dir := g.Path(Devices); dir != "" {
		return g.setDevicesV1(dir, rules)
	}
	dir, err := g.Dir()
	if err != nil {
		return err
	}
	if dir < 0 {
		return errors.New("resources.devices set but the devices controller is not available")
	}
	return device.Attach(dir, rules, g.fresh && g.unit == nil)
}

func (g *Group) setDevicesV1(dir string, rules []device.Rule) error {
	to, err := device.Exceptions(rules)
	if err != nil {
		return &ruleError{err}
	}
	from := &device.List{Allow: true}
	if !g.fresh {
		text, err := readFile(dir + "/devices.list")
		if err != nil {
			return err
		}
		if from, err = device.ParseList(text); err != nil {
			return err
		}
	}
	return writeDevices(dir, device.Change(from, to))
}

// ruleError is an error of the rules, not of permission.
type ruleError struct{ err error }

func (e *ruleError) Error() string        { return "resources.devices: " + e.err.Error() }
func (e *ruleError) Is(target error) bool { return target == errNotV1 }
func (e *ruleError) Unwrap() error        { return e.err }

// writeDevices writes lines to devices.allow and devices.deny, each opened once.
func writeDevices(dir string, lines []device.Rule) error {
	fds := [2]int{-1, -1}
	names := [2]string{dir + "/devices.deny", dir + "/devices.allow"}
	defer func() {
		for _, fd := range fds {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}()
	for i := range lines {
		which := 0
		if lines[i].Allow {
			which = 1
		}
		if fds[which] < 0 {
			fd, err := openFile(unix.AT_FDCWD, names[which], unix.O_WRONLY)
			if err != nil {
				return &os.PathError{Op: "open", Path: names[which], Err: err}
			}
			fds[which] = fd
		}
		if err := writeRetry(fds[which], lines[i].String()); err != nil {
			return &WriteError{names[which], lines[i].String(), err}
		}
	}
	return nil
}

// ApplyLimits sets everything but the device rules.
func (g *Group) ApplyLimits(r *specs.LinuxResources) error {
	if r == nil || g.disabled {
		return nil
	}
	if err := g.setUnitProperties(r); err != nil {
		return err
	}
	if g.state.Mode == V2 {
		return g.applyV2(r)
	}
	return g.applyV1(r)
}

func (g *Group) applyV1(r *specs.LinuxResources) error {
	if len(r.Unified) > 0 {
		return errors.New("resources.unified set but this machine's controllers are in cgroup v1 hierarchies: it needs cgroup v2")
	}
	if r.Memory != nil {
		if err := g.with(Memory, "resources.memory", wantsMemory(r.Memory), func(dir string) error { return g.memoryV1(dir, r.Memory) }); err != nil {
			return err
		}
	}
	if c := r.CPU; c != nil {
		if err := g.with(CPU, "resources.cpu", wantsCPU(c), func(dir string) error { return cpuV1(dir, c) }); err != nil {
			return err
		}
		if err := g.with(CPUSet, "resources.cpu.cpus", c.Cpus != "" || c.Mems != "", func(dir string) error { return setCPUSet(dir, c) }); err != nil {
			return err
		}
	}
	if n := r.Network; n != nil {
		if err := g.with(NetCls, "resources.network.classID", n.ClassID != nil && *n.ClassID != 0, func(dir string) error {
			return write(dir+"/net_cls.classid", utoa(uint64(*n.ClassID)))
		}); err != nil {
			return err
		}
		if err := g.with(NetPrio, "resources.network.priorities", len(n.Priorities) > 0, func(dir string) error { return setPriorities(dir, n.Priorities) }); err != nil {
			return err
		}
	}
	return g.applyShared(r, blockV1, hugetlbV1)
}

func (g *Group) applyV2(r *specs.LinuxResources) error {
	if err := refuseV1Only(r); err != nil {
		return err
	}
	if r.Memory != nil {
		if err := g.with(Memory, "resources.memory", wantsMemory(r.Memory), func(dir string) error { return memoryV2(dir, r.Memory) }); err != nil {
			return err
		}
	}
	if c := r.CPU; c != nil {
		if err := g.with(CPU, "resources.cpu", wantsCPU(c), func(dir string) error { return cpuV2(dir, c) }); err != nil {
			return err
		}
		if err := g.with(CPUSet, "resources.cpu.cpus", c.Cpus != "" || c.Mems != "", func(dir string) error { return setCPUSet(dir, c) }); err != nil {
			return err
		}
	}
	if err := g.applyShared(r, blockV2, hugetlbV2); err != nil {
		return err
	}
	return g.setUnified(r.Unified)
}

// applyShared sets the limits whose rules are the same on v1 and v2.
func (g *Group) applyShared(r *specs.LinuxResources,
	block func(string, *specs.LinuxBlockIO) error, huge func(string, []specs.LinuxHugepageLimit) error) error {
	if p := r.Pids; p != nil && p.Limit != nil {
		if err := g.with(Pids, "resources.pids", true, func(dir string) error { return write(dir+"/pids.max", pidsMax(*p.Limit)) }); err != nil {
			return err
		}
	}
	if b := r.BlockIO; b != nil {
		if err := g.with(IO, "resources.blockIO", wantsIO(b), func(dir string) error { return block(dir, b) }); err != nil {
			return err
		}
	}
	if err := g.with(Hugetlb, "resources.hugepageLimits", len(r.HugepageLimits) > 0, func(dir string) error { return huge(dir, r.HugepageLimits) }); err != nil {
		return err
	}
	return g.with(RDMA, "resources.rdma", len(r.Rdma) > 0, func(dir string) error { return setRDMA(dir, r.Rdma) })
}

// with calls set on the controller's directory if something of it is wanted.
func (g *Group) with(c Controllers, what string, wanted bool, set func(dir string) error) error {
	if !wanted {
		return nil
	}
	dir := g.Path(c)
	if g.state.Mode == V2 {
		dir = g.unified()
	}
	if dir == "" {
		return g.missing(c, what)
	}
	err := set(dir)
	if err != nil && g.state.Mode == V2 && missingFile(err) && !g.available(c) {
		return g.missing(c, what)
	}
	return err
}

// missingFile: the root of a read-only or foreign mount answers EACCES for files that are not there.
func missingFile(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}

// available tells whether a v2 group has the controller.
func (g *Group) available(c Controllers) bool {
	if !g.known {
		if text, err := readShort(unix.AT_FDCWD, g.unified()+"/cgroup.controllers"); err == nil {
			g.avail, g.known = controllersOf(text, ' '), true
		}
	}
	return g.avail&c != 0
}

func (g *Group) missing(c Controllers, what string) error {
	text := what + " set but the " + c.name(g.state.Mode) + " controller is not available"
	switch {
	case g.enabling != nil:
		text += ": " + g.enabling.Error()
	case g.Empty():
		text += ": there was no permission to create a cgroup"
	}
	return errors.New(text)
}

// name returns the name of a single controller.
func (c Controllers) name(m Mode) string {
	if c == IO && m != V2 {
		return "blkio"
	}
	for _, n := range [...]string{"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "io", "pids", "hugetlb", "rdma", "net_cls", "net_prio", "perf_event", "misc"} {
		if controllerByName(n) == c {
			return n
		}
	}
	return "unknown"
}
