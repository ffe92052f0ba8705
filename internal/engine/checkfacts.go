package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// controllerWants are the controllers of cgroup v1 or v2 and what each is for.
func controllerWants() (list []want) {
	v2 := cgroupV2()
	for _, c := range [...]struct{ v1, v2, consequence string }{
		{"cpu", "cpu", "--cpus, --cpu-shares, --cpu-quota are refused"},
		{"cpuset", "cpuset", "--cpuset-cpus and --cpuset-mems are refused"},
		{"memory", "memory", "--memory and its like are refused, stats shows no memory, OOM is not told"},
		{"pids", "pids", "--pids-limit is refused, stats shows no processes"},
		{"blkio", "io", "--blkio-weight and --device-read-bps and its like are refused"},
		{"devices", "", "every device file can be used that a container can make"},
		{"freezer", "", "pause does not work"},
	} {
		name := c.v1
		if v2 {
			name = c.v2
		}
		if name == "" {
			continue // v2 freezes by itself and has eBPF for devices
		}
		list = append(list, want{"controller " + name, false, func(*Engine) (string, bool) {
			where, ok := controller(name, v2)
			return where, ok
		}, c.consequence, cure(name, v2)})
	}
	return list
}

func cure(name string, v2 bool) string {
	if v2 {
		return "echo +" + name + " >/sys/fs/cgroup/cgroup.subtree_control; if it is not in cgroup.controllers it belongs to a v1 hierarchy or the kernel has it not"
	}
	return "mount -t cgroup -o " + name + " cgroup /sys/fs/cgroup/" + name + ", if the kernel has it (/proc/cgroups)"
}

// controller says where a controller is.
func controller(name string, v2 bool) (string, bool) {
	if v2 {
		b, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
		return "cgroup v2", strings.Contains(" "+strings.TrimSpace(string(b))+" ", " "+name+" ")
	}
	b, _ := os.ReadFile("/proc/self/mountinfo")
	for _, line := range strings.Split(string(b), "\n") {
		before, after, ok := strings.Cut(line, " - cgroup ")
		if !ok {
			continue
		}
		if words := strings.Fields(after); len(words) == 2 && strings.Contains(","+words[1]+",", ","+name+",") {
			return "cgroup v1, " + strings.Fields(before)[4], true
		}
	}
	return "", false
}

func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

func kernelAtLeast(major, minor int) bool {
	var a, b int
	_, err := fmt.Sscanf(release(), "%d.%d", &a, &b)
	return err == nil && (a > major || a == major && b >= minor)
}

func hasCapability(bit uint) bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&head, &data[0]) == nil && data[bit/32].Effective&(1<<(bit%32)) != 0
}

// fileSystem is the name of the file system that a path is on.
func fileSystem(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err.Error()
	}
	switch st.Type {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay"
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	}
	return "file system 0x" + strconv.FormatInt(int64(st.Type), 16)
}

func canMapOwners(path string) bool {
	switch fileSystem(path) {
	case "ext4", "xfs", "btrfs":
		return kernelAtLeast(5, 19)
	case "tmpfs":
		return kernelAtLeast(6, 3)
	}
	return false
}

func swapAccounting(*Engine) (string, bool) {
	if cgroupV2() {
		ok := exists("/proc/swaps")
		return boolWord(ok), ok
	}
	where, _ := controller("memory", false)
	_, dir, _ := strings.Cut(where, ", ")
	ok := dir != "" && exists(dir+"/memory.memsw.limit_in_bytes")
	return boolWord(ok), ok
}
