package ocicmd

import (
	"errors"
	"io"
	"math"
	"os"
	"strconv"

	"bantam/internal/container"
	"bantam/internal/oci"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// updateFlags are what update changes: a document, and options on top of it.
type updateFlags struct {
	container.UpdateOptions
	document string
	r        specs.LinuxResources
}

func updateCommand() command {
	return command{
		name: "update", usage: "ID", about: "change the limits of a container", min: 1, max: 1,
		make: func() (*flags, func(*call, []string) error) {
			u := &updateFlags{}
			return u.flags(), u.run
		},
	}
}

func (u *updateFlags) flags() *flags {
	cpu := func() *specs.LinuxCPU { return orNew(&u.r.CPU) }
	mem := func() *specs.LinuxMemory { return orNew(&u.r.Memory) }
	return &flags{list: []flag{
		text(&u.document, "resources", "r", "FILE", "read linux.resources as JSON from FILE, - is standard input"),
		{"blkio-weight", "", "N", "weight of block I/O, 10 to 1000", unsigned(16, func(n uint64) { w := uint16(n); orNew(&u.r.BlockIO).Weight = &w })},
		{"cpu-period", "", "US", "period of the CPU limit in microseconds", unsigned(64, func(n uint64) { cpu().Period = &n })},
		{"cpu-quota", "", "US", "CPU time in a period in microseconds", signed(func(n int64) { cpu().Quota = &n })},
		{"cpu-burst", "", "US", "CPU time that may be saved up", unsigned(64, func(n uint64) { cpu().Burst = &n })},
		{"cpu-share", "", "N", "CPU shares, relative to other containers", unsigned(64, func(n uint64) { cpu().Shares = &n })},
		{"cpu-rt-period", "", "US", "period of the real-time limit", unsigned(64, func(n uint64) { cpu().RealtimePeriod = &n })},
		{"cpu-rt-runtime", "", "US", "real-time CPU time in a period", signed(func(n int64) { cpu().RealtimeRuntime = &n })},
		{"cpu-idle", "", "0|1", "schedule as idle", signed(func(n int64) { cpu().Idle = &n })},
		{"cpuset-cpus", "", "LIST", "CPUs to use", func(v string) error { cpu().Cpus = v; return nil }},
		{"cpuset-mems", "", "LIST", "memory nodes to use", func(v string) error { cpu().Mems = v; return nil }},
		{"memory", "", "BYTES", "memory limit", size(func(n int64) { mem().Limit = &n })},
		{"memory-reservation", "", "BYTES", "memory reservation", size(func(n int64) { mem().Reservation = &n })},
		{"memory-swap", "", "BYTES", "limit of memory and swap together, -1: none", size(func(n int64) { mem().Swap = &n })},
		{"kernel-memory", "", "BYTES", "not in any kernel of today: refused", obsolete},
		{"kernel-memory-tcp", "", "BYTES", "not in any kernel of today: refused", obsolete},
		{"pids-limit", "", "N", "number of processes, -1: no limit", signed(func(n int64) { orNew(&u.r.Pids).Limit = &n })},
		text(&u.L3CacheSchema, "l3-cache-schema", "", "SCHEMA", "resctrl schema of the L3 cache"),
		text(&u.MemBwSchema, "mem-bw-schema", "", "SCHEMA", "resctrl schema of the memory's bandwidth"),
	}}
}

func orNew[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

func obsolete(string) error {
	return errors.New("the kernel has no such limit any more: use --memory")
}

func unsigned(bits int, set func(uint64)) func(string) error {
	return func(v string) error {
		n, err := strconv.ParseUint(v, 10, bits)
		if err == nil {
			set(n)
		}
		return err
	}
}

func signed(set func(int64)) func(string) error {
	return func(v string) error {
		n, err := strconv.ParseInt(v, 10, 64)
		if err == nil {
			set(n)
		}
		return err
	}
}

// size reads bytes with a unit as runc does: 512m, 1g; -1 is no limit.
func size(set func(int64)) func(string) error {
	return func(v string) error {
		digits, shift := v, 0
		if n := len(v); n > 1 && (v[n-1] == 'b' || v[n-1] == 'B') {
			digits = v[:n-1]
		}
		if n := len(digits); n > 1 {
			switch digits[n-1] | 0x20 {
			case 'k':
				shift = 10
			case 'm':
				shift = 20
			case 'g':
				shift = 30
			case 't':
				shift = 40
			}
			if shift > 0 {
				digits = digits[:n-1]
			}
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return err
		}
		if n > math.MaxInt64>>shift {
			return errors.New("it is too large")
		}
		set(n << shift)
		return nil
	}
}

func (u *updateFlags) run(c *call, args []string) error {
	u.Resources = &u.r
	if u.document != "" {
		r, err := readResources(u.document)
		if err != nil {
			return err
		}
		u.Resources = r
	}
	return c.rt.Update(args[0], &u.UpdateOptions)
}

func readResources(path string) (*specs.LinuxResources, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	r, err := oci.DecodeResources(b)
	if err != nil {
		return nil, errors.New("read resources: " + err.Error())
	}
	return r, nil
}
