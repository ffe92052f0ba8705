package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/linux/rlimit"
)

// LimitOptions are the options that bound what a container may use.
type LimitOptions struct {
	Memory, MemoryReservation              int64
	MemorySwap                             string // bytes, or -1
	Swappiness                             *int64 // -1 is the host's
	OOMKillDisable                         bool
	OOMScore                               int64
	NanoCPUs                               int64
	CPUShares, CPUPeriod, CPUQuota         int64
	CPURTPeriod, CPURTRuntime              int64
	CPUSet, MemSet                         string
	Pids                                   int64
	BlkioWeight                            int64
	BlkioWeightDevice                      []string
	ReadBps, WriteBps, ReadIOps, WriteIOps []string
	Ulimits                                []string
	Devices                                []string
	DeviceRules                            []string
	GPUs                                   string
}

// minMemory is docker's least memory limit.
const minMemory = 6 << 20

func (o *RunOptions) limits(h *folder.HostConfig) error {
	l := &o.Limits
	if l.GPUs != "" {
		return errors.New("could not select device driver \"\" with capabilities: [[gpu]]: bantam passes no GPUs on; give the devices with --device and mount the driver's files")
	}
	r := &h.Resources
	*r = folder.Resources{
		CPUShares: l.CPUShares, NanoCpus: l.NanoCPUs, CPUPeriod: l.CPUPeriod, CPUQuota: l.CPUQuota, CPURealtimePeriod: l.CPURTPeriod,
		CPURealtimeRuntime: l.CPURTRuntime, CpusetCpus: l.CPUSet, CpusetMems: l.MemSet, BlkioWeight: l.BlkioWeight,
		DeviceCgroupRules: l.DeviceRules, OomKillDisable: l.OOMKillDisable, PidsLimit: l.Pids,
	}
	for _, step := range [...]func(*folder.Resources) error{l.memory, l.cpu, l.block, l.ulimits, l.devices} {
		if err := step(r); err != nil {
			return err
		}
	}
	if l.OOMScore < -1000 || l.OOMScore > 1000 {
		return fmt.Errorf("Invalid value %d, range for oom score adj is [-1000, 1000]", l.OOMScore)
	}
	return nil
}

// enough refuses less memory than a container needs.
func (l *LimitOptions) enough() error {
	if l.Memory != 0 && l.Memory < minMemory {
		return errors.New("Minimum memory limit allowed is 6MB")
	}
	if l.MemoryReservation != 0 && l.MemoryReservation < minMemory {
		return errors.New("Minimum memory reservation allowed is 6MB")
	}
	return nil
}

func (l *LimitOptions) memory(r *folder.Resources) error {
	r.Memory, r.MemoryReservation = l.Memory, l.MemoryReservation
	if err := l.enough(); err != nil {
		return err
	}
	if r.Memory > 0 && r.MemoryReservation > r.Memory {
		return errors.New("Minimum memory limit can not be less than memory reservation limit, see usage")
	}
	switch {
	case l.MemorySwap == "-1":
		r.MemorySwap = -1
	case l.MemorySwap != "":
		n, err := ParseBytes(l.MemorySwap)
		if err != nil {
			return err
		}
		r.MemorySwap = n
	}
	switch {
	case r.MemorySwap > 0 && r.Memory == 0:
		return errors.New("You should always set the Memory limit when using Memoryswap limit, see usage")
	case r.MemorySwap > 0 && r.MemorySwap < r.Memory:
		return errors.New("Minimum memoryswap limit should be larger than memory limit, see usage")
	case l.Swappiness == nil || *l.Swappiness == -1:
	case *l.Swappiness < -1 || *l.Swappiness > 100:
		return fmt.Errorf("Invalid value: %d, valid memory swappiness range is 0-100", *l.Swappiness)
	default:
		r.MemorySwappiness = l.Swappiness
	}
	return nil
}

