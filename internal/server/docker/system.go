package docker

import (
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"time"

	"bantam/internal/engine"

	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/api/types/swarm"
	apisystem "github.com/moby/moby/api/types/system"
)

type system interface {
	Info() (*engine.Info, error)
	DiskUsage() (*engine.DiskUsage, error)
}

func (s *Server) systemRoutes() []route {
	return []route{
		{"GET", "/_ping", s.ping},
		{"HEAD", "/_ping", s.ping},
		{"GET", "/version", s.versionInfo},
		{"GET", "/info", s.info},
		{"GET", "/system/df", s.diskUsage},
	}
}

func (s *Server) ping(c *call) error {
	h := c.w.Header()
	h.Set("Builder-Version", "1")
	h.Set("Swarm", "inactive")
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if c.r.Method == http.MethodHead {
		h.Set("Content-Length", "0")
		return c.empty(http.StatusOK)
	}
	_, err := c.w.Write([]byte("OK"))
	c.begun = true
	return err
}

func (s *Server) versionInfo(c *call) error {
	i, err := s.system.Info()
	if err != nil {
		return err
	}
	v := s.version
	details := map[string]string{
		"ApiVersion": MaxVersion, "MinAPIVersion": MinVersion, "GitCommit": v.GitCommit, "GoVersion": v.GoVersion,
		"Os": v.Os, "Arch": v.Arch, "KernelVersion": i.KernelVersion, "Experimental": "false",
	}
	return c.reply(http.StatusOK, apisystem.VersionResponse{
		Platform:   apisystem.PlatformInfo{Name: "Bantam"},
		Components: []apisystem.ComponentVersion{{Name: "Engine", Version: v.Version, Details: details}},
		Version:    v.Version, APIVersion: MaxVersion, MinAPIVersion: MinVersion, GitCommit: v.GitCommit, GoVersion: v.GoVersion,
		Os: v.Os, Arch: v.Arch, KernelVersion: i.KernelVersion,
	})
}

func (s *Server) info(c *call) error {
	i, err := s.system.Info()
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, apisystem.Info{
		ID: i.ID, Containers: i.Containers, ContainersRunning: i.ContainersRunning, ContainersPaused: i.ContainersPaused, ContainersStopped: i.ContainersStopped,
		Images: i.Images, Driver: i.Driver, DriverStatus: [][2]string{},
		Plugins:     apisystem.PluginsInfo{Volume: i.Plugins.Volume, Network: i.Plugins.Network, Log: i.Plugins.Log},
		MemoryLimit: i.MemoryLimit, SwapLimit: i.SwapLimit, CPUCfsPeriod: i.CPUCfsPeriod, CPUCfsQuota: i.CPUCfsQuota, CPUShares: i.CPUShares,
		CPUSet: i.CPUSet, PidsLimit: i.PidsLimit, OomKillDisable: i.OomKillDisable, IPv4Forwarding: i.IPv4Forwarding,
		NFd: openFiles(), NGoroutines: runtime.NumGoroutine(), SystemTime: time.Now().Format(time.RFC3339Nano), LoggingDriver: i.LoggingDriver,
		CgroupDriver: i.CgroupDriver, CgroupVersion: i.CgroupVersion, KernelVersion: i.KernelVersion, OperatingSystem: i.OperatingSystem,
		OSType: i.OSType, Architecture: i.Architecture, IndexServerAddress: i.IndexServerAddress, NCPU: i.NCPU, MemTotal: i.MemTotal,
		DockerRootDir: i.DockerRootDir, Name: i.Name, Labels: []string{}, ServerVersion: i.ServerVersion,
		Runtimes:       map[string]apisystem.RuntimeWithStatus{i.DefaultRuntime: {Runtime: apisystem.Runtime{Path: i.DefaultRuntime}}},
		DefaultRuntime: i.DefaultRuntime, LiveRestoreEnabled: i.LiveRestoreEnabled, InitBinary: i.InitBinary, SecurityOptions: i.SecurityOptions, Warnings: []string{},
		RegistryConfig: &registry.ServiceConfig{
			InsecureRegistryCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			IndexConfigs:          map[string]*registry.IndexInfo{"docker.io": {Name: "docker.io", Mirrors: []string{}, Secure: true, Official: true}}, Mirrors: []string{},
		},
		Swarm: swarm.Info{LocalNodeState: swarm.LocalNodeStateInactive},
	})
}

// openFiles counts this process's descriptors.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list) - 1 // without that of the folder
}
