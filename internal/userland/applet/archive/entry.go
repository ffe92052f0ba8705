package archive

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/modes"
	"golang.org/x/sys/unix"
)

// Entry is a member of an archive.
type Entry struct {
	Name string
	// Target is what a symbolic link leads to, and with Hard the earlier member that a
	// hard link is one of.
	Target       string
	Hard         bool
	Mode         uint32 // with the type
	UID, GID     uint32
	Owner, Group string // names, "" for none
	Size         int64  // of its data in the archive
	Time         unix.Timespec
	Device       uint64
	// Sparse are the parts that a file with holes has, in order; Full is its size.
	Sparse []Part
	Full   int64
}

// Part is a part of a file.
type Part struct{ Offset, Size int64 }

// Type is the type of the entry: S_IFREG and so on.
func (e *Entry) Type() uint32 { return e.Mode & unix.S_IFMT }

// List prints the entry as tar -tv and cpio -tv do.
func (e *Entry) List(out *applet.Out, zone *time.Location) {
	owner, group := e.Owner, e.Group
	if owner == "" {
		owner = strconv.FormatUint(uint64(e.UID), 10)
	}
	if group == "" {
		group = strconv.FormatUint(uint64(e.GID), 10)
	}
	size := e.Size
	if e.Sparse != nil {
		size = e.Full
	}
	digits := strconv.FormatInt(size, 10)
	t := time.Unix(e.Time.Sec, 0).In(zone)
	out.Print(modes.String(e.Mode), " ", owner, "/", group, " ", strings.Repeat(" ", max(9-len(digits), 0)), digits,
		" ", dates.Format("%Y-%m-%d %H:%M:%S", t), " ", e.Name)
	if e.Target != "" {
		out.Print(" -> ", e.Target)
	}
	out.Print("\n")
}

// Safe is the name without everything up to its last ".." and leading slashes. What
// is left doesn't lead out of a folder but through links, and a last ".." is
// nobody's name.
func Safe(name string) string {
	rest := name
	for {
		switch {
		case strings.HasPrefix(rest, "/"):
			rest = rest[1:]
		case strings.HasPrefix(rest, "../"):
			rest = rest[3:]
		default:
			i := strings.Index(rest, "/../")
			if i < 0 {
				return rest
			}
			rest = rest[i+4:]
		}
	}
}

// Prefix tells once what Safe takes off.
type Prefix struct{ told bool }

// Strip is Safe.
func (p *Prefix) Strip(c *applet.Call, name string) string {
	rest := Safe(name)
	if rest != name && !p.told {
		p.told = true
		c.Complain("removing leading '" + name[:len(name)-len(rest)] + "' from member names")
	}
	return rest
}
