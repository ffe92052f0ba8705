package engine

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"

	"golang.org/x/sys/unix"
)

// Info is what bantam info prints; the names are docker's.
type Info struct {
	ID                                                                 string // of this root
	Containers, ContainersRunning, ContainersPaused, ContainersStopped int
	Images                                                             int
	Driver                                                             string
	Plugins                                                            Plugins
	MemoryLimit, SwapLimit, CPUCfsPeriod, CPUCfsQuota                  bool
	CPUShares, CPUSet, PidsLimit, OomKillDisable, IPv4Forwarding       bool
	LoggingDriver                                                      string
	CgroupDriver, CgroupVersion                                        string
	DefaultRuntime, InitBinary                                         string
	Runtimes                                                           map[string]RuntimePath
	Swarm                                                              struct{ LocalNodeState string }
	LiveRestoreEnabled                                                 bool
	SecurityOptions                                                    []string
	KernelVersion, OperatingSystem, OSType                             string
	Architecture                                                       string
	NCPU                                                               int
	MemTotal                                                           int64
	Name                                                               string
	DockerRootDir                                                      string
	IndexServerAddress                                                 string
	ServerVersion                                                      string
}

// Plugins are the drivers there are: all of them are built in.
type Plugins struct{ Volume, Network, Log []string }

// RuntimePath is how docker tells of a runtime.
type RuntimePath struct {
	Path string `json:"path"`
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
		CgroupDriver: "cgroupfs", CgroupVersion: "1", OSType: runtime.GOOS, NCPU: cpus(),
		Plugins:        Plugins{Volume: []string{"local"}, Network: []string{"bridge", "host", "ipvlan", "macvlan", "null"}, Log: LogDrivers},
		DefaultRuntime: OwnRuntime, InitBinary: OwnRuntime, Runtimes: map[string]RuntimePath{OwnRuntime: {OwnRuntime}},
		LiveRestoreEnabled: true, IndexServerAddress: "https://index.docker.io/v1/",
		OperatingSystem: osRelease(), DockerRootDir: e.Root, ServerVersion: e.Version,
	}
	i.Swarm.LocalNodeState = "inactive"
	for _, c := range list {
		if c.Status == folder.Running {
			i.ContainersRunning++
			if c.Paused {
				i.ContainersPaused++
			}
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
	i.control(controllers())
	forward, _ := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	i.IPv4Forwarding = strings.TrimSpace(string(forward)) == "1"
	if i.ID, err = e.id(); err != nil {
		return nil, err
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

// control says which limits there are with these cgroup controllers.
func (i *Info) control(list []string) {
	has := func(name string) bool { return slices.Contains(list, name) }
	i.MemoryLimit, i.SwapLimit = has("memory"), has("memory")
	i.OomKillDisable = has("memory") && i.CgroupVersion == "1"
	i.CPUCfsPeriod, i.CPUCfsQuota, i.CPUShares = has("cpu"), has("cpu"), has("cpu")
	i.CPUSet, i.PidsLimit = has("cpuset"), has("pids")
}

// id is the root's own, drawn when somebody first asks for it.
func (e *Engine) id() (string, error) {
	path := e.Root + "/engine-id"
	for {
		b, err := os.ReadFile(path)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return strings.TrimSpace(string(b)), err
		}
		tmp := path + "." + statefile.NewID()
		if err := statefile.Write(tmp, []byte(uuid()+"\n"), 0o644, true); err != nil {
			return "", err
		}
		err = os.Link(tmp, path) // the first one counts
		os.Remove(tmp)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return "", err
		}
	}
}

// uuid draws one, as docker's engine ids are.
func uuid() string {
	h := statefile.NewID()
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}

// controllers are the cgroup controllers of this machine, by the kernel's list.
func controllers() []string {
	b, _ := os.ReadFile("/proc/cgroups")
	var list []string
	for _, l := range strings.Split(string(b), "\n") {
		if f := strings.Fields(l); len(f) == 4 && f[3] == "1" {
			list = append(list, f[0])
		}
	}
	return list
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
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	return int64(s.Totalram) * int64(s.Unit)
}
