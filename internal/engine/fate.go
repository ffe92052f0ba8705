package engine

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/folder"
)

// fate says in words how a container fares, and of one that failed what to look at.
func (c *container) fate() []string {
	s := c.State
	name := "Container " + c.Record.Name
	switch {
	case s.Status == folder.Running && c.marked(paused):
		return []string{name + " is paused."}
	case s.Status == folder.Running:
		return []string{name + " runs since " + s.Started.Local().Format(time.DateTime) + "."}
	case s.Error != "":
		return append([]string{name + " could not be started: " + s.Error}, causes(s.Error)...)
	case s.Started.IsZero():
		return []string{name + " has never been started."}
	}
	text := name + " ended at " + s.Finished.Local().Format(time.DateTime) + " with exit code " + strconv.Itoa(s.ExitCode) + reason(s) + "."
	return []string{text, "Its files and last words: bantam debug " + c.Record.Name}
}

// causes are the likely reasons of an error, the likeliest first, each with what confirms it.
func causes(text string) []string {
	for _, c := range knownCauses {
		if strings.Contains(text, c.in) {
			return c.causes
		}
	}
	return []string{"What this machine lacks: bantam system check"}
}

var knownCauses = []struct {
	in     string
	causes []string
}{
	{"executable file not found", []string{
		"1. The image has no such program: bantam image tree --files IMAGE",
		"2. PATH of the image does not lead to it: bantam inspect --format '{{.Config.Env}}' CONTAINER",
	}},
	{"exec format error", []string{
		"1. The program is for another architecture: bantam image inspect --format '{{.Architecture}}' IMAGE",
		"2. It is a script without a first line #!: bantam debug CONTAINER head -n 1 FILE",
	}},
	{"no such file or directory", []string{
		"1. The program's loader or a script's interpreter is not in the image: bantam debug CONTAINER head -c 200 PROGRAM",
		"2. A folder that is to be mounted is not on the host: bantam inspect --format '{{.Mounts}}' CONTAINER",
	}},
	{"operation not permitted", []string{
		"1. This process has not the right: are you root? bantam system check",
		"2. A security module or the outer container's seccomp filter refuses the call: dmesg | tail",
	}},
	{"permission denied", []string{
		"1. The file may not be executed: bantam debug CONTAINER ls -l PROGRAM",
		"2. The file system is mounted with noexec: bantam debug CONTAINER cat /proc/mounts",
	}},
	{"address already in use", []string{"A port that is to be published is taken: bantam ps; ss -ltnp"}},
	{"no space left on device", []string{"The disk is full, or out of inodes: df; df -i; bantam system df"}},
	{"cannot allocate memory", []string{"Too little memory, or too many mounts or namespaces: bantam system check; sysctl user fs.mount-max"}},
}
