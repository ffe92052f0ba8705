package cgroup

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/linux/cgroup/device"
	"bantam/internal/linux/cgroup/systemd"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Versions of systemd from which a property is understood (systemd.resource-control(5)).
const (
	hasQuotaPeriod = 242
	hasCPUSet      = 244
	hasIdle        = 252
)

// propertyList collects properties of a unit.
type propertyList []systemd.Property

func (l *propertyList) add(name string, v systemd.Value) {
	*l = append(*l, systemd.Property{Name: name, Value: v})
}

// limit adds a limit; 0 says nothing and -1 is systemd's infinity, all ones.
func (l *propertyList) limit(name string, n int64) {
	if n != 0 {
		l.add(name, systemd.Uint64(uint64(n)))
	}
}

// propertiesV1 translates what systemd knows on v1.
func propertiesV1(r *specs.LinuxResources, version int) ([]systemd.Property, error) {
	var l propertyList
	if m := r.Memory; m != nil {
		l.limit("MemoryLimit", number(m.Limit))
	}
	if c := r.CPU; c != nil {
		l.limit("CPUShares", int64(number(c.Shares)))
		l.quota(number(c.Quota), number(c.Period), version)
		if err := l.cpuset(c.Cpus, c.Mems, version); err != nil {
			return nil, err
		}
	}
	if b := r.BlockIO; b != nil {
		l.limit("BlockIOWeight", int64(weight(b.Weight)))
	}
	l.tasks(r.Pids)
	return l, nil
}

// propertiesV2 translates what systemd knows on v2; dir is the group, if it is there.
func propertiesV2(r *specs.LinuxResources, version int, dir string) ([]systemd.Property, error) {
	var l propertyList
	if m := r.Memory; m != nil {
		if err := checkUsage(dir+"/memory.current", m); err != nil {
			return nil, err
		}
		swap, set, err := swapV2(number(m.Limit), number(m.Swap), dir)
		if err != nil {
			return nil, err
		}
		l.limit("MemoryMax", number(m.Limit))
		l.limit("MemoryLow", number(m.Reservation))
		if set {
			l.add("MemorySwapMax", systemd.Uint64(uint64(swap)))
		}
	}
	if c := r.CPU; c != nil {
		switch {
		case number(c.Idle) == 1 && version >= hasIdle:
			l.add("CPUWeight", systemd.Uint64(0)) // its word for idle
		case number(c.Shares) != 0:
			l.add("CPUWeight", systemd.Uint64(weightOfShares(*c.Shares)))
		}
		l.quota(number(c.Quota), number(c.Period), version)
		if err := l.cpuset(c.Cpus, c.Mems, version); err != nil {
			return nil, err
		}
	}
	l.tasks(r.Pids)
	return l, l.unified(r.Unified, version)
}

// quota: systemd counts microseconds per second and rounds to a hundredth of a
// processor; upwards, so that the exact value fits in.
func (l *propertyList) quota(quota int64, period uint64, version int) {
	if period != 0 && version >= hasQuotaPeriod {
		l.add("CPUQuotaPeriodUSec", systemd.Uint64(period))
	}
	if quota == 0 && period == 0 {
		return
	}
	perSecond := uint64(math.MaxUint64)
	if quota > 0 {
		if period == 0 {
			period = 100000
		}
		perSecond = (uint64(quota)*1000000/period + 9999) / 10000 * 10000
	}
	l.add("CPUQuotaPerSecUSec", systemd.Uint64(perSecond))
}

func (l *propertyList) cpuset(cpus, mems string, version int) error {
	for _, p := range [...]struct{ name, what, list string }{
		{"AllowedCPUs", "cpus", cpus}, {"AllowedMemoryNodes", "mems", mems},
	} {
		if p.list == "" || version < hasCPUSet {
			continue
		}
		bits, err := systemd.RangeToBits(p.list)
		if err != nil {
			return errors.New("resources.cpu." + p.what + " " + quote(p.list) + ": " + err.Error())
		}
		l.add(p.name, systemd.Bytes(bits))
	}
	return nil
}

