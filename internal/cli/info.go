package cli

import (
	"strconv"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) infoCommand() *command {
	var format string
	return &command{
		name: "info", alias: []string{"system info"}, args: "[OPTIONS]", short: "Display system-wide information",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.String(&format, "format", 'f', formatHelp),
		}},
		run: func([]string) int {
			i, err := c.engine().Info()
			if err != nil {
				return c.fail(err)
			}
			if format != "" {
				return c.formatted(format, i)
			}
			c.print(infoText(i))
			return 0
		},
	}
}

func infoText(i *engine.Info) string {
	n := strconv.Itoa
	return strings.Join([]string{
		"Containers: " + n(i.Containers),
		" Running: " + n(i.ContainersRunning),
		" Paused: " + n(i.ContainersPaused),
		" Stopped: " + n(i.ContainersStopped),
		"Images: " + n(i.Images),
		"Server Version: " + i.ServerVersion,
		"Storage Driver: " + i.Driver,
		"Logging Driver: " + i.LoggingDriver,
		"Cgroup Driver: " + i.CgroupDriver,
		"Cgroup Version: " + i.CgroupVersion,
		"Plugins:",
		" Volume: " + strings.Join(i.Plugins.Volume, " "),
		" Network: " + strings.Join(i.Plugins.Network, " "),
		" Log: " + strings.Join(i.Plugins.Log, " "),
		"Swarm: " + i.Swarm.LocalNodeState,
		"Default Runtime: " + i.DefaultRuntime,
		"Security Options:\n  " + strings.Join(i.SecurityOptions, "\n  "),
		"Kernel Version: " + i.KernelVersion,
		"Operating System: " + i.OperatingSystem,
		"OSType: " + i.OSType,
		"Architecture: " + i.Architecture,
		"CPUs: " + n(i.NCPU),
		"Total Memory: " + strconv.FormatFloat(float64(i.MemTotal)/(1<<30), 'g', 4, 64) + "GiB",
		"Name: " + i.Name,
		"ID: " + i.ID,
		"Docker Root Dir: " + i.DockerRootDir,
	}, "\n") + "\n"
}
