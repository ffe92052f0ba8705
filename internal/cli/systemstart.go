package cli

import (
	"context"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) systemStartCommand() *command {
	return &command{
		name: "system start", short: "Start the containers that are to run after a boot",
		long:    "Starts each container whose restart policy is always, unless-stopped (unless a user has\nstopped it) or on-failure (if it failed), and that has not run since the machine was\nstarted. packaging/systemd/bantam.service does so at boot.",
		options: option.Set{Interspersed: true},
		run: func([]string) int {
			names, err := c.engine().SystemStart(context.Background())
			return c.named(names, err)
		},
	}
}

func (c *call) systemStopCommand() *command {
	o := &engine.StopOptions{}
	return &command{
		name: "system stop", args: "[OPTIONS]", short: "Stop all containers before the machine goes down",
		long:    "Unlike stop it leaves the restart policies as they are: system start brings the\ncontainers back after the next boot.",
		options: stopOptions(o),
		run: func([]string) int {
			names, err := c.engine().SystemStop(context.Background(), o)
			return c.named(names, err)
		},
	}
}

// named prints a name a line, and what went wrong with others.
func (c *call) named(names []string, err error) int {
	if len(names) > 0 {
		c.print(strings.Join(names, "\n") + "\n")
	}
	if err != nil {
		return c.fail(err)
	}
	return 0
}
