package ocicmd

import (
	"errors"
	"os"
	"strconv"

	"bantam/internal/container"
)

// globals are the options before the command.
type globals struct {
	root, log, logFormat, rootless, criu string
	debug, systemd, version              bool
	noCgroups                            bool
}

func (g *globals) flags() *flags {
	return &flags{stop: true, list: []flag{
		boolean(&g.debug, "debug", "", "log more"),
		text(&g.log, "log", "", "FILE", "append errors to FILE, too"),
		text(&g.logFormat, "log-format", "", "FORMAT", "format of the log: text or json"),
		text(&g.root, "root", "", "DIR", "folder of the containers' records"),
		text(&g.criu, "criu", "", "FILE", "path of criu; checkpoints are not supported, whatever it says"),
		boolean(&g.systemd, "systemd-cgroup", "", "let systemd make the cgroups: cgroupsPath is SLICE:PREFIX:NAME"),
		{"cgroup-manager", "", "MANAGER", "cgroupfs, systemd (as --systemd-cgroup), or disabled: no cgroup at all (as in crun)", g.setManager},
		text(&g.rootless, "rootless", "", "true|false|auto", "do without what needs privilege"),
		boolean(&g.version, "version", "v", "print the version"),
	}}
}

// apply makes the runtime that the options describe.
func (g *globals) apply(c *call) error {
	if err := c.log.open(g.log, g.logFormat, g.debug); err != nil {
		return err
	}
	if g.criu != "" {
		c.log.debug("--criu is not used: checkpoints are not supported")
	}
	if g.root == "" {
		g.root = container.DefaultRoot()
	} else if g.root[0] != '/' {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		g.root = dir + "/" + g.root
	}
	c.rt = &container.Runtime{Root: g.root, Systemd: g.systemd, NoCgroups: g.noCgroups, Warn: c.log.warn}
	switch g.rootless {
	case "", "auto":
	default:
		on, err := strconv.ParseBool(g.rootless)
		if err != nil {
			return errors.New("--rootless is " + strconv.Quote(g.rootless) + ": it must be true, false or auto")
		}
		c.rt.Rootless = &on
	}
	return nil
}

func (g *globals) setManager(name string) error {
	switch name {
	case "cgroupfs", "systemd", "disabled":
		g.systemd, g.noCgroups = name == "systemd", name == "disabled"
		return nil
	}
	return errors.New("it must be cgroupfs, systemd or disabled")
}
