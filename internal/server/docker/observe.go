package docker

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"bantam/internal/engine"
	"bantam/internal/linux/cgroup"

	"github.com/moby/moby/api/types/container"
)

// observing is what the routes that tell how containers fare need of the engine.
type observing interface {
	Top(name string, options []string) (*engine.Processes, error)
	Sample(name string) (*engine.Sample, error)
	Stats(ctx context.Context, o *engine.StatsOptions, each func([]engine.Stat) error) error
	Events(ctx context.Context, o *engine.EventsOptions, each func(*engine.Event) error) error
}

func (s *Server) observeRoutes() []route {
	return []route{
		{"GET", "/containers/{name}/top", s.top},
		{"GET", "/containers/{name}/stats", s.stats},
		{"GET", "/events", s.events},
	}
}

func (s *Server) top(c *call) error {
	p, err := s.observing.Top(c.name(), strings.Fields(cmp.Or(c.str("ps_args"), "-ef")))
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, container.TopResponse{Titles: p.Titles, Processes: p.Processes})
}

// stats sends a sample each second; without stream one, after two were taken, and with
// one-shot the first.
func (s *Server) stats(c *call) error {
	stream := c.flagOr("stream", true)
	if !stream && c.flag("one-shot") {
		sample, err := s.observing.Sample(c.name())
		if err != nil {
			return err
		}
		return c.reply(http.StatusOK, statsOf(engine.Stat{Sample: sample}))
	}
	if _, err := s.observing.Sample(c.name()); err != nil {
		return err // before the answer begins
	}
	out := c.stream("application/json")
	o := &engine.StatsOptions{Names: []string{c.name()}, Once: !stream}
	return s.observing.Stats(c.r.Context(), o, func(list []engine.Stat) error {
		for _, l := range list {
			if err := encode(out, statsOf(l)); err != nil {
				return err
			}
		}
		return nil
	})
}

// statsOf is a sample in docker's form.
func statsOf(s engine.Stat) *container.StatsResponse {
	r := &container.StatsResponse{ID: s.ID, Name: "/" + s.Name, OSType: "linux", Read: s.Read}
	if s.Cgroup == nil {
		r.Read = time.Time{}
		return r
	}
	r.CPUStats = cpuOf(s.Sample)
	if s.Before != nil && s.Before.Cgroup != nil {
		r.PreRead, r.PreCPUStats = s.Before.Read, cpuOf(s.Before)
	}
	m := &s.Cgroup.Memory
	r.MemoryStats = container.MemoryStats{Usage: m.Usage.Usage, MaxUsage: m.Usage.Max, Failcnt: m.Usage.Failcnt, Limit: s.MemoryLimit, Stats: m.Raw}
	r.PidsStats = container.PidsStats{Current: s.Cgroup.Pids.Current, Limit: s.Cgroup.Pids.Limit}
	r.Networks = map[string]container.NetworkStats{}
	for _, n := range s.Networks {
		r.Networks[n.Interface] = container.NetworkStats{
			RxBytes: n.RxBytes, RxPackets: n.RxPackets, RxErrors: n.RxErrors, RxDropped: n.RxDropped,
			TxBytes: n.TxBytes, TxPackets: n.TxPackets, TxErrors: n.TxErrors, TxDropped: n.TxDropped,
		}
	}
	b := &s.Cgroup.Blkio
	r.BlkioStats = container.BlkioStats{
		IoServiceBytesRecursive: blkio(b.IoServiceBytesRecursive), IoServicedRecursive: blkio(b.IoServicedRecursive), IoQueuedRecursive: blkio(b.IoQueuedRecursive),
		IoServiceTimeRecursive: blkio(b.IoServiceTimeRecursive), IoWaitTimeRecursive: blkio(b.IoWaitTimeRecursive), IoMergedRecursive: blkio(b.IoMergedRecursive),
		IoTimeRecursive: blkio(b.IoTimeRecursive), SectorsRecursive: blkio(b.SectorsRecursive),
	}
	return r
}

func cpuOf(s *engine.Sample) container.CPUStats {
	u, t := &s.Cgroup.CPU.Usage, &s.Cgroup.CPU.Throttling
	return container.CPUStats{
		CPUUsage:    container.CPUUsage{TotalUsage: u.Total, PercpuUsage: u.Percpu, UsageInKernelmode: u.Kernel, UsageInUsermode: u.User},
		SystemUsage: s.HostCPU, OnlineCPUs: uint32(s.CPUs),
		ThrottlingData: container.ThrottlingData{Periods: t.Periods, ThrottledPeriods: t.ThrottledPeriods, ThrottledTime: t.ThrottledTime},
	}
}

func blkio(list []cgroup.BlkioEntry) []container.BlkioStatEntry {
	out := make([]container.BlkioStatEntry, 0, len(list))
	for _, e := range list {
		out = append(out, container.BlkioStatEntry{Major: e.Major, Minor: e.Minor, Op: strings.ToLower(e.Op), Value: e.Value})
	}
	return out
}

// events sends what has happened since a time, and what happens, as a line of JSON each.
func (s *Server) events(c *call) error {
	f, err := c.filters()
	if err != nil {
		return err
	}
	o := &engine.EventsOptions{Filters: f}
	for key, to := range map[string]*time.Time{"since": &o.Since, "until": &o.Until} {
		if *to, err = engine.ParseTime(c.str(key), time.Now()); err != nil {
			return badRequest("invalid value for \"" + key + "\": " + err.Error())
		}
	}
	if err := o.Check(); err != nil {
		return err
	}
	kind := c.streamType()
	out := c.stream(kind)
	return s.observing.Events(c.r.Context(), o, func(e *engine.Event) error { return encodeAs(kind, out, c.eventFor(e)) })
}

// updateContainer changes limits and the restart policy.
func (s *Server) updateContainer(c *call) error {
	var r container.UpdateConfig
	if err := c.decode(&r); err != nil {
		return err
	}
	if c.minor < 55 { // docker passes over them, as its client sends what it has not been asked for
		r.BlkioWeightDevice, r.BlkioDeviceReadBps, r.BlkioDeviceWriteBps, r.BlkioDeviceReadIOps, r.BlkioDeviceWriteIOps = nil, nil, nil, nil, nil
	}
	o := &engine.UpdateOptions{Limits: limits(&container.HostConfig{Resources: r.Resources}), Restart: restart(&r.RestartPolicy)}
	if err := s.containers.Update(c.name(), o); err != nil {
		return err
	}
	return c.reply(http.StatusOK, container.UpdateResponse{Warnings: []string{}})
}
