package proc

import (
	"bytes"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Mapping is a range of a process's memory: see smaps in proc(5). The sizes are in KiB.
type Mapping struct {
	Start, Size               uint64
	Mode, Name                string
	Pss, Swap                 uint64
	PrivateDirty, SharedDirty uint64
	PrivateClean, SharedClean uint64
}

// Mappings calls f for all ranges of a process's memory.
func Mappings(pid int, f func(*Mapping)) error {
	in, err := applet.Open("/proc/" + strconv.Itoa(pid) + "/smaps")
	if err != nil {
		return err
	}
	defer in.Close()
	var m Mapping
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		title, rest, found := bytes.Cut(line, []byte(":"))
		if found && len(title) > 0 && title[0] >= 'A' && title[0] <= 'Z' {
			m.field(title, rest)
			continue
		}
		if m.Size > 0 {
			f(&m)
		}
		m = head(string(line))
	}
	if m.Size > 0 {
		f(&m)
	}
	return in.Err()
}

func (m *Mapping) field(title, rest []byte) {
	var to *uint64
	switch string(title) {
	case "Pss":
		to = &m.Pss
	case "Swap":
		to = &m.Swap
	case "Private_Dirty":
		to = &m.PrivateDirty
	case "Private_Clean":
		to = &m.PrivateClean
	case "Shared_Dirty":
		to = &m.SharedDirty
	case "Shared_Clean":
		to = &m.SharedClean
	default:
		return
	}
	*to, _ = strconv.ParseUint(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
}

// head reads "f7d29000-f7d39000 rw-s OFFSET M:m INODE   FILENAME".
func head(line string) (m Mapping) {
	addresses, rest, _ := strings.Cut(line, " ")
	start, end, _ := strings.Cut(addresses, "-")
	m.Start, _ = strconv.ParseUint(start, 16, 64)
	last, _ := strconv.ParseUint(end, 16, 64)
	m.Size = (last - m.Start) >> 10
	m.Mode, rest, _ = strings.Cut(rest, " ")
	for range 3 {
		_, rest, _ = strings.Cut(rest, " ")
	}
	m.Name = strings.TrimLeft(rest, " ")
	return m
}
