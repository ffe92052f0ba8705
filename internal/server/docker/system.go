package docker

import (
	"net/http"
	"runtime"
	"time"

	"bantam/internal/engine"

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
		Plugins:     apisystem.PluginsInfo{Volume: []string{"local"}, Network: []string{"bridge", "host", "null"}, Log: []string{"json-file", "local", "none"}},
		MemoryLimit: i.Has("memory"), SwapLimit: i.Has("memory"), CPUCfsPeriod: i.Has("cpu"), CPUCfsQuota: i.Has("cpu"), CPUShares: i.Has("cpu"),
		CPUSet: i.Has("cpuset"), PidsLimit: i.Has("pids"), OomKillDisable: i.Has("memory") && i.CgroupVersion == "1", IPv4Forwarding: i.IPv4Forwarding,
		NGoroutines: runtime.NumGoroutine(), SystemTime: time.Now().Format(time.RFC3339Nano), LoggingDriver: i.LoggingDriver,
		CgroupDriver: i.CgroupDriver, CgroupVersion: i.CgroupVersion, KernelVersion: i.KernelVersion, OperatingSystem: i.OperatingSystem,
		OSType: i.OSType, Architecture: i.Architecture, IndexServerAddress: "https://index.docker.io/v1/", NCPU: i.NCPU, MemTotal: i.MemTotal,
		DockerRootDir: i.DockerRootDir, Name: i.Name, Labels: []string{}, ServerVersion: i.ServerVersion,
		Runtimes:       map[string]apisystem.RuntimeWithStatus{i.Runtime: {Runtime: apisystem.Runtime{Path: i.Runtime}}},
		DefaultRuntime: i.Runtime, LiveRestoreEnabled: true, InitBinary: i.Runtime, SecurityOptions: i.SecurityOptions, Warnings: []string{},
		Swarm: swarm.Info{LocalNodeState: swarm.LocalNodeStateInactive},
	})
}
