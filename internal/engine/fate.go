package engine

import (
	"strconv"
	"time"

	"bantam/internal/container/folder"
)

// fate says in words how a container fares, and of one that failed what to look at.
func (c *container) fate() []string {
	s := c.State
	name := "Container " + c.Record.Name
	switch {
	case s.Status == folder.Running && c.Marked(folder.Paused):
		return []string{name + " is paused."}
	case s.Status == folder.Running:
		return []string{name + " runs since " + s.Started.Local().Format(time.DateTime) + "."}
	case s.Error != "":
		return append([]string{name + " could not be started: " + s.Error}, c.causes(s.Error)...)
	case s.Started.IsZero():
		return []string{name + " has never been started."}
	}
	text := name + " ended at " + s.Finished.Local().Format(time.DateTime) + " with exit code " + strconv.Itoa(s.ExitCode) + reason(s) + "."
	lines := append([]string{text}, c.inItsWords(c.endCauses())...)
	return append(lines, "Its files and last words: bantam debug "+c.Record.Name)
}
