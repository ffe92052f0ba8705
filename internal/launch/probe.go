package launch

import (
	"os"

	"bantam/internal/linux/lsm"
	"bantam/internal/plan"

	"golang.org/x/sys/unix"
)

// Probe looks at what a plan depends on of this machine. It costs ten cheap system calls.
func Probe() plan.Host {
	labels := lsm.Detect()
	return plan.Host{
		CapLast: lastCapability(), Caps: permitted(), UID: os.Geteuid(), UserNS: inUserNamespace(),
		CgroupV2: isType("/sys/fs/cgroup", unix.CGROUP2_SUPER_MAGIC),
		AppArmor: labels.AppArmor, SELinux: labels.SELinux, AppArmorFile: labels.AppArmorFile,
	}
}

// lastCapability asks for the bounding set's bits until the kernel knows one no more.
func lastCapability() int {
	last := unix.CAP_LAST_CAP
	for last > 0 && !knownCapability(last) {
		last--
	}
	for knownCapability(last + 1) {
		last++
	}
	return last
}

func knownCapability(bit int) bool {
	_, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(bit), 0, 0, 0)
	return err == nil
}

// permitted are the capabilities that this process can pass on.
func permitted() uint64 {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&head, &data[0]) != nil {
		return 0
	}
	return uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32
}

// inUserNamespace says that this process's user namespace is not the initial one, which
// alone maps every id (user_namespaces(7)).
func inUserNamespace() bool {
	fd, err := unix.Open("/proc/self/uid_map", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var b [64]byte
	n, _ := unix.Read(fd, b[:])
	return n > 0 && !isFullMap(b[:n])
}

// isFullMap recognises the line "0 0 4294967295".
func isFullMap(line []byte) bool {
	var field [3]uint64
	i := 0
	for k := range field {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		for ; i < len(line) && line[i] >= '0' && line[i] <= '9'; i++ {
			field[k] = field[k]*10 + uint64(line[i]-'0')
		}
	}
	return field == [3]uint64{0, 0, 4294967295}
}

func isType(path string, magic int64) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && int64(st.Type) == magic
}
