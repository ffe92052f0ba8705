package cli

import (
	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) updateCommand() *command {
	o := &engine.UpdateOptions{}
	l := &o.Limits
	given := false
	options := []option.Option{
		option.Int(&l.BlkioWeight, "blkio-weight", 0, "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
		option.Int(&l.CPUPeriod, "cpu-period", 0, "Limit CPU CFS (Completely Fair Scheduler) period"),
		option.Int(&l.CPUQuota, "cpu-quota", 0, "Limit CPU CFS (Completely Fair Scheduler) quota"),
		option.Int(&l.CPURTPeriod, "cpu-rt-period", 0, "Limit the CPU real-time period in microseconds"),
		option.Int(&l.CPURTRuntime, "cpu-rt-runtime", 0, "Limit the CPU real-time runtime in microseconds"),
		option.Int(&l.CPUShares, "cpu-shares", 'c', "CPU shares (relative weight)"),
		option.CPUs(&l.NanoCPUs, "cpus", "Number of CPUs"),
		option.String(&l.CPUSet, "cpuset-cpus", 0, "CPUs in which to allow execution (0-3, 0,1)"),
		option.String(&l.MemSet, "cpuset-mems", 0, "MEMs in which to allow execution (0-3, 0,1)"),
		refused("kernel-memory", "bytes", "Kernel memory limit", "the kernel has no limit of its own for that any more: use --memory, which counts it"),
		option.Bytes(&l.Memory, "memory", 'm', "Memory limit"),
		option.Bytes(&l.MemoryReservation, "memory-reservation", 0, "Memory soft limit"),
		option.String(&l.MemorySwap, "memory-swap", 0, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
		option.Int(&l.Pids, "pids-limit", 0, "Tune container pids limit (set -1 for unlimited)"),
		option.String(&o.Restart, "restart", 0, "Restart policy to apply when a container exits"),
	}
	for i := range options {
		set := options[i].Set
		options[i].Set = func(v string) error { given = true; return set(v) }
	}
	return &command{
		name: "update", alias: []string{"container update"}, args: "[OPTIONS] CONTAINER [CONTAINER...]", min: 1, max: -1,
		short: "Update configuration of one or more containers", options: option.Set{Interspersed: true, Options: options},
		run: func(args []string) int {
			if !given {
				c.complain("you must provide one or more flags when using this command")
				return 1
			}
			return c.each(args, func(name string) (string, error) { return name + "\n", c.engine().Update(name, o) }, false)
		},
	}
}
