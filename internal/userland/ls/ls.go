// Package ls is the applet ls.
package ls

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
	"golang.org/x/sys/unix"
)

// Applet is ls.
var Applet = applet.Applet{
	Names: "ls",
	Usage: "[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...",
	About: "List what is in folders",
	Options: `
-1	one name a line
-a	also names that begin with .
-A	like -a, but not . and ..
-x	in lines
-C	in columns
-d	folders themselves, not what is in them
-L	follow symbolic links
-H	follow symbolic links among the operands
-R	also what is in folders below
-p	/ after the names of folders
-F	a sign after the name: one of */=@|
-l	long format
-g	long format without the owner
-i	inode numbers
-n	numbers of users and groups in place of names
-s	allocated blocks
-k	ignored: blocks are of 1024 bytes anyway
-c	with -l, the time when the status was changed
-u	with -l, the time of the last access
--full-time	whole date and time
-h	sizes for people (1K 243M 2G)
--group-directories-first	folders first
-S	sort by size
-X	sort by extension
-v	sort by version
-t	sort by time of change; -tc, -tu by the other ones
-r	sort in reverse
-Q	names in quotes
-w N	N columns wide
-T N	ignored: no tabs are printed
--color[=WHEN]	always, never or auto
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

// lister is one listing.
type lister struct {
	c *applet.Call

	long, lines, across    bool // -l, -1, -x
	all, almost            bool // -a, -A
	folder, recurse        bool // -d, -R
	follow                 bool // -L
	slashes, signs         bool // -p, -F
	noOwner, numeric       bool // -g, -n
	inodes, blocks, human  bool // -i, -s, -h
	quote, color, fullTime bool
	stats                  bool // more than names and types is needed
	which                  string
	order                  order
	width                  int

	names  users.Names
	zone   *time.Location
	now    int64
	stack  tree.Stack
	first  bool
	titles bool
	buf    []byte
	status int
}

// entry is a file of a listing.
type entry struct {
	name string
	mode uint32 // of the file, or of what the link leads to if it is followed
	self uint32 // of the file itself, 0 if that isn't known
	stat unix.Stat_t
}

func (e *entry) isFolder() bool { return e.mode&unix.S_IFMT == unix.S_IFDIR }

func run(c *applet.Call) int {
	l := lister{c: c, first: true}
	if wrong := l.options(); wrong != "" {
		return c.Complain(wrong)
	}
	operands := c.Args
	if len(operands) == 0 {
		operands = []string{"."}
	}
	l.titles = len(operands) > 1
	// Links among the operands are followed unless it shows that they are links.
	follow := l.follow || c.Has("H") || !l.long && !l.inodes && !l.blocks && !l.signs
	var files, folders []*entry
	stats := l.stats
	l.stats = true
	for _, name := range operands {
		e := &entry{name: name}
		err := l.look(e, unix.AT_FDCWD, syscall.DT_UNKNOWN, follow)
		switch {
		case err != nil:
			l.status = c.Warn(name, err)
		case e.isFolder() && !l.folder:
			folders = append(folders, e)
		default:
			files = append(files, e)
		}
	}
	l.stats = stats
	if len(files) > 0 {
		l.order.sort(files)
		l.print(unix.AT_FDCWD, "", files)
		l.first = false
	}
	l.order.sort(folders)
	l.folders("", folders, true)
	l.stack.Close()
	return l.status
}

// options reads the options; those that undo each other go by the last one.
func (l *lister) options() (wrong string) {
	c := l.c
	switch c.Last("C", "x", "l", "n", "g", "full-time") {
	case "l", "n", "g", "full-time":
		l.long = true
	case "":
		l.lines = c.Has("1") || !applet.IsTerminal(c.Out.Fd())
	default:
		last := c.Last("C", "x", "1")
		l.lines, l.across = last == "1", last == "x"
	}
	l.all, l.almost = c.Has("a"), c.Has("A")
	l.folder, l.recurse = c.Has("d"), c.Has("R") && !c.Has("d")
	l.follow = c.Last("L", "H") == "L"
	l.slashes, l.signs = c.Has("p"), c.Has("F")
	l.noOwner, l.numeric = c.Has("g"), c.Has("n")
	l.inodes, l.blocks, l.human = c.Has("i"), c.Has("s"), c.Has("h")
	l.quote, l.fullTime = c.Has("Q"), c.Has("full-time")
	l.which = c.Last("c", "u")
	l.order = order{
		by: c.Last("t", "S"), which: l.which, reverse: c.Has("r"), folders: c.Has("group-directories-first"),
	}
	switch {
	case l.order.by != "":
	case l.which != "" && !l.long:
		l.order.by = "t"
	case c.Has("v"):
		l.order.by = "v"
	case c.Has("X"):
		l.order.by = "X"
	}
	if wrong := l.colors(); wrong != "" {
		return wrong
	}
	l.stats = l.long || l.blocks || l.inodes || l.signs || l.color || l.follow || l.order.by == "t" || l.order.by == "S"
	if l.long {
		l.zone, l.now = dates.Local(c), time.Now().Unix()
	}
	return l.columns()
}

// columns finds out how wide lines may be.
func (l *lister) columns() (wrong string) {
	if text, given := l.c.Given("w"); given {
		n, err := number.Int(text, 1<<20)
		if err != nil {
			return "invalid number '" + text + "'"
		}
		l.width = n
	} else if !l.long && !l.lines {
		l.width, _ = term.Size(l.c, l.c.Out.Fd())
		l.width--
	}
	return ""
}

// colors reads --color. Any beginning of a word does.
func (l *lister) colors() (wrong string) {
	when, given := l.c.Given("color")
	if !given {
		return ""
	}
	for _, word := range [6]string{"always", "yes", "force", "auto", "tty", "if-tty"} {
		if len(when) > len(word) || word[:len(when)] != when {
			continue
		}
		switch word {
		case "always", "yes", "force":
			l.color = true
		default:
			l.color = l.c.Getenv("TERM") != "dumb" && applet.IsTerminal(l.c.Out.Fd())
		}
		return ""
	}
	return ""
}

// look looks at a file in a folder, at no more than is needed.
func (l *lister) look(e *entry, dir int, kind uint8, follow bool) error {
	if !l.stats && kind != syscall.DT_UNKNOWN {
		e.mode = uint32(kind) << 12
		return nil
	}
	flags := unix.AT_SYMLINK_NOFOLLOW
	if follow {
		flags = 0
	}
	if err := unix.Fstatat(dir, e.name, &e.stat, flags); err != nil {
		return err
	}
	e.mode = e.stat.Mode
	if !follow || kind != syscall.DT_UNKNOWN && kind != syscall.DT_LNK {
		e.self = e.mode
	}
	return nil
}

// folders lists folders one after the other. above is the path of what they are in.
func (l *lister) folders(above string, folders []*entry, operands bool) {
	for _, e := range folders {
		path := e.name
		if !operands {
			path = applet.Join(above, e.name)
		}
		if l.titles || l.recurse {
			if !l.first {
				l.c.Out.Print("\n")
			}
			l.first = false
			l.c.Out.Print(path, ":\n")
		}
		follow := operands || l.follow
		if !operands && follow && l.stack.Holds(uint64(e.stat.Dev), e.stat.Ino) {
			l.status = l.c.Warn(path, syscall.ELOOP)
			continue
		}
		if err := l.stack.Enter(e.name, follow); err != nil {
			l.status = l.c.CantOpen(path, err)
			l.total(nil)
			continue
		}
		below := l.content(path)
		if l.recurse {
			l.folders(path, below, false)
		}
		if err := l.stack.Leave(); err != nil {
			l.status = l.c.Warn(path+"/..", err)
			return
		}
	}
}

// content lists the folder that the stack stands in and returns the folders in it.
func (l *lister) content(path string) (below []*entry) {
	fd := l.stack.Top()
	found, err := applet.ReadDirFd(fd)
	if err != nil {
		l.status = l.c.Warn(path, err)
	}
	if l.all {
		found = append(found, applet.Dirent{Name: ".", Type: syscall.DT_DIR}, applet.Dirent{Name: "..", Type: syscall.DT_DIR})
	}
	entries, space := make([]*entry, 0, len(found)), make([]entry, len(found))
	for i := range found {
		name := found[i].Name
		if name[0] == '.' && !l.all && !l.almost {
			continue
		}
		e := &space[i]
		e.name = name
		if err := l.look(e, fd, found[i].Type, l.follow); err != nil {
			l.status = l.c.Warn(applet.Join(path, name), err)
			continue
		}
		entries = append(entries, e)
	}
	l.total(entries)
	l.order.sort(entries)
	l.print(fd, path, entries)
	if !l.recurse {
		return nil
	}
	for _, e := range entries {
		if e.isFolder() && e.name != "." && e.name != ".." {
			below = append(below, e)
		}
	}
	return below
}
