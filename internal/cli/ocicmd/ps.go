package ocicmd

import (
	"errors"
	"strconv"
)

func psCommand() command {
	return command{
		name: "ps", usage: "ID [options of ps]", about: "list the processes of a container", min: 1, max: -1,
		make: func() (*flags, func(*call, []string) error) {
			format := "table"
			set := &flags{stop: true, list: []flag{text(&format, "format", "f", "FORMAT", "table or json")}}
			return set, func(c *call, args []string) error { return printProcesses(c, format, args[0], args[1:]) }
		},
	}
}

func printProcesses(c *call, format, id string, options []string) error {
	// runc takes its own option behind the id, too.
	for len(options) >= 2 && (options[0] == "--format" || options[0] == "-f") {
		format, options = options[1], options[2:]
	}
	var out []byte
	var err error
	switch format {
	case "table":
		out, err = c.rt.PS(id, options)
	case "json":
		var pids []int
		pids, err = c.rt.Pids(id)
		out = append(pidList(pids), '\n')
	default:
		return errors.New("unknown format " + strconv.Quote(format) + ": it must be table or json")
	}
	if err == nil {
		_, err = c.stdout.Write(out)
	}
	return err
}

func pidList(pids []int) []byte {
	b := []byte{'['}
	for i, pid := range pids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(pid), 10)
	}
	return append(b, ']')
}
