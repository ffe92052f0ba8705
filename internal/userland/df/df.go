// Package df is the applet df.
package df

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/human"
	"bantam/internal/userland/applet/mounttable"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/printable"
	"golang.org/x/sys/unix"
)

// Applet is df.
var Applet = applet.Applet{
	Names: "df",
	Usage: "[-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...",
	About: "Show how full file systems are",
	Options: `
-P	POSIX's format
-k	blocks of 1024 bytes (default)
-m	blocks of a megabyte
-h, -H	sizes for people (1K 243M 2G)
-T	the types of the file systems
-t TYPE	only those of this type
-a	all, even those without blocks
-i	inodes in place of blocks
-B SIZE	the size of blocks
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

const table = mounttable.Mounts

// lister is one listing.
type lister struct {
	c    *applet.Call
	unit uint64 // 0 for people
}

func run(c *applet.Call) int {
	l := lister{c: c, unit: 1024}
	if _, posix := c.LookupEnv("POSIXLY_CORRECT"); posix {
		l.unit = 512
	}
	switch c.Last("k", "m", "B") {
	case "m":
		l.unit = 1 << 20
	case "B":
		n, ok := blockSize(c.Value("B"))
		if !ok {
			return c.Complain("invalid number '" + c.Value("B") + "'")
		}
		l.unit = n
	}
	if c.Has("h") {
		l.unit = 0
	}
	entries, err := mounttable.Read(table)
	if err != nil {
		return c.Warn(table, err)
	}
	l.header()
	status := 0
	if len(c.Args) == 0 {
		for i := range entries {
			status |= l.one(&entries[i], false)
		}
		return status
	}
	for _, name := range c.Args {
		e := find(entries, name)
		if e == nil {
			status = c.Complain(name + ": can't find mount point")
			continue
		}
		status |= l.one(e, true)
	}
	return status
}

// blockSize reads the value of -B: a size, or only its suffix, which may be KiB and so on.
func blockSize(text string) (uint64, bool) {
	if text != "" && (text[0] < '0' || text[0] > '9') {
		text = "1" + text
	}
	n, err := number.Size(strings.TrimSuffix(text, "iB"))
	return uint64(n), err == nil && n > 0
}

func (l *lister) header() {
	c := l.c
	unit := ""
	switch {
	case c.Has("i"):
		unit = "   Inodes"
	case l.unit == 0:
		unit = "     Size"
	case c.Has("P"):
		unit = strconv.FormatUint(l.unit, 10) + "-blocks"
	default:
		unit = human.Whole(l.unit) + "-blocks"
	}
	kind, percent := "", "Use%"
	if c.Has("T") {
		kind = "Type       "
	}
	if c.Has("P") {
		percent = "Capacity"
	}
	c.Out.Print("Filesystem           ", kind, pad.Right(unit, 15), "Used Available ", percent, " Mounted on\n")
}

// find finds the mount that a file is in, or that a device is.
func find(entries []mounttable.Entry, name string) *mounttable.Entry {
	var st, at unix.Stat_t
	if unix.Stat(name, &st) != nil {
		return nil
	}
	block := st.Mode&unix.S_IFMT == unix.S_IFBLK
	for i := range entries {
		e := &entries[i]
		switch {
		case name == e.Source || name == e.Dir:
			return e
		case block && unix.Stat(e.Source, &at) == nil && at.Mode&unix.S_IFMT == unix.S_IFBLK && at.Rdev == st.Rdev:
			return e
		case !block && unix.Stat(e.Dir, &at) == nil && at.Dev == st.Dev:
			return e
		}
	}
	return nil
}

// one prints one file system, if it is one to be shown.
func (l *lister) one(e *mounttable.Entry, wanted bool) int {
	c := l.c
	if kind, given := c.Given("t"); e.Source == "rootfs" || given && kind != e.Type {
		return 0
	}
	var s unix.Statfs_t
	if err := unix.Statfs(e.Dir, &s); err != nil {
		return c.Warn(e.Dir, err)
	}
	if s.Blocks == 0 && !wanted && !c.Has("a") {
		return 0
	}
	size := uint64(s.Frsize)
	if size == 0 {
		size = uint64(s.Bsize)
	}
	total, free, available, unit := s.Blocks, s.Bfree, s.Bavail, l.unit
	if c.Has("i") {
		total, free, available, size = s.Files, s.Ffree, s.Ffree, 1
		unit = min(unit, 1)
	}
	l.name(e)
	used := total - free
	percent := uint64(0)
	if all := used + available; all > 0 {
		percent = (used*100 + all/2) / all
	}
	c.Out.Print(" ", pad.Left(amount(total, size, unit), 9), " ", pad.Left(amount(used, size, unit), 9), " ",
		pad.Left(amount(available, size, unit), 9), " ", pad.Int(int64(percent), 3), "% ", e.Dir, "\n")
	return 0
}

func amount(n, size, unit uint64) string {
	if unit == 0 {
		return human.Size(n * size)
	}
	return strconv.FormatUint((n*size+unit/2)/unit, 10)
}

// name prints the device, on a line of its own if it is long, and the type.
func (l *lister) name(e *mounttable.Entry) {
	posix := l.c.Has("P")
	column := func(text string, width, indent int) {
		text, have := printable.Name(text)
		l.c.Out.Print(text)
		if have > width && !posix {
			l.c.Out.Print("\n", pad.Spaces(indent))
		} else {
			l.c.Out.Print(pad.Spaces(width - have))
		}
	}
	column(e.Source, 20, 20)
	if l.c.Has("T") {
		l.c.Out.Print(" ")
		column(e.Type, 10, 31)
	}
}
