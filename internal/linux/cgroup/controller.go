package cgroup

// Controllers is a set of cgroup controllers.
type Controllers uint32

// The controllers of cgroups(7). Systemd is the named v1 hierarchy of systemd,
// Unified stands for the v2 hierarchy as a place for processes.
const (
	CPU Controllers = 1 << iota
	CPUAcct
	CPUSet
	Memory
	Devices
	Freezer
	IO // "blkio" on v1
	Pids
	Hugetlb
	RDMA
	NetCls
	NetPrio
	PerfEvent
	Misc
	Systemd
	Unified
)

// controllerByName knows the names of /proc/PID/cgroup and cgroup.controllers.
func controllerByName(name string) Controllers {
	switch name {
	case "cpu":
		return CPU
	case "cpuacct":
		return CPUAcct
	case "cpuset":
		return CPUSet
	case "memory":
		return Memory
	case "devices":
		return Devices
	case "freezer":
		return Freezer
	case "blkio", "io":
		return IO
	case "pids":
		return Pids
	case "hugetlb":
		return Hugetlb
	case "rdma":
		return RDMA
	case "net_cls":
		return NetCls
	case "net_prio":
		return NetPrio
	case "perf_event":
		return PerfEvent
	case "misc":
		return Misc
	case "name=systemd":
		return Systemd
	}
	return 0
}

// controllersOf reads a list of names with the given separator.
func controllersOf(list string, separator byte) Controllers {
	var set Controllers
	for list != "" {
		name := list
		if i := indexByte(list, separator); i >= 0 {
			name, list = list[:i], list[i+1:]
		} else {
			list = ""
		}
		set |= controllerByName(name)
	}
	return set
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}
