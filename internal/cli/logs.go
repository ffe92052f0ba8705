package cli

import (
	"errors"
	"strconv"
	"time"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) logsCommand() *command {
	o := &engine.LogOptions{Tail: -1, Out: c.out, Err: c.err}
	now := time.Now()
	when := func(to *time.Time, name, help string) option.Option {
		return option.Option{Name: name, Type: "string", Help: help + " timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)", Set: func(v string) (err error) {
			*to, err = engine.ParseTime(v, now)
			return err
		}}
	}
	return &command{
		name: "logs", alias: []string{"container logs"}, args: "[OPTIONS] CONTAINER", short: "Fetch the logs of a container", min: 1, max: 1,
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&o.Details, "details", 0, "Show extra details provided to logs"),
			option.Bool(&o.Follow, "follow", 'f', "Follow log output"),
			when(&o.Since, "since", "Show logs since"),
			{Name: "tail", Short: 'n', Type: "string", Help: "Number of lines to show from the end of the logs (default \"all\")", Set: func(v string) error {
				if o.Tail = -1; v == "all" {
					return nil
				}
				n, err := strconv.Atoi(v)
				if err != nil {
					return errors.New("neither \"all\" nor a number")
				}
				o.Tail = n
				return nil
			}},
			option.Bool(&o.Timestamps, "timestamps", 't', "Show timestamps"),
			when(&o.Until, "until", "Show logs before a"),
		}},
		run: func(args []string) int {
			if err := c.engine().Logs(args[0], o); err != nil {
				return c.fail(err)
			}
			return 0
		},
	}
}
