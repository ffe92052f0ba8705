package engine

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"
	"bantam/internal/linux/cgroup"

	"golang.org/x/sys/unix"
)

// Sample is what a container has used at one moment. Of one that doesn't run only the
// names are filled in.
type Sample struct {
	ID, Name string
	Read     time.Time
	Cgroup   *cgroup.Stats // nil while it doesn't run
	// HostCPU is the time in nanoseconds that all CPUs of the host have passed, idle or not.
	HostCPU     uint64
	CPUs        int
	MemoryLimit uint64 // its own, or the host's memory
	Networks    []NetworkUse
}

// NetworkUse counts one interface of a container.
type NetworkUse struct {
	Interface                               string
	RxBytes, RxPackets, RxErrors, RxDropped uint64
	TxBytes, TxPackets, TxErrors, TxDropped uint64
}

// Sample reads what a container has used so far.
func (e *Engine) Sample(name string) (*Sample, error) {
	host, err := cgroup.Discover()
	if err != nil {
		return nil, err
	}
	return e.sampleOf(host, name, false)
}

func (e *Engine) sampleOf(host *cgroup.Host, name string, brief bool) (*Sample, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	return c.sample(host, brief)
}

func (c *container) sample(host *cgroup.Host, brief bool) (*Sample, error) {
	s := &Sample{ID: c.Record.ID, Name: c.Record.Name, Read: time.Now().UTC(), CPUs: cpus()}
	if c.State.Status != folder.Running {
		return s, nil
	}
	used, err := monitor.Stats(host, c.Record.ID, c.State.Cgroup, brief)
	if err != nil {
		if !c.State.Alive() {
			return s, nil // it has ended meanwhile
		}
		return nil, err
	}
	s.Cgroup, s.HostCPU = used, hostCPU()
	s.MemoryLimit = uint64(memTotal())
	if l := used.Memory.Usage.Limit; l > 0 && l < s.MemoryLimit {
		s.MemoryLimit = l
	}
	if mode := c.Record.Host.NetworkMode; mode != "host" && mode != "none" {
		s.Networks = networkUse(c.State.Pid)
	}
	return s, nil
}

// hostCPU is what the first line of /proc/stat (proc_stat(5)) adds up to since some moment: idle or not, each CPU passes its time.
func hostCPU() uint64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
	return uint64(t.Nano()) * uint64(cpus())
}

// networkUse reads the interfaces of a process's network namespace but lo.
func networkUse(pid int) []NetworkUse {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/net/dev")
	var list []NetworkUse
	for line := range strings.Lines(string(b)) {
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if name = strings.TrimSpace(name); !ok || name == "lo" || len(f) < 12 {
			continue
		}
		n := func(i int) uint64 { v, _ := strconv.ParseUint(f[i], 10, 64); return v }
		list = append(list, NetworkUse{name, n(0), n(1), n(2), n(3), n(8), n(9), n(10), n(11)})
	}
	return list
}

// CPUPercent is the use of CPU since an earlier sample as docker has it: 100 is one CPU.
func (s *Sample) CPUPercent(before *Sample) float64 {
	if s.Cgroup == nil || before == nil || before.Cgroup == nil || s.HostCPU <= before.HostCPU || s.Cgroup.CPU.Usage.Total < before.Cgroup.CPU.Usage.Total {
		return 0
	}
	used, passed := s.Cgroup.CPU.Usage.Total-before.Cgroup.CPU.Usage.Total, s.HostCPU-before.HostCPU
	return 100 * float64(used) / float64(passed) * float64(s.CPUs)
}

// Memory is the memory in use without the page cache that can go at any time, as docker
// reckons it.
func (s *Sample) Memory() uint64 {
	if s.Cgroup == nil {
		return 0
	}
	m := &s.Cgroup.Memory
	cache, ok := m.Raw["total_inactive_file"] // v1
	if !ok {
		cache = m.Raw["inactive_file"]
	}
	if cache < m.Usage.Usage {
		return m.Usage.Usage - cache
	}
	return m.Usage.Usage
}

// MemoryPercent is the part of its limit that it uses.
func (s *Sample) MemoryPercent() float64 {
	if s.MemoryLimit == 0 {
		return 0
	}
	return 100 * float64(s.Memory()) / float64(s.MemoryLimit)
}

// NetworkBytes is what it has received and sent.
func (s *Sample) NetworkBytes() (received, sent uint64) {
	for _, n := range s.Networks {
		received, sent = received+n.RxBytes, sent+n.TxBytes
	}
	return received, sent
}

// BlockBytes is what it has read from and written to block devices.
func (s *Sample) BlockBytes() (read, written uint64) {
	if s.Cgroup == nil {
		return 0, 0
	}
	for _, b := range s.Cgroup.Blkio.IoServiceBytesRecursive {
		switch strings.ToLower(b.Op) {
		case "read":
			read += b.Value
		case "write":
			written += b.Value
		}
	}
	return read, written
}

// Pids is the number of its processes and threads.
func (s *Sample) Pids() uint64 {
	if s.Cgroup == nil {
		return 0
	}
	return s.Cgroup.Pids.Current
}

// StatsOptions are those of docker stats.
type StatsOptions struct {
	Names []string // none: those that run
	All   bool     // without names: those that don't run, too
	Once  bool     // one result, after the first two samples
	Brief bool     // of the control group only what [cgroup.Group.Brief] reads
}

// Stat is a container's sample and the one before it.
type Stat struct {
	Asked string // the name under which it was asked for
	*Sample
	Before *Sample
}

// statsEvery is docker's time between two samples.
const statsEvery = time.Second

// Stats gives each what containers use, every second until the context ends or each
// returns an error, which Stats returns.
func (e *Engine) Stats(ctx context.Context, o *StatsOptions, each func([]Stat) error) error {
	before := map[string]*Sample{}
	clock := time.NewTicker(statsEvery)
	defer clock.Stop()
	for first := true; ; first = false {
		list, err := e.samples(o)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Before = before[list[i].ID]
			before[list[i].ID] = list[i].Sample
		}
		if !first || !o.Once {
			if err := each(list); err != nil || o.Once {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C:
		}
	}
}

func (e *Engine) samples(o *StatsOptions) ([]Stat, error) {
	host, err := cgroup.Discover()
	if err != nil {
		return nil, err
	}
	if len(o.Names) > 0 {
		list := make([]Stat, len(o.Names))
		return list, sideBySide(len(list), func(i int) error {
			s, err := e.sampleOf(host, o.Names[i], o.Brief)
			list[i] = Stat{Asked: o.Names[i], Sample: s}
			return err
		})
	}
	all, err := e.List(o.All)
	if err != nil {
		return nil, err
	}
	list := make([]Stat, len(all))
	err = sideBySide(len(all), func(i int) error {
		c := &container{Record: all[i].Record, State: all[i].State}
		s, err := c.sample(host, o.Brief)
		if errors.Is(err, os.ErrNotExist) {
			return nil // removed meanwhile
		}
		list[i] = Stat{Asked: c.Record.ID[:12], Sample: s}
		return err
	})
	return slices.DeleteFunc(list, func(s Stat) bool { return s.Sample == nil }), err
}
