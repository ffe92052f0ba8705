package cgroup

// Brief reads what one sees of a container at a glance: its CPU time, its memory and what of that can go, the bytes of block
// devices and the number of processes. All else stays empty; of a thousand containers [Group.Stats] takes ten times as long.
func (g *Group) Brief() (*Stats, error) {
	s := &Stats{}
	c := &counters{dir: g.unified()}
	if g.state.Mode == V2 {
		c.briefV2(s)
		return s, c.err
	}
	for _, part := range [...]struct {
		of   Controllers
		read func(*counters, *Stats)
	}{{CPUAcct, (*counters).cpuTimeV1}, {Memory, (*counters).memoryV1}, {Pids, (*counters).processes}, {IO, (*counters).blockBytesV1}} {
		if c.dir = g.Path(part.of); c.dir != "" {
			part.read(c, s)
		}
	}
	return s, c.err
}

func (c *counters) briefV2(s *Stats) {
	if c.dir == "" {
		return
	}
	s.CPU.Usage.Total = 1000 * c.key("cpu.stat", "usage_usec")
	if exists(c.dir + "/memory.current") {
		s.Memory.Usage = MemoryEntry{Limit: c.number("memory.max"), Usage: c.number("memory.current")}
		s.Memory.Raw = map[string]uint64{"inactive_file": c.key("memory.stat", "inactive_file")}
	}
	if exists(c.dir + "/pids.current") {
		c.processes(s)
	} else {
		pidsStatsV2(s, c)
	}
	blockLines(s, c)
}

func (c *counters) cpuTimeV1(s *Stats) { s.CPU.Usage.Total = c.number("cpuacct.usage") }

func (c *counters) memoryV1(s *Stats) {
	s.Memory.Usage = MemoryEntry{Limit: c.number("memory.limit_in_bytes"), Usage: c.number("memory.usage_in_bytes")}
	s.Memory.Raw = map[string]uint64{"total_inactive_file": c.key("memory.stat", "total_inactive_file")}
}

func (c *counters) processes(s *Stats) { s.Pids.Current = c.number("pids.current") }

func (c *counters) blockBytesV1(s *Stats) {
	for _, prefix := range schedulers {
		if s.Blkio.IoServiceBytesRecursive = blkioEntries(c, prefix+"io_service_bytes_recursive"); len(s.Blkio.IoServiceBytesRecursive) > 0 {
			return
		}
	}
}
