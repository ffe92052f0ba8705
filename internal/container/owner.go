package container

import (
	"strconv"
	"strings"
)

// owner is the name of the user who created the container, or the number.
func (e *Entry) owner() string {
	id := strconv.FormatUint(uint64(e.Owner), 10)
	if e.Owner == 0 {
		return "root"
	}
	text, err := readFile("/etc/passwd")
	if err != nil {
		return id
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, rest, _ := strings.Cut(line, ":")
		_, rest, _ = strings.Cut(rest, ":")
		if uid, _, _ := strings.Cut(rest, ":"); uid == id {
			return name
		}
	}
	return id
}
