package ocicmd

import (
	"errors"
	"time"
)

func eventsCommand() command {
	return command{
		name: "events", usage: "ID", about: "print statistics and lack of memory, one JSON document a line", min: 1, max: 1,
		make: func() (*flags, func(*call, []string) error) {
			stats, interval := false, 5*time.Second
			set := &flags{list: []flag{
				boolean(&stats, "stats", "", "print the statistics once"),
				{"interval", "", "DURATION", "time between statistics (5s)", func(v string) (err error) {
					if interval, err = time.ParseDuration(v); err == nil && interval <= 0 {
						err = errors.New("it must be positive")
					}
					return err
				}},
			}}
			return set, func(c *call, args []string) error {
				if stats {
					return c.rt.Stats(args[0], c.stdout)
				}
				return c.rt.Events(args[0], interval, c.stdout)
			}
		},
	}
}
