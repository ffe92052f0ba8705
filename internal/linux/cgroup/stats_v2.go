package cgroup

import (
	"math"
	"strconv"
	"strings"
)

func (g *Group) statsV2(s *Stats) error {
	dir := g.unified()
	if dir == "" {
		return nil
	}
	c := &counters{dir: dir}
	cpuStatsV2(s, c)
	memoryStatsV2(s, c)
	pidsStatsV2(s, c)
	ioStats(s, c)
	hugetlbStatsV2(s, c)
	return c.err
}

func cpuStatsV2(s *Stats, c *counters) {
	const nanos = 1000
	c.each("cpu.stat", func(key string, n uint64) {
		switch key {
		case "usage_usec":
			s.CPU.Usage.Total = n * nanos
		case "user_usec":
			s.CPU.Usage.User = n * nanos
		case "system_usec":
			s.CPU.Usage.Kernel = n * nanos
		case "nr_periods":
			s.CPU.Throttling.Periods = n
		case "nr_throttled":
			s.CPU.Throttling.ThrottledPeriods = n
		case "throttled_usec":
			s.CPU.Throttling.ThrottledTime = n * nanos
		case "nr_bursts":
			s.CPU.Burst.Periods = n
		case "burst_usec":
			s.CPU.Burst.Time = n * nanos
		}
	})
	s.CPU.PSI = c.pressure("cpu.pressure")
}

func memoryStatsV2(s *Stats, c *counters) {
	m := &s.Memory
	m.PSI = c.pressure("memory.pressure")
	if !exists(c.dir + "/memory.current") {
		return
	}
	m.Raw = map[string]uint64{}
	c.each("memory.stat", func(key string, n uint64) { m.Raw[key] = n })
	m.Cache = m.Raw["file"]
	m.Usage = MemoryEntry{Limit: c.number("memory.max"), Usage: c.number("memory.current"), Max: c.number("memory.peak"), Failcnt: c.key("memory.events", "max")}
	m.Swap = MemoryEntry{Usage: c.number("memory.swap.current") + m.Usage.Usage, Limit: math.MaxUint64}
	if swap := c.number("memory.swap.max"); swap != math.MaxUint64 && m.Usage.Limit != math.MaxUint64 {
		m.Swap.Limit = swap + m.Usage.Limit
	}
}

// pidsStatsV2 counts by hand where the controller is not there.
func pidsStatsV2(s *Stats, c *counters) {
	if exists(c.dir + "/pids.current") {
		pidsStats(s, c)
		return
	}
	pids, err := pidsBelow(c.dir, nil, true)
	if err != nil && c.err == nil {
		c.err = err
	}
	s.Pids.Current = uint64(len(pids))
}

func ioStats(s *Stats, c *counters) {
	s.Blkio.PSI = c.pressure("io.pressure")
	blockLines(s, c)
}

// blockLines reads lines "MAJOR:MINOR rbytes=N wbytes=N rios=N ..." into v1's tables.
func blockLines(s *Stats, c *counters) {
	b := &s.Blkio
	eachLine(c.text("io.stat"), func(line string) {
		f := strings.Fields(line)
		if len(f) == 0 {
			return
		}
		device, ok := blkioDevice(f[0])
		for _, word := range f[1:] {
			key, value, _ := strings.Cut(word, "=")
			n, err := strconv.ParseUint(value, 10, 64)
			if !ok || err != nil {
				continue // "(unknown)", or cost.vrate of the root
			}
			device.Value = n
			b.addIO(key, device)
		}
	})
}

func (b *BlkioStats) addIO(key string, e BlkioEntry) {
	to := &b.IoServiceBytesRecursive
	switch key {
	case "rbytes":
		e.Op = "Read"
	case "wbytes":
		e.Op = "Write"
	case "rios":
		e.Op, to = "Read", &b.IoServicedRecursive
	case "wios":
		e.Op, to = "Write", &b.IoServicedRecursive
	default:
		return
	}
	*to = append(*to, e)
}

func hugetlbStatsV2(s *Stats, c *counters) {
	for _, size := range pageSizes() {
		prefix := "hugetlb." + size
		if !exists(c.dir + "/" + prefix + ".current") {
			continue
		}
		usage := prefix + ".rsvd.current"
		if !exists(c.dir + "/" + usage) {
			usage = prefix + ".current"
		}
		s.Hugetlb[size] = HugetlbStats{Usage: c.number(usage), Failcnt: c.key(prefix+".events", "max")}
	}
}
