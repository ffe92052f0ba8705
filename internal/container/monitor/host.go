package monitor

import (
	"os"
	"strconv"

	"bantam/internal/container/dockerspec"
	"bantam/internal/launch"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// hostFacts looks at what a spec depends on.
func hostFacts(privileged bool) dockerspec.Host {
	h := dockerspec.Host{ThermalThrottle: thermalThrottle()}
	var st unix.Statfs_t
	h.CgroupV2 = unix.Statfs("/sys/fs/cgroup", &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
	if h.CgroupV2 {
		h.Swap = there("/proc/swaps")
	} else {
		h.Swap = there("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
	}
	facts := launch.Probe()
	h.Held, h.AppArmor = facts.Caps, facts.AppArmor
	if privileged {
		h.Devices = devices("/dev")
	}
	return h
}

func there(path string) bool { return unix.Access(path, unix.F_OK) == nil }

// thermalThrottle lists the folders of that name, one for each CPU, that tell a
// container about its neighbours' load.
func thermalThrottle() []string {
	var list []string
	for i := 0; ; i++ {
		p := "/sys/devices/system/cpu/cpu" + strconv.Itoa(i) + "/thermal_throttle"
		if !there(p) {
			return list
		}
		list = append(list, p)
	}
}

// devices lists the host's device files, for --privileged. What a container
// mounts itself is left out.
func devices(dir string) []specs.LinuxDevice {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []specs.LinuxDevice
	for _, e := range entries {
		path := dir + "/" + e.Name()
		if e.IsDir() {
			switch e.Name() {
			case "pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev":
			default:
				list = append(list, devices(path)...)
			}
			continue
		}
		if path == "/dev/console" || e.Type()&os.ModeDevice == 0 {
			continue
		}
		if d, ok := device(path); ok {
			list = append(list, d)
		}
	}
	return list
}

func device(path string) (specs.LinuxDevice, bool) {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return specs.LinuxDevice{}, false
	}
	kind := "c"
	if st.Mode&unix.S_IFMT == unix.S_IFBLK {
		kind = "b"
	}
	mode := os.FileMode(st.Mode & 0o777)
	return specs.LinuxDevice{
		Path: path, Type: kind, Major: int64(unix.Major(st.Rdev)), Minor: int64(unix.Minor(st.Rdev)),
		FileMode: &mode, UID: &st.Uid, GID: &st.Gid,
	}, true
}
