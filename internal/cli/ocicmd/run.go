package ocicmd

import "bantam/internal/container"

func runCommand() command {
	return command{
		name: "run", usage: "ID", about: "create and start a container", min: 1, max: 1,
		make: func() (*flags, func(*call, []string) error) {
			o := &container.CreateOptions{Bundle: "."}
			set := &flags{list: append(createFlags(o),
				boolean(&o.Detach, "detach", "d", "do not wait for the container's end"),
				boolean(&o.Keep, "keep", "", "do not delete the container at its end"),
				boolean(&o.NoSubreaper, "no-subreaper", "", "do not become the parent of the container's orphans"),
			)}
			return set, func(c *call, args []string) (err error) {
				c.code, err = c.rt.Run(args[0], o)
				return err
			}
		},
	}
}
