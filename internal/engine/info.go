package engine

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"bantam/internal/container/folder"

	"golang.org/x/sys/unix"
)

// Info is what bantam info prints; the names are docker's.
type Info struct {
	Containers, ContainersRunning, ContainersStopped int
	Images                                           int
	Driver                                           string
	LoggingDriver                                    string
	CgroupDriver, CgroupVersion                      string
	Runtime                                          string
	SecurityOptions                                  []string
	KernelVersion, OperatingSystem, OSType           string
	Architecture                                     string
	NCPU                                             int
	MemTotal                                         int64
	Name                                             string
	DockerRootDir                                    string
	ServerVersion                                    string
}

// Info gathers the figures of this root and this machine.
func (e *Engine) Info() (*Info, error) {
	list, err := e.List(true)
	if err != nil {
		return nil, err
	}
	images, err := e.Images(&ImagesOptions{})
	if err != nil {
		return nil, err
	}
	i := &Info{
		Containers: len(list), Images: len(images), Driver: "overlay", LoggingDriver: "json-file",
		CgroupDriver: "cgroupfs", CgroupVersion: "1", Runtime: OwnRuntime, OSType: runtime.GOOS, NCPU: cpus(),
		OperatingSystem: osRelease(), DockerRootDir: e.Root, ServerVersion: e.Version,
	}
	for _, c := range list {
		if c.Status == folder.Running {
			i.ContainersRunning++
		} else {
			i.ContainersStopped++
		}
	}
	if cgroupV2() {
		i.CgroupVersion = "2"
	}
	if _, err := os.Stat("/proc/sys/kernel/seccomp"); err == nil {
		i.SecurityOptions = append(i.SecurityOptions, "name=seccomp,profile=builtin")
	}
	i.Name, _ = os.Hostname()
	i.MemTotal = memTotal()
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		i.KernelVersion = unix.ByteSliceToString(u.Release[:])
		i.Architecture = unix.ByteSliceToString(u.Machine[:])
	}
	return i, nil
}

func cgroupV2() bool {
	var st unix.Statfs_t
	return unix.Statfs("/sys/fs/cgroup", &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC
}

func osRelease() string {
	b, _ := os.ReadFile("/etc/os-release")
	for _, l := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(l, "PRETTY_NAME="); ok {
			return strings.Trim(v, `"`)
		}
	}
	return "Linux"
}

func memTotal() int64 {
	b, _ := os.ReadFile("/proc/meminfo")
	f := strings.Fields(string(b))
	if len(f) < 2 || f[0] != "MemTotal:" {
		return 0
	}
	kb, _ := strconv.ParseInt(f[1], 10, 64)
	return kb << 10
}
