package ocicmd

import (
	"errors"
	"strconv"

	"bantam/internal/container"
)

func listCommand() command {
	return command{
		name: "list", about: "list the containers of this root", max: 0,
		make: func() (*flags, func(*call, []string) error) {
			format, quiet := "table", false
			set := &flags{list: []flag{
				text(&format, "format", "f", "FORMAT", "table or json"),
				boolean(&quiet, "quiet", "q", "print the ids alone"),
			}}
			return set, func(c *call, _ []string) error { return printList(c, format, quiet) }
		},
	}
}

func printList(c *call, format string, quiet bool) error {
	if format != "table" && format != "json" {
		return errors.New("unknown format " + strconv.Quote(format) + ": it must be table or json")
	}
	all, err := c.rt.List()
	if err != nil {
		return err
	}
	var out []byte
	switch {
	case quiet:
		for _, e := range all {
			out = append(append(out, e.ID...), '\n')
		}
	case format == "json":
		out = container.JSON(all)
	default:
		out = container.Table(all)
	}
	_, err = c.stdout.Write(out)
	return err
}
