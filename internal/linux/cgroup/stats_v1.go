package cgroup

import (
	"strconv"
	"strings"
)

// userHZ is the unit of cpuacct.stat: Linux has 100 on every architecture here.
const nanosPerTick = 1e9 / 100

func (g *Group) statsV1(s *Stats) error {
	for _, part := range [...]struct {
		c    Controllers
		read func(*Stats, *counters)
	}{
		{CPU, cpuStatsV1}, {CPUAcct, usageV1}, {CPUSet, cpusetStats}, {Memory, memoryStatsV1},
		{Pids, pidsStats}, {IO, blkioStatsV1}, {Hugetlb, hugetlbStatsV1},
	} {
		dir := g.Path(part.c)
		if dir == "" {
			continue
		}
		c := &counters{dir: dir}
		part.read(s, c)
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

func cpuStatsV1(s *Stats, c *counters) {
	c.each("cpu.stat", func(key string, n uint64) {
		switch key {
		case "nr_periods":
			s.CPU.Throttling.Periods = n
		case "nr_throttled":
			s.CPU.Throttling.ThrottledPeriods = n
		case "throttled_time":
			s.CPU.Throttling.ThrottledTime = n
		case "nr_bursts":
			s.CPU.Burst.Periods = n
		case "burst_time":
			s.CPU.Burst.Time = n
		}
	})
}

func usageV1(s *Stats, c *counters) {
	u := &s.CPU.Usage
	u.Total = c.number("cpuacct.usage")
	c.each("cpuacct.stat", func(key string, n uint64) {
		switch key {
		case "user":
			u.User = n * nanosPerTick
		case "system":
			u.Kernel = n * nanosPerTick
		}
	})
	for word := range strings.FieldsSeq(c.text("cpuacct.usage_percpu")) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			c.bad("cpuacct.usage_percpu", word)
			return
		}
		u.Percpu = append(u.Percpu, n)
	}
	percpuSplit(u, c)
}

// percpuSplit reads cpuacct.usage_all: a line "cpu user system", then one per processor.
func percpuSplit(u *CPUUsage, c *counters) {
	eachLine(c.text("cpuacct.usage_all"), func(line string) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] == "cpu" {
			return
		}
		user, err1 := strconv.ParseUint(f[1], 10, 64)
		kernel, err2 := strconv.ParseUint(f[2], 10, 64)
		if err1 != nil || err2 != nil {
			c.bad("cpuacct.usage_all", line)
			return
		}
		u.PercpuUser = append(u.PercpuUser, user)
		u.PercpuKernel = append(u.PercpuKernel, kernel)
	})
}

func cpusetStats(s *Stats, c *counters) {
	p := &s.CPUSet
	p.CPUs = c.list("cpuset.cpus")
	p.Mems = c.list("cpuset.mems")
	p.CPUExclusive = c.number("cpuset.cpu_exclusive")
	p.MemExclusive = c.number("cpuset.mem_exclusive")
	p.MemHardwall = c.number("cpuset.mem_hardwall")
	p.MemoryMigrate = c.number("cpuset.memory_migrate")
	p.MemorySpreadPage = c.number("cpuset.memory_spread_page")
	p.MemorySpreadSlab = c.number("cpuset.memory_spread_slab")
	p.MemoryPressure = c.number("cpuset.memory_pressure")
	p.SchedLoadBalance = c.number("cpuset.sched_load_balance")
	level := strings.TrimSpace(c.text("cpuset.sched_relax_domain_level"))
	p.SchedRelaxDomainLevel, _ = strconv.ParseInt(level, 10, 64)
}

func (c *counters) list(file string) []uint16 {
	text := strings.TrimSpace(c.text(file))
	list, ok := parseList(text)
	if !ok {
		c.bad(file, text)
	}
	return list
}

