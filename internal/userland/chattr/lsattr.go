package chattr

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Lsattr is lsattr.
var Lsattr = applet.Applet{
	Names: "lsattr",
	Usage: "[-Radlpv] [FILE]...",
	About: "List the attributes that ext2 and other file systems keep",
	Options: `
-R	also of what is in folders below
-a	also names that begin with .
-d	folders themselves, not what is in them
-l	the attributes' long names
-p	the project
-v	the version
`,
	Dir: "/usr/bin",
	Run: runLsattr,
}

// lister is one listing.
type lister struct {
	c      *applet.Call
	status int
}

func runLsattr(c *applet.Call) int {
	l := lister{c: c}
	operands := c.Args
	if len(operands) == 0 {
		operands = []string{"."}
	}
	w := tree.Walk{Visit: l.visit, Failed: l.failed}
	if c.Has("R") {
		w.Leave = func(n *tree.Node) tree.Next {
			if n.Depth > 0 {
				c.Out.Print("\n")
			}
			return tree.Into
		}
	}
	for _, operand := range operands {
		w.Run(operand)
	}
	return l.status
}

func (l *lister) failed(n *tree.Node, err error) {
	if n.Type == syscall.DT_DIR {
		l.status = l.c.CantOpen(n.Path(), err)
		return
	}
	l.status = l.c.Warn("can't stat '"+n.Path()+"'", err)
}

func (l *lister) visit(n *tree.Node) tree.Next {
	folder := n.Type == syscall.DT_DIR
	if n.Depth == 0 {
		if folder && !l.c.Has("d") {
			l.dots(n)
			return tree.Into
		}
		l.one(n, n.Path())
		return tree.Over
	}
	if n.Name[0] == '.' && !l.c.Has("a") {
		return tree.Over
	}
	if openable(n) {
		l.one(n, n.Path())
	}
	if !folder || !l.c.Has("R") {
		return tree.Over
	}
	l.c.Out.Print("\n", n.Path(), ":\n")
	l.dots(n)
	return tree.Into
}

// dots lists . and .. of a folder, which the walk leaves out.
func (l *lister) dots(n *tree.Node) {
	if !l.c.Has("a") {
		return
	}
	for _, name := range [2]string{".", ".."} {
		dot := tree.Node{Dir: n.Dir, Name: applet.Join(n.Name, name), Type: syscall.DT_DIR}
		l.one(&dot, applet.Join(n.Path(), name))
	}
}

// one lists one file.
func (l *lister) one(n *tree.Node, path string) {
	fd, err := file(n)
	if err != nil {
		l.status = l.c.CantOpen(path, err)
		return
	}
	defer syscall.Close(fd)
	line := ""
	if l.c.Has("p") {
		var x extended
		err = control(fd, getXattr, unsafe.Pointer(&x))
		line += pad.Int(int64(x.project), 5) + " "
	}
	if l.c.Has("v") && err == nil {
		var version uint32
		err = control(fd, getVersion, unsafe.Pointer(&version))
		line += pad.Right(strconv.FormatUint(uint64(version), 10), 10) + " "
	}
	var flags uint32
	if err == nil {
		flags, err = unix.IoctlGetUint32(fd, unix.FS_IOC_GETFLAGS)
	}
	if err != nil {
		l.status = l.c.Warn("reading "+path, err)
		return
	}
	if l.c.Has("l") {
		line += pad.Right(path, 28) + " " + long(flags)
	} else {
		line += short(flags) + " " + path
	}
	l.c.Out.Print(line, "\n")
}

// short shows the attributes as letters, each in its place.
func short(flags uint32) string {
	text := []byte(letters)
	for i := range text {
		if flags&bit(i) == 0 {
			text[i] = '-'
		}
	}
	return string(text)
}

// long shows the attributes' names.
func long(flags uint32) string {
	var list []string
	for i, name := range strings.Split(names, "|") {
		if flags&bit(i) != 0 {
			list = append(list, name)
		}
	}
	if len(list) == 0 {
		return "---"
	}
	return strings.Join(list, ", ")
}
