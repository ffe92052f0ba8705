package engine

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/statefile"

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
	ID                                               string   `json:"-"` // of this root
	ContainersPaused                                 int      `json:"-"`
	Controllers                                      []string `json:"-"` // of cgroups
	IPv4Forwarding                                   bool     `json:"-"`
}

// Has says whether the machine has a cgroup controller.
func (i *Info) Has(controller string) bool { return slices.Contains(i.Controllers, controller) }

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
	i.Controllers = controllers()
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
	b, _ := os.ReadFile("/proc/meminfo")
	f := strings.Fields(string(b))
	if len(f) < 2 || f[0] != "MemTotal:" {
		return 0
	}
	kb, _ := strconv.ParseInt(f[1], 10, 64)
	return kb << 10
}
