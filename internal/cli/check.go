package cli

import (
	"encoding/json"
	"strings"

	"bantam/internal/cli/option"
	"bantam/internal/engine"
)

func (c *call) systemCheckCommand() *command {
	var asJSON, all bool
	return &command{
		name: "system check", args: "[OPTIONS]", short: "Tell what this machine lacks for containers, with the consequence and the cure",
		long: "The exit code is 1 if no container can run here.",
		options: option.Set{Interspersed: true, Options: []option.Option{
			option.Bool(&all, "all", 'a', "Show what is there, too"),
			option.Bool(&asJSON, "json", 0, "Print everything as JSON"),
		}},
		run: func([]string) int {
			list := c.engine().SystemCheck()
			if asJSON {
				b, err := json.MarshalIndent(list, "", "    ")
				if err != nil {
					return c.fail(err)
				}
				c.print(string(b) + "\n")
			} else {
				c.print(checkText(list, all))
			}
			for _, k := range list {
				if k.State == engine.CheckFatal {
					return 1
				}
			}
			return 0
		},
	}
}

func checkText(list []engine.Check, all bool) string {
	var b strings.Builder
	lacking := 0
	for _, k := range list {
		if k.State == engine.CheckOK && !all {
			continue
		}
		b.WriteString(pad(k.State, 9) + pad(k.Name, 26) + k.Found + "\n")
		if k.State == engine.CheckOK {
			continue
		}
		lacking++
		b.WriteString("         so: " + k.Consequence + "\n         do: " + k.Cure + "\n")
	}
	if lacking == 0 {
		b.WriteString("Nothing is missing here.\n")
	}
	return b.String()
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len(s))) }