func (l *propertyList) tasks(p *specs.LinuxPids) {
	if p == nil || p.Limit == nil {
		return
	}
	n := uint64(math.MaxUint64)
	if *p.Limit >= 0 {
		n = max(uint64(*p.Limit), 1) // it refuses 0
	}
	l.add("TasksMax", systemd.Uint64(n))
}

// unified translates those files that have a property.
func (l *propertyList) unified(files map[string]string, version int) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := checkUnified(name); err != nil {
			return err
		}
		if err := l.unifiedFile(name, strings.TrimSpace(files[name]), version); err != nil {
			return errors.New("unified resource " + quote(name) + ": " + err.Error())
		}
	}
	return nil
}

func (l *propertyList) unifiedFile(name, value string, version int) error {
	switch name {
	case "cpu.max":
		quota, period, err := parseCPUMax(value)
		if err == nil {
			l.quota(quota, period, version)
		}
		return err
	case "cpuset.cpus":
		return l.cpuset(value, "", version)
	case "cpuset.mems":
		return l.cpuset("", value, version)
	}
	property := unifiedProperty(name)
	if property == "" {
		return nil // written to the file alone
	}
	n, err := parseMax(value)
	if err != nil {
		return err
	}
	if property == "TasksMax" && n == 0 {
		n = 1
	}
	l.add(property, systemd.Uint64(n))
	return nil
}

func unifiedProperty(name string) string {
	switch name {
	case "cpu.weight":
		return "CPUWeight"
	case "memory.high":
		return "MemoryHigh"
	case "memory.low":
		return "MemoryLow"
	case "memory.min":
		return "MemoryMin"
	case "memory.max":
		return "MemoryMax"
	case "memory.swap.max":
		return "MemorySwapMax"
	case "pids.max":
		return "TasksMax"
	}
	return ""
}

func parseMax(s string) (uint64, error) {
	if s == "max" {
		return math.MaxUint64, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errors.New(quote(s) + " is neither a number nor max")
	}
	return n, nil
}

// parseCPUMax reads "QUOTA [PERIOD]".
func parseCPUMax(s string) (quota int64, period uint64, err error) {
	first, second, two := strings.Cut(s, " ")
	n, err := parseMax(first)
	if err != nil {
		return 0, 0, err
	}
	quota, period = int64(n), 100000 // max: -1
	if two {
		if period, err = strconv.ParseUint(strings.TrimSpace(second), 10, 64); err != nil || period == 0 {
			return 0, 0, errors.New(quote(second) + " is no period")
		}
	}
	return quota, period, nil
}

// deviceProperties translates rules to DevicePolicy and DeviceAllow. systemd
// knows no exceptions from an allowed range: then it allows everything and our
// own rules alone decide. The empty list takes back the one before.
func deviceProperties(rules []device.Rule) []systemd.Property {
	var l propertyList
	list, err := device.Exceptions(rules)
	l.add("DeviceAllow", systemd.Pairs(nil))
	if err != nil || list.Allow {
		l.add("DevicePolicy", systemd.String("auto"))
		return l
	}
	l.add("DevicePolicy", systemd.String("strict"))
	var pairs [][2]string
	for i := range list.Exceptions {
		if name := systemdDevice(&list.Exceptions[i]); name != "" {
			pairs = append(pairs, [2]string{name, list.Exceptions[i].Access.String()})
		}
	}
	if len(pairs) > 0 {
		l.add("DeviceAllow", systemd.Pairs(pairs))
	}
	return l
}

// systemdDevice names the devices of a rule as DeviceAllow does (systemd 240);
// it has no name for one minor number of every major.
func systemdDevice(r *device.Rule) string {
	kind := "char"
	if r.Kind == device.Block {
		kind = "block"
	}
	switch {
	case r.Major == device.Wild && r.Minor == device.Wild:
		return kind + "-*"
	case r.Major == device.Wild:
		return ""
	case r.Minor == device.Wild:
		return kind + "-" + itoa(r.Major)
	}
	return "/dev/" + kind + "/" + itoa(r.Major) + ":" + itoa(r.Minor)
}
