package cgroup

import (
	"errors"
	"math"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func wantsCPU(c *specs.LinuxCPU) bool {
	return number(c.Shares) != 0 || number(c.Quota) != 0 || number(c.Period) != 0 || c.Burst != nil ||
		number(c.RealtimeRuntime) != 0 || number(c.RealtimePeriod) != 0 || c.Idle != nil
}

// pending is a value that the kernel refused (EINVAL) because it does not fit
// another one that is about to change: it is written again afterwards.
type pending struct{ path, value string }

// try writes a value; where it is refused and retry is set the value waits.
func (p *pending) try(path, value string, retry bool) error {
	err := write(path, value)
	if err != nil && retry && errors.Is(err, unix.EINVAL) {
		*p = pending{path, value}
		return nil
	}
	return err
}

func (p *pending) again() error {
	if p.path == "" {
		return nil
	}
	return write(p.path, p.value)
}

// cpuV1 sets the files of sched-bwc.rst and sched-rt-group.rst.
func cpuV1(dir string, c *specs.LinuxCPU) error {
	if n := number(c.Shares); n != 0 {
		switch { // the kernel silently moves the value into its range
		case n < 2:
			return errors.New("resources.cpu.shares " + utoa(n) + ": the minimum allowed cpu-shares is 2")
		case n > 262144:
			return errors.New("resources.cpu.shares " + utoa(n) + ": the maximum allowed cpu-shares is 262144")
		}
		if err := write(dir+"/cpu.shares", utoa(n)); err != nil {
			return err
		}
	}
	if err := bandwidthV1(dir, c); err != nil {
		return err
	}
	if err := realtimeV1(dir, c); err != nil {
		return err
	}
	if c.Idle != nil {
		return write(dir+"/cpu.idle", itoa(*c.Idle))
	}
	return nil
}

func bandwidthV1(dir string, c *specs.LinuxCPU) error {
	quota := number(c.Quota)
	var period, burst pending
	if n := number(c.Period); n != 0 {
		if err := period.try(dir+"/cpu.cfs_period_us", utoa(n), quota != 0); err != nil {
			return err
		}
	}
	if c.Burst != nil {
		if err := burst.try(dir+"/cpu.cfs_burst_us", utoa(*c.Burst), quota != 0); err != nil {
			return err
		}
	}
	if quota == 0 {
		return nil
	}
	if err := write(dir+"/cpu.cfs_quota_us", itoa(quota)); err != nil {
		return err
	}
	if err := period.again(); err != nil {
		return err
	}
	return burst.again()
}

func realtimeV1(dir string, c *specs.LinuxCPU) error {
	runtime := number(c.RealtimeRuntime)
	var period pending
	if n := number(c.RealtimePeriod); n != 0 {
		if err := period.try(dir+"/cpu.rt_period_us", utoa(n), runtime != 0); err != nil {
			return noRealtime(err)
		}
	}
	if runtime == 0 {
		return nil
	}
	if err := write(dir+"/cpu.rt_runtime_us", itoa(runtime)); err != nil {
		return noRealtime(err)
	}
	return period.again()
}

func noRealtime(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return errors.New("resources.cpu.realtimeRuntime set but the kernel does not schedule real time by group (CONFIG_RT_GROUP_SCHED)")
	}
	return err
}

// cpuV2 sets the files of cgroup-v2.rst, "CPU".
func cpuV2(dir string, c *specs.LinuxCPU) error {
	if c.Idle != nil {
		if err := write(dir+"/cpu.idle", itoa(*c.Idle)); err != nil {
			return err
		}
	}
	// An idle group has no weight: the kernel refuses one.
	if n := number(c.Shares); n != 0 && number(c.Idle) == 0 {
		if err := write(dir+"/cpu.weight", utoa(weightOfShares(n))); err != nil {
			return err
		}
	}
	quota, period := number(c.Quota), number(c.Period)
	var burst pending
	if c.Burst != nil {
		if err := burst.try(dir+"/cpu.max.burst", utoa(*c.Burst), quota != 0); err != nil {
			return err
		}
	}
	if quota != 0 || period != 0 {
		if err := write(dir+"/cpu.max", cpuMax(quota, period)); err != nil {
			return err
		}
	}
	return burst.again()
}

// cpuMax is the line of cpu.max; a quota below 1 is none.
func cpuMax(quota int64, period uint64) string {
	text := "max"
	if quota > 0 {
		text = itoa(quota)
	}
	if period == 0 {
		period = 100000 // the kernel's own
	}
	return text + " " + utoa(period)
}

// weightOfShares converts v1 shares (2 to 262144, 1024 by default) to a v2
// weight (1 to 10000, 100 by default): a curve through the three pairs, as runc
// and crun have it since 2025.
func weightOfShares(shares uint64) uint64 {
	switch {
	case shares == 0:
		return 0
	case shares <= 2:
		return 1
	case shares >= 262144:
		return 10000
	}
	l := math.Log2(float64(shares))
	return uint64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

// setCPUSet has the same file names on v1 and v2 (cpuset(7)).
func setCPUSet(dir string, c *specs.LinuxCPU) error {
	if c.Cpus != "" {
		if err := write(dir+"/cpuset.cpus", c.Cpus); err != nil {
			return err
		}
	}
	if c.Mems != "" {
		return write(dir+"/cpuset.mems", c.Mems)
	}
	return nil
}
