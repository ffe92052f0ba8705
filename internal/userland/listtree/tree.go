// Package listtree is the applet tree.
package listtree

import (
	"sort"
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
)

// Applet is tree.
var Applet = applet.Applet{
	Names: "tree",
	Usage: "[DIR]...",
	About: "Show what is in folders, and in those below, as a tree",
	Quick: true,
	Dir:   "/usr/bin",
	Run:   run,
}

// drawer draws trees.
type drawer struct {
	c              *applet.Call
	stack          tree.Stack
	folders, files int64
}

func run(c *applet.Call) int {
	d := drawer{c: c}
	operands := c.Args
	if len(operands) == 0 {
		operands = []string{"."}
	}
	for _, operand := range operands {
		d.draw(operand, "", true)
	}
	d.stack.Close()
	c.Out.Print("\n", strconv.FormatInt(d.folders, 10), " directories, ", strconv.FormatInt(d.files, 10), " files\n")
	return 0
}

// byName sorts entries by their names.
type byName []applet.Dirent

func (e byName) Len() int           { return len(e) }
func (e byName) Less(i, j int) bool { return e[i].Name < e[j].Name }
func (e byName) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }

// visible sorts the entries, without those that begin with a dot.
func visible(entries []applet.Dirent) []applet.Dirent {
	shown := entries[:0]
	for _, e := range entries {
		if e.Name[0] != '.' {
			shown = append(shown, e)
		}
	}
	sort.Sort(byName(shown))
	return shown
}

// draw draws a folder and what is in it.
func (d *drawer) draw(name, indent string, operand bool) {
	d.c.Out.Print(name)
	if d.stack.Enter(name, operand) != nil {
		d.c.Out.Print(" [error opening dir]\n")
		return
	}
	d.c.Out.Print("\n")
	entries, _ := applet.ReadDirFd(d.stack.Top())
	entries = visible(entries)
	for i, e := range entries {
		branch, below := "├── ", "│   "
		if i == len(entries)-1 {
			branch, below = "└── ", "    "
		}
		d.c.Out.Print(indent, branch)
		switch e.Type {
		case syscall.DT_DIR:
			d.draw(e.Name, indent+below, false)
			d.folders++
			continue
		case syscall.DT_LNK:
			target, _ := tree.Readlink(d.stack.Top(), e.Name)
			d.c.Out.Print(e.Name, " -> ", target, "\n")
		default:
			d.c.Out.Print(e.Name, "\n")
		}
		d.files++
	}
	if err := d.stack.Leave(); err != nil {
		d.c.Warn(name+"/..", err)
	}
}