func (l *LimitOptions) cpu(r *folder.Resources) error {
	n := int64(cpus())
	switch {
	case r.NanoCpus < 0:
		return fmt.Errorf("range of CPUs is from 0.01 to %d.00", n)
	case r.NanoCpus > n*1e9 || r.NanoCpus > 0 && r.NanoCpus < 1e7:
		return fmt.Errorf("range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available", n, n)
	case r.NanoCpus > 0 && r.CPUPeriod > 0:
		return errors.New("Conflicting options: Nano CPUs and CPU Period cannot both be set.")
	case r.NanoCpus > 0 && r.CPUQuota > 0:
		return errors.New("Conflicting options: Nano CPUs and CPU Quota cannot both be set.")
	case r.CPUPeriod != 0 && (r.CPUPeriod < 1000 || r.CPUPeriod > 1000000):
		return errors.New("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
	case r.CPUQuota > 0 && r.CPUQuota < 1000:
		return errors.New("CPU cfs quota can not be less than 1ms (i.e. 1000)")
	case r.CPUShares < 0:
		return fmt.Errorf("invalid CPU shares (%d): value must be a positive integer", r.CPUShares)
	}
	return cpuset(r)
}

func (l *LimitOptions) block(r *folder.Resources) error {
	if r.BlkioWeight != 0 && (r.BlkioWeight < 10 || r.BlkioWeight > 1000) {
		return errors.New("Range of blkio weight is from 10 to 1000")
	}
	for _, c := range [...]struct {
		from  []string
		to    *[]folder.Rate
		parse func(string) (int64, error)
	}{
		{l.BlkioWeightDevice, &r.BlkioWeightDevice, weight},
		{l.ReadBps, &r.BlkioDeviceReadBps, ParseBytes},
		{l.WriteBps, &r.BlkioDeviceWriteBps, ParseBytes},
		{l.ReadIOps, &r.BlkioDeviceReadIOps, count},
		{l.WriteIOps, &r.BlkioDeviceWriteIOps, count},
	} {
		for _, text := range c.from {
			path, value, ok := strings.Cut(text, ":")
			n, err := c.parse(value)
			if !ok || !strings.HasPrefix(path, "/dev/") || err != nil || n < 0 {
				return fmt.Errorf("invalid rate for device: %s. The correct format is <device-path>:<number>. Number must be a positive integer", text)
			}
			*c.to = append(*c.to, folder.Rate{Path: path, Rate: n})
		}
	}
	return nil
}

func weight(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && n != 0 && (n < 10 || n > 1000) {
		err = strconv.ErrRange
	}
	return n, err
}

func count(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

// ulimits reads NAME=SOFT[:HARD]; -1 is unlimited.
func (l *LimitOptions) ulimits(r *folder.Resources) error {
	for _, text := range l.Ulimits {
		name, value, ok := strings.Cut(text, "=")
		if _, known := rlimit.Number("RLIMIT_" + strings.ToUpper(name)); !ok || !known || name == "" {
			if !ok {
				return fmt.Errorf("invalid ulimit argument: %s", text)
			}
			return fmt.Errorf("invalid ulimit type: %s", name)
		}
		soft, hard, both := strings.Cut(value, ":")
		u := folder.Ulimit{Name: name}
		var err error
		if u.Soft, err = count(soft); err == nil && both {
			u.Hard, err = count(hard)
		} else {
			u.Hard = u.Soft
		}
		if err != nil {
			return fmt.Errorf("invalid ulimit argument: %s", text)
		}
		if u.Hard != -1 && (u.Soft > u.Hard || u.Soft == -1) {
			return fmt.Errorf("ulimit soft limit must be less than or equal to hard limit: %d > %d", u.Soft, u.Hard)
		}
		// The last of one name counts.
		r.Ulimits = slices.DeleteFunc(r.Ulimits, func(other folder.Ulimit) bool { return other.Name == name })
		r.Ulimits = append(r.Ulimits, u)
	}
	return nil
}

// devices reads HOST[:CONTAINER][:PERMISSIONS].
func (l *LimitOptions) devices(r *folder.Resources) error {
	for _, text := range l.Devices {
		part := strings.Split(text, ":")
		d := folder.Device{PathOnHost: part[0], PathInContainer: part[0], CgroupPermissions: "rwm"}
		switch {
		case len(part) > 3 || part[0] == "":
			return fmt.Errorf("invalid device specification: %s", text)
		case len(part) == 3:
			d.PathInContainer, d.CgroupPermissions = part[1], part[2]
		case len(part) == 2 && isDeviceMode(part[1]):
			d.CgroupPermissions = part[1]
		case len(part) == 2:
			d.PathInContainer = part[1]
		}
		if !isDeviceMode(d.CgroupPermissions) || !strings.HasPrefix(d.PathInContainer, "/") {
			return fmt.Errorf("invalid device specification: %s", text)
		}
		if _, err := os.Stat(d.PathOnHost); err != nil {
			return fmt.Errorf("error gathering device information while adding custom device %q: no such file or directory", d.PathOnHost)
		}
		r.Devices = append(r.Devices, d)
	}
	return nil
}

// isDeviceMode: some of r, w and m, each once.
func isDeviceMode(s string) bool {
	for i, c := range s {
		if !strings.ContainsRune("rwm", c) || strings.ContainsRune(s[:i], c) {
			return false
		}
	}
	return s != ""
}

// warn tells, in docker's words, what this machine can't do and is left out.
func (e *Engine) warn(h *folder.HostConfig) {
	if e.Notes == nil || h.MemorySwappiness == nil && !h.OomKillDisable || !cgroupV2() {
		return
	}
	if h.MemorySwappiness != nil {
		fmt.Fprintln(e.Notes, "WARNING: Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.")
	}
	if h.OomKillDisable {
		fmt.Fprintln(e.Notes, "WARNING: Your kernel does not support OomKillDisable. OomKillDisable discarded.")
	}
}
