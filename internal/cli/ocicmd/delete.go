package ocicmd

func deleteCommand() command {
	return command{
		name: "delete", usage: "ID", about: "remove what is left of a stopped container", min: 1, max: 1,
		make: func() (*flags, func(*call, []string) error) {
			force := false
			set := &flags{list: []flag{boolean(&force, "force", "f", "kill it first, and do not mind if it is gone")}}
			return set, func(c *call, args []string) error { return c.rt.Delete(args[0], force) }
		},
	}
}
