// Package du is the applet du.
package du

import (
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/human"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/tree"
)

// Applet is du.
var Applet = applet.Applet{
	Names: "du",
	Usage: "[-aHLdclsxhmkb] [FILE]...",
	About: "Sum up the disk space that files and folders use",
	Options: `
-a	files, too, not only folders
-b	bytes in the files, with their holes
-L	follow symbolic links
-H	follow symbolic links among the operands
-d N	only down to depth N
-c	a total of all
-l	count files with several names for each of them
-s	only a sum for each operand
-x	not in other file systems
-h	sizes for people (1K 243M 2G)
-m	sizes in megabytes
-k	sizes in kilobytes (default)
`,
	Min: true,
	Dir: "/usr/bin",
	Run: run,
}

type inode struct{ dev, ino uint64 }

// summer sums.
type summer struct {
	c       *applet.Call
	unit    uint64 // 0 for people
	block   uint64 // of what is summed
	deepest int
	files   bool // -a
	apart   bool // -l
	one     bool // -x
	folders bool // note folders, too, for they may be met again
	device  uint64
	sums    []uint64 // per depth
	seen    map[inode]struct{}
	status  int
}

func run(c *applet.Call) int {
	s := summer{
		c: c, unit: 1024, block: 512, deepest: 1 << 30,
		files: c.Has("a"), apart: c.Has("l"), one: c.Has("x"), seen: map[inode]struct{}{},
	}
	if _, posix := c.LookupEnv("POSIXLY_CORRECT"); posix {
		s.unit = 512
	}
	if c.Has("b") {
		s.unit, s.block = 1, 1
	}
	switch c.Last("h", "k", "m") {
	case "h":
		s.unit = 0
	case "k":
		s.unit = 1024
	case "m":
		s.unit = 1 << 20
	}
	switch c.Last("s", "d") {
	case "s":
		s.deepest = 0
	case "d":
		n, err := number.Int(c.Value("d"), 1<<30)
		if err != nil {
			return c.Complain("invalid number '" + c.Value("d") + "'")
		}
		s.deepest = n
	}
	w := tree.Walk{Visit: s.visit, Leave: s.leave, Failed: s.failed}
	switch c.Last("H", "L") {
	case "H":
		w.Follow = tree.Operands
	case "L":
		w.Follow = tree.Always
	}
	operands := c.Args
	if len(operands) == 0 {
		operands = []string{"."}
	}
	s.folders = len(operands) > 1 || w.Follow != tree.Never
	total := uint64(0)
	for _, operand := range operands {
		s.sums = append(s.sums[:0], 0)
		w.Run(operand)
		total += s.sums[0]
	}
	if c.Has("c") {
		s.print(total, "total")
	}
	return s.status
}

func (s *summer) failed(n *tree.Node, err error) {
	if n.Type == syscall.DT_DIR {
		s.status = s.c.CantOpen(n.Path(), err)
		return
	}
	s.status = s.c.Warn(n.Path(), err)
}

// visit adds a file to the folder that it is in, which is sums[depth] for what is
// below; sums[0] is the operand's own.
func (s *summer) visit(n *tree.Node) tree.Next {
	st, err := n.Stat()
	if err != nil {
		s.failed(n, err)
		return tree.Over
	}
	if n.Depth == 0 {
		s.device = uint64(st.Dev)
	} else if s.one && uint64(st.Dev) != s.device {
		return tree.Over
	}
	size := uint64(st.Blocks)
	if s.block == 1 {
		size = uint64(st.Size)
	}
	folder := n.Type == syscall.DT_DIR
	if st.Nlink > 1 && !s.apart && (!folder || s.folders) {
		id := inode{uint64(st.Dev), st.Ino}
		if _, found := s.seen[id]; found {
			return tree.Over
		}
		s.seen[id] = struct{}{}
	}
	s.sums = append(s.sums[:n.Depth+1], size)
	if folder {
		return tree.Into
	}
	if (s.files || n.Depth == 0) && n.Depth <= s.deepest {
		s.print(size, n.Path())
	}
	s.sums[n.Depth] += size
	return tree.Over
}

// leave adds a folder's sum to that of the one above.
func (s *summer) leave(n *tree.Node) tree.Next {
	sum := s.sums[n.Depth+1]
	s.sums = s.sums[:n.Depth+1]
	s.sums[n.Depth] += sum
	if n.Err == nil && n.Depth <= s.deepest {
		s.print(sum, n.Path())
	}
	return tree.Into
}

func (s *summer) print(size uint64, name string) {
	text := ""
	if s.unit == 0 {
		text = human.Size(size * s.block)
	} else {
		// As GNU's du, sizes in larger units are rounded up.
		size += (s.unit - 1) / 1024
		text = strconv.FormatUint((size*s.block+s.unit/2)/s.unit, 10)
	}
	s.c.Out.Print(text, "\t", name, "\n")
}
