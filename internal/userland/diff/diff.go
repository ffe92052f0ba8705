// Package diff is the applet diff. It compares lines by the algorithm of E. Myers
// (An O(ND) Difference Algorithm, 1986) in linear space.
package diff

import (
	"bytes"
	"slices"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is diff.
var Applet = applet.Applet{
	Names: "diff",
	Usage: "[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2",
	About: "Compare files line by line and print the differences in unified format.",
	Options: `
-a, --text	all files are text
-b, --ignore-space-change	ignore changes in the amount of white space
-B, --ignore-blank-lines	ignore changes whose lines are all blank
-d, --minimal	try hard to find the smallest set of changes
-E, --ignore-tab-expansion	ignored
-i, --ignore-case	ignore upper and lower case
-L, --label LABEL	print LABEL in the place of the file's name
-N, --new-file	files that are missing are empty
-p, --show-c-function	ignored
-q, --brief	print only whether files differ
-r, --recursive	compare folders with what is below them
-S, --starting-file FILE	begin with FILE when comparing folders
-T, --initial-tab	begin lines with a tab, so that tabs line up
-s, --report-identical-files	print when files are the same
-t, --expand-tabs	print spaces for tabs
-u	ignored: what is printed is always that
-U, --unified LINES	LINES lines of context (3)
-w, --ignore-all-space	ignore all white space
`,
	AtLeast: 2,
	AtMost:  2,
	Trouble: 2,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     run,
}

// differ is one call.
type differ struct {
	c       *applet.Call
	labels  []string
	context int
	status  int

	text, minimal, brief, empty, tell bool
	initialTab, expandTabs            bool
	recursive, blankLines             bool
	fold, amount, space               bool // -i -b -w
}

// outcome is what comparing two files came to.
type outcome int

const (
	same outcome = iota
	different
	binary
)

func run(c *applet.Call) int {
	d := differ{
		c: c, labels: c.Values("L"), context: 3,
		text: c.Has("a"), minimal: c.Has("d"), brief: c.Has("q"), empty: c.Has("N"), tell: c.Has("s"),
		initialTab: c.Has("T"), expandTabs: c.Has("t"), recursive: c.Has("r"), blankLines: c.Has("B"),
		fold: c.Has("i"), amount: c.Has("b"), space: c.Has("w"),
	}
	if u, given := c.Given("U"); given {
		n, err := number.Int(u, 1<<30)
		if err != nil {
			c.Complain("invalid number '" + u + "'")
			return 2
		}
		d.context = n
	}
	names := [2]string{c.Args[0], c.Args[1]}
	var dirs [2]bool
	for i, name := range names {
		var st syscall.Stat_t
		if name == "-" {
			continue
		}
		if err := syscall.Stat(name, &st); err != nil && !d.empty {
			c.Warn("can't stat '"+name+"'", err)
			return 2
		}
		dirs[i] = st.Mode&syscall.S_IFMT == syscall.S_IFDIR
	}
	switch {
	case (dirs[0] || dirs[1]) && (names[0] == "-" || names[1] == "-"):
		c.Complain("can't compare stdin to a directory")
		return 1
	case dirs[0] && dirs[1]:
		d.folders(names)
		return d.status
	case dirs[0]:
		names[0] = applet.Join(names[0], base(names[1]))
	case dirs[1]:
		names[1] = applet.Join(names[1], base(names[0]))
	}
	var st syscall.Stat_t
	for _, name := range names {
		if err := syscall.Stat(name, &st); (dirs[0] || dirs[1]) && err != nil && !d.empty {
			return c.Warn("can't stat '"+name+"'", err)
		}
	}
	if !sameFile(names) {
		d.report(d.files(names), names)
	}
	return d.status
}

// base is what follows the last slash.
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// report prints what -q and -s want.
func (d *differ) report(o outcome, names [2]string) {
	switch {
	case o == binary || o == different && d.brief:
		d.c.Out.Print("Files ", names[0], " and ", names[1], " differ\n")
	case o == same && d.tell:
		d.c.Out.Print("Files ", names[0], " and ", names[1], " are identical\n")
	}
}

// sameFile says whether two names are one file.
func sameFile(names [2]string) bool {
	if names[0] == "-" && names[1] == "-" {
		return true
	}
	var st [2]syscall.Stat_t
	for i, name := range names {
		err := syscall.Stat(name, &st[i])
		if name == "-" {
			err = syscall.Fstat(0, &st[i])
		}
		if err != nil {
			return false
		}
	}
	return st[0].Ino == st[1].Ino && st[0].Dev == st[1].Dev && st[0].Size == st[1].Size && st[0].Mode == st[1].Mode
}

// files compares two files and prints their differences.
func (d *differ) files(names [2]string) outcome {
	if sameFile(names) {
		return same
	}
	var texts [2][]byte
	for i, name := range names {
		text, err := d.read(name)
		if err != nil {
			d.c.CantOpen(name, err)
			d.status = 2
			return same
		}
		texts[i] = text
	}
	if bytes.Equal(texts[0], texts[1]) {
		return same
	}
	result := different
	switch {
	case !d.text && (bytes.IndexByte(texts[0], 0) >= 0 || bytes.IndexByte(texts[1], 0) >= 0):
		result = binary
	case d.brief && !d.fold && !d.amount && !d.space && !d.blankLines:
	case !d.compare(texts, names):
		return same
	}
	d.status = max(d.status, 1)
	return result
}

// read reads a whole file.
func (d *differ) read(name string) ([]byte, error) {
	if name == "-" {
		var text []byte
		for {
			p, err := d.c.In.Chunk()
			if p == nil || err != nil {
				return text, err
			}
			text = append(text, p...)
		}
	}
	fd, err := applet.OpenFile(name, syscall.O_RDONLY, 0)
	if err != nil {
		if d.empty && err == syscall.ENOENT {
			return nil, nil
		}
		return nil, err
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) == nil && st.Size > 1024 && st.Mode&syscall.S_IFMT == syscall.S_IFREG {
		text := make([]byte, st.Size+1)
		n := 0
		for n < len(text) {
			k, err := applet.ReadFd(fd, text[n:])
			if err != nil {
				return nil, err
			}
			if k == 0 {
				return text[:n], nil
			}
			n += k
		}
		rest, err := applet.ReadAll(fd) // it has grown
		return append(text, rest...), err
	}
	return applet.ReadAll(fd)
}

// folders compares two folders.
func (d *differ) folders(names [2]string) {
	var lists [2][]string
	for i, name := range names {
		d.list(name, names[1-i], "", &lists[i], nil)
		slices.Sort(lists[i])
		if start, given := d.c.Given("S"); given {
			n, _ := slices.BinarySearch(lists[i], start)
			lists[i] = lists[i][n:]
		}
	}
	for (len(lists[0]) > 0 || len(lists[1]) > 0) && d.c.Out.Err() == nil {
		order := 0
		switch {
		case len(lists[0]) == 0:
			order = 1
		case len(lists[1]) == 0:
			order = -1
		default:
			order = strings.Compare(lists[0][0], lists[1][0])
		}
		which := 0
		if order > 0 {
			which = 1
		}
		file := lists[which][0]
		if order <= 0 {
			lists[0] = lists[0][1:]
		}
		if order >= 0 {
			lists[1] = lists[1][1:]
		}
		if order != 0 && !d.empty {
			d.c.Out.Print("Only in ", names[which], ": ", file, "\n")
			d.status = max(d.status, 1)
			continue
		}
		d.pair([2]string{applet.Join(names[0], file), applet.Join(names[1], file)})
	}
}

// pair compares what has the same name in both folders. What is missing in one is
// empty.
func (d *differ) pair(names [2]string) {
	var kinds [2]uint32
	for i, name := range names {
		var st syscall.Stat_t
		if syscall.Stat(name, &st) == nil {
			kinds[i] = st.Mode & syscall.S_IFMT
		}
	}
	paths := names
	for i := range kinds {
		if kinds[i] == 0 {
			kinds[i] = kinds[1-i]
			paths[i] = "/dev/null"
		}
	}
	out := d.c.Out
	for i, kind := range kinds {
		if kind != syscall.S_IFREG && kind != syscall.S_IFDIR {
			out.Print("File ", names[i], " is not a regular file or directory and was skipped\n")
			return
		}
	}
	switch {
	case kinds[0] == syscall.S_IFDIR && kinds[1] == syscall.S_IFDIR:
		out.Print("Common subdirectories: ", names[0], " and ", names[1], "\n")
	case kinds[0] == syscall.S_IFDIR:
		out.Print("File ", names[0], " is a directory while file ", names[1], " is a regular file\n")
	case kinds[1] == syscall.S_IFDIR:
		out.Print("File ", names[0], " is a regular file while file ", names[1], " is a directory\n")
	default:
		d.report(d.files(paths), names)
	}
}

// identity is a folder that the walk is in.
type identity struct{ dev, ino uint64 }

// list collects the names below a folder. With -r folders are entered that
// the other side has as well; they aren't in the list themselves.
func (d *differ) list(dir, other, below string, names *[]string, above []identity) {
	here := applet.Join(dir, below)
	var st syscall.Stat_t
	syscall.Stat(here, &st)
	id := identity{st.Dev, st.Ino}
	if slices.Contains(above, id) {
		return // a symbolic link to where we are
	}
	above = append(above, id)
	entries, err := applet.ReadDir(here)
	if err != nil {
		d.c.CantOpen(here, err)
		d.status = 2
	}
	for _, e := range entries {
		name := applet.Join(below, e.Name)
		if d.recursive && isFolder(applet.Join(dir, name)) {
			if !d.empty && !isFolder(applet.Join(other, name)) {
				d.status = max(d.status, 1)
				continue
			}
			d.list(dir, other, name, names, above)
			continue
		}
		*names = append(*names, name)
	}
}

func isFolder(path string) bool {
	var st syscall.Stat_t
	return syscall.Stat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
}