func memoryStatsV1(s *Stats, c *counters) {
	m := &s.Memory
	m.Raw = map[string]uint64{}
	c.each("memory.stat", func(key string, n uint64) { m.Raw[key] = n })
	m.Cache = m.Raw["cache"]
	m.Usage = memoryEntry(c, "memory.")
	m.Swap = memoryEntry(c, "memory.memsw.")
	m.Kernel = memoryEntry(c, "memory.kmem.")
	m.KernelTCP = memoryEntry(c, "memory.kmem.tcp.")
}

func memoryEntry(c *counters, prefix string) MemoryEntry {
	return MemoryEntry{
		Limit:   c.number(prefix + "limit_in_bytes"),
		Usage:   c.number(prefix + "usage_in_bytes"),
		Max:     c.number(prefix + "max_usage_in_bytes"),
		Failcnt: c.number(prefix + "failcnt"),
	}
}

// pidsStats has the same files on v1 and v2.
func pidsStats(s *Stats, c *counters) {
	s.Pids.Current = c.number("pids.current")
	if strings.TrimSpace(c.text("pids.max")) != "max" {
		s.Pids.Limit = c.number("pids.max")
	}
}

// schedulers are the prefixes of the files of those that count.
var schedulers = [...]string{"blkio.bfq.", "blkio.", "blkio.throttle."}

// blkioStatsV1 reads the counters of the scheduler that has any: BFQ, then CFQ
// (before Linux 5.0), then the throttling layer, which always counts.
func blkioStatsV1(s *Stats, c *counters) {
	b := &s.Blkio
	for _, prefix := range schedulers {
		b.IoServiceBytesRecursive = blkioEntries(c, prefix+"io_service_bytes_recursive")
		b.IoServicedRecursive = blkioEntries(c, prefix+"io_serviced_recursive")
		if len(b.IoServicedRecursive) > 0 {
			b.IoQueuedRecursive = blkioEntries(c, prefix+"io_queued_recursive")
			b.IoServiceTimeRecursive = blkioEntries(c, prefix+"io_service_time_recursive")
			b.IoWaitTimeRecursive = blkioEntries(c, prefix+"io_wait_time_recursive")
			b.IoMergedRecursive = blkioEntries(c, prefix+"io_merged_recursive")
			b.IoTimeRecursive = blkioEntries(c, prefix+"time_recursive")
			b.SectorsRecursive = blkioEntries(c, prefix+"sectors_recursive")
			return
		}
	}
}

// blkioEntries reads lines "MAJOR:MINOR OP VALUE" or "MAJOR:MINOR VALUE"; the
// line "Total VALUE" is the sum of all.
func blkioEntries(c *counters, file string) []BlkioEntry {
	var list []BlkioEntry
	eachLine(c.text(file), func(line string) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "Total" {
			return
		}
		e, ok := blkioDevice(f[0])
		if len(f) == 3 {
			e.Op = f[1]
		}
		var err error
		e.Value, err = strconv.ParseUint(f[len(f)-1], 10, 64)
		if !ok || err != nil {
			c.bad(file, line)
			return
		}
		list = append(list, e)
	})
	return list
}

func blkioDevice(name string) (e BlkioEntry, ok bool) {
	major, minor, ok := strings.Cut(name, ":")
	var err1, err2 error
	e.Major, err1 = strconv.ParseUint(major, 10, 64)
	e.Minor, err2 = strconv.ParseUint(minor, 10, 64)
	return e, ok && err1 == nil && err2 == nil
}

func hugetlbStatsV1(s *Stats, c *counters) {
	for _, size := range pageSizes() {
		prefix := "hugetlb." + size + ".rsvd."
		if !exists(c.dir + "/" + prefix + "usage_in_bytes") {
			prefix = "hugetlb." + size + "."
		}
		s.Hugetlb[size] = HugetlbStats{
			Usage:   c.number(prefix + "usage_in_bytes"),
			Max:     c.number(prefix + "max_usage_in_bytes"),
			Failcnt: c.number(prefix + "failcnt"),
		}
	}
}
