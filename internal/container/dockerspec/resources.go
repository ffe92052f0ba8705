package dockerspec

import (
	"strconv"
	"strings"

	"bantam/internal/container/folder"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Limits are the resources that can be changed while a container runs: all but the devices.
func Limits(in Input) *specs.LinuxResources {
	h := &in.Record.Host
	res := &specs.LinuxResources{Memory: memory(in), CPU: cpu(&h.Resources), BlockIO: blockIO(in)}
	if h.PidsLimit != 0 {
		limit := h.PidsLimit
		res.Pids = &specs.LinuxPids{Limit: &limit}
	}
	return res
}

func resources(in Input) *specs.LinuxResources {
	h := &in.Record.Host
	res := Limits(in)
	res.Devices = deviceRules(h.Privileged)
	if !h.Privileged {
		for i, d := range in.Devices {
			major, minor := d.Major, d.Minor
			res.Devices = append(res.Devices, specs.LinuxDeviceCgroup{Allow: true, Type: d.Type, Major: &major, Minor: &minor, Access: h.Devices[i].CgroupPermissions})
		}
		for _, text := range h.DeviceCgroupRules {
			res.Devices = append(res.Devices, deviceRule(text))
		}
	}
	return res
}

// deviceRule reads TYPE MAJOR:MINOR ACCESS, which the engine has checked.
func deviceRule(text string) specs.LinuxDeviceCgroup {
	f := strings.Fields(text)
	r := specs.LinuxDeviceCgroup{Allow: true, Type: f[0], Access: f[2]}
	major, minor, _ := strings.Cut(f[1], ":")
	for _, n := range [...]struct {
		text string
		to   **int64
	}{{major, &r.Major}, {minor, &r.Minor}} {
		if v, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			*n.to = &v
		}
	}
	return r
}

func memory(in Input) *specs.LinuxMemory {
	h := &in.Record.Host
	m := specs.LinuxMemory{Limit: positive(h.Memory), Reservation: positive(h.MemoryReservation)}
	switch {
	case !in.Host.Swap:
	case h.MemorySwap != 0:
		swap := h.MemorySwap
		m.Swap = &swap
	case h.Memory > 0:
		// docker's default: as much swap as memory.
		swap := 2 * h.Memory
		m.Swap = &swap
	}
	// cgroup v2 has neither of the two; the engine has said so.
	if h.MemorySwappiness != nil && !in.Host.CgroupV2 {
		n := uint64(*h.MemorySwappiness)
		m.Swappiness = &n
	}
	if h.OomKillDisable && !in.Host.CgroupV2 {
		on := true
		m.DisableOOMKiller = &on
	}
	if m == (specs.LinuxMemory{}) {
		return nil
	}
	return &m
}

func positive(n int64) *int64 {
	if n <= 0 {
		return nil
	}
	return &n
}

func unsigned(n int64) *uint64 {
	if n <= 0 {
		return nil
	}
	u := uint64(n)
	return &u
}

func cpu(r *folder.Resources) *specs.LinuxCPU {
	c := specs.LinuxCPU{
		Shares: unsigned(r.CPUShares), Period: unsigned(r.CPUPeriod), RealtimePeriod: unsigned(r.CPURealtimePeriod),
		RealtimeRuntime: positive(r.CPURealtimeRuntime), Cpus: r.CpusetCpus, Mems: r.CpusetMems,
	}
	if r.CPUQuota != 0 {
		quota := r.CPUQuota
		c.Quota = &quota
	}
	if r.NanoCpus > 0 {
		period := uint64(100000)
		quota := r.NanoCpus * int64(period) / 1e9
		c.Period, c.Quota = &period, &quota
	}
	if c == (specs.LinuxCPU{}) {
		return nil
	}
	return &c
}

func blockIO(in Input) *specs.LinuxBlockIO {
	r := &in.Record.Host.Resources
	b := specs.LinuxBlockIO{}
	if r.BlkioWeight > 0 {
		w := uint16(r.BlkioWeight)
		b.Weight = &w
	}
	for _, d := range r.BlkioWeightDevice {
		w := uint16(d.Rate)
		item := specs.LinuxWeightDevice{Weight: &w}
		item.Major, item.Minor = in.Block[d.Path][0], in.Block[d.Path][1]
		b.WeightDevice = append(b.WeightDevice, item)
	}
	b.ThrottleReadBpsDevice = throttles(in, r.BlkioDeviceReadBps)
	b.ThrottleWriteBpsDevice = throttles(in, r.BlkioDeviceWriteBps)
	b.ThrottleReadIOPSDevice = throttles(in, r.BlkioDeviceReadIOps)
	b.ThrottleWriteIOPSDevice = throttles(in, r.BlkioDeviceWriteIOps)
	if b.Weight == nil && len(r.BlkioWeightDevice)+len(r.BlkioDeviceReadBps)+len(r.BlkioDeviceWriteBps)+len(r.BlkioDeviceReadIOps)+len(r.BlkioDeviceWriteIOps) == 0 {
		return nil
	}
	return &b
}

func throttles(in Input, rates []folder.Rate) (list []specs.LinuxThrottleDevice) {
	for _, r := range rates {
		item := specs.LinuxThrottleDevice{Rate: uint64(r.Rate)}
		item.Major, item.Minor = in.Block[r.Path][0], in.Block[r.Path][1]
		list = append(list, item)
	}
	return list
}

// rlimits: -1 is unlimited, all bits set.
func rlimits(ulimits []folder.Ulimit) (list []specs.POSIXRlimit) {
	for _, u := range ulimits {
		list = append(list, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(u.Name), Hard: uint64(u.Hard), Soft: uint64(u.Soft)})
	}
	return list
}
