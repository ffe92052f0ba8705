package engine

import (
	"errors"
	"fmt"
	"slices"

	"bantam/internal/container/folder"
	"bantam/internal/container/monitor"
)

// UpdateOptions are those of docker update: zero values change nothing.
type UpdateOptions struct {
	Limits  LimitOptions
	Restart string
}

// Update changes the limits and the restart policy of a container: of one that runs at
// once, and in its record for later starts.
func (e *Engine) Update(name string, o *UpdateOptions) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	err = c.change(func(r *folder.Record) error {
		before := r.Host.Resources
		if err := o.apply(&r.Host); err != nil {
			return refusal(err)
		}
		if err := c.read(); err != nil {
			return err
		}
		if c.State.Status != folder.Running {
			return nil
		}
		return c.limit(r, &before)
	})
	var missing *folder.NotFound
	var invalid *Invalid
	if errors.As(err, &missing) || errors.As(err, &invalid) {
		return err
	}
	if err != nil {
		return fmt.Errorf("Cannot update container %s: %w", c.Record.ID, err)
	}
	e.containerEvent(c.Record, "update")
	return nil
}

// refusal says whose fault an error of apply is: where it lies not in what the container has, in what was asked for.
func refusal(err error) error {
	var conflict *Conflict
	if errors.As(err, &conflict) {
		return err
	}
	return &Invalid{err}
}

// limit sets the limits of a running container; where one can't be set the others go back.
func (c *container) limit(r *folder.Record, before *folder.Resources) error {
	now, was := *r, *r
	now.Host.Resources, was.Host.Resources = lifted(&r.Host.Resources, before), lifted(before, &r.Host.Resources)
	err := monitor.Limit(&now, c.State.Cgroup)
	if err != nil {
		_ = monitor.Limit(&was, c.State.Cgroup)
	}
	return err
}

// lifted are limits with those of devices that had one before and have none any more: 0 lifts it.
func lifted(now, before *folder.Resources) folder.Resources {
	r := *now
	old := *before
	for i, list := range rateLists(&r) {
		all := slices.Clone(*list)
		for _, b := range *rateLists(&old)[i] {
			if !slices.ContainsFunc(all, func(n folder.Rate) bool { return n.Path == b.Path }) {
				all = append(all, folder.Rate{Path: b.Path})
			}
		}
		*list = all
	}
	return r
}

// rateLists are the limits of single devices.
func rateLists(r *folder.Resources) [5]*[]folder.Rate {
	return [...]*[]folder.Rate{&r.BlkioWeightDevice, &r.BlkioDeviceReadBps, &r.BlkioDeviceWriteBps, &r.BlkioDeviceReadIOps, &r.BlkioDeviceWriteIOps}
}

// apply lays the options over what the container has.
func (o *UpdateOptions) apply(h *folder.HostConfig) error {
	if o.Restart != "" {
		if h.AutoRemove && o.Restart != "no" {
			return conflicting("Restart policy cannot be updated because AutoRemove is enabled for the container")
		}
		if err := (&RunOptions{Restart: o.Restart}).restart(h); err != nil {
			return err
		}
	}
	l := o.Limits
	given := folder.Resources{CPUPeriod: l.CPUPeriod, CPUQuota: l.CPUQuota, NanoCpus: l.NanoCPUs, CPUShares: l.CPUShares, CpusetCpus: l.CPUSet, CpusetMems: l.MemSet, BlkioWeight: l.BlkioWeight}
	if err := l.cpu(&given); err != nil {
		return err
	}
	if err := l.block(&given); err != nil {
		return err
	}
	if err := o.memory(&h.Resources); err != nil {
		return err
	}
	for i, list := range rateLists(&given) {
		if len(*list) > 0 {
			*rateLists(&h.Resources)[i] = *list
		}
	}
	return overlay(&h.Resources, &l)
}

// memory lays the memory's limits over those of the container and checks the whole.
func (o *UpdateOptions) memory(r *folder.Resources) error {
	l := o.Limits
	if l.Memory == 0 && l.MemoryReservation == 0 && l.MemorySwap == "" {
		return nil
	}
	if err := l.enough(); err != nil {
		return err
	}
	swap := r.MemorySwap
	if swap == 0 {
		swap = 2 * r.Memory // what the container has without being asked for
	}
	// So does docker, also where no limit was set (0) or swap is unlimited (-1).
	if l.Memory > swap && l.MemorySwap == "" {
		return conflicting("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time")
	}
	if l.Memory == 0 {
		l.Memory = r.Memory
	}
	if l.MemoryReservation == 0 {
		l.MemoryReservation = r.MemoryReservation
	}
	next := *r
	if err := l.memory(&next); err != nil {
		return err
	}
	if l.MemorySwap == "" {
		next.MemorySwap = swap
	}
	next.MemorySwappiness = r.MemorySwappiness
	*r = next
	return nil
}

// conflicting is what docker answers where an option doesn't go with what the container has.
func conflicting(text string) error { return &Conflict{errors.New(text)} }

// overlay takes what was given of the rest.
func overlay(r *folder.Resources, l *LimitOptions) error {
	switch {
	case l.NanoCPUs > 0 && r.CPUPeriod > 0:
		return conflicting("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set")
	case l.NanoCPUs > 0 && r.CPUQuota > 0:
		return conflicting("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set")
	case l.CPUPeriod > 0 && r.NanoCpus > 0:
		return conflicting("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set")
	case l.CPUQuota > 0 && r.NanoCpus > 0:
		return conflicting("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set")
	}
	for to, given := range map[*int64]int64{
		&r.NanoCpus: l.NanoCPUs, &r.CPUPeriod: l.CPUPeriod, &r.CPUQuota: l.CPUQuota, &r.CPUShares: l.CPUShares, &r.PidsLimit: l.Pids,
		&r.CPURealtimePeriod: l.CPURTPeriod, &r.CPURealtimeRuntime: l.CPURTRuntime, &r.BlkioWeight: l.BlkioWeight,
	} {
		if given != 0 {
			*to = given
		}
	}
	for to, given := range map[*string]string{&r.CpusetCpus: l.CPUSet, &r.CpusetMems: l.MemSet} {
		if given != "" {
			*to = given
		}
	}
	return nil
}
