package ocicmd

import (
	"bantam/internal/linux/signal"

	"golang.org/x/sys/unix"
)

func killCommand() command {
	return command{
		name: "kill", usage: "ID [SIGNAL]", about: "send a signal (SIGTERM) to a container", min: 1, max: 2,
		make: func() (*flags, func(*call, []string) error) {
			all := false
			set := &flags{list: []flag{boolean(&all, "all", "a", "signal every process of the container")}}
			return set, func(c *call, args []string) error {
				sig := unix.SIGTERM
				if len(args) == 2 {
					var err error
					if sig, err = signal.Parse(args[1]); err != nil {
						return err
					}
				}
				return c.rt.Kill(args[0], sig, all)
			}
		},
	}
}
