package ocicmd

import "bantam/internal/container"

func createCommand() command {
	return command{
		name: "create", usage: "ID", about: "create a container from a bundle", min: 1, max: 1,
		make: func() (*flags, func(*call, []string) error) {
			o := &container.CreateOptions{Bundle: "."}
			return &flags{list: createFlags(o)}, func(c *call, args []string) error { return c.rt.Create(args[0], o) }
		},
	}
}

// createFlags are the options that create and run share.
func createFlags(o *container.CreateOptions) []flag {
	return []flag{
		text(&o.Bundle, "bundle", "b", "DIR", "folder of config.json and the root file system"),
		text(&o.Config, "config", "f", "FILE", "read FILE in place of the bundle's config.json (as in crun)"),
		text(&o.ConsoleSocket, "console-socket", "", "SOCKET", "unix socket that takes the terminal"),
		text(&o.PidFile, "pid-file", "", "FILE", "write the process's pid to FILE"),
		boolean(&o.NoPivot, "no-pivot", "", "use chroot in place of pivot_root: for a root file system in memory"),
		boolean(&o.NoNewKeyring, "no-new-keyring", "", "keep the caller's session keyring"),
		number(&o.PreserveFDs, "preserve-fds", "pass that many descriptors, from 3 on, to the container"),
	}
}
