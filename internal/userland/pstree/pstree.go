// Package pstree is the applet pstree.
package pstree

import (
	"slices"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/users"
)

// Applet is pstree.
var Applet = applet.Applet{
	Names: "pstree",
	Usage: "[-p] [PID|USER]",
	About: "Show the tree of processes, from init, PID or the processes of USER on.",
	Options: `
-p	with their numbers
`,
	Dir:    "/usr/bin",
	AtMost: 1,
	Run:    run,
}

// node is a process or a thread.
type node struct {
	name     string
	pid      int
	uid      uint32
	children []*node
}

// tree is all of them and the line that is being written.
type tree struct {
	out    *applet.Out
	nodes  []*node
	pids   bool
	column int
	width  int
	// Of the levels above: how wide they are, and whether another child follows there.
	widths []int
	more   []bool
	dumped bool
}

func run(c *applet.Call) int {
	t := &tree{out: c.Out, pids: c.Has("p")}
	t.width, _ = term.Size(c, 0)
	pid, uid, byUser := 1, uint32(0), false
	if len(c.Args) > 0 {
		arg := c.Args[0]
		if arg != "" && arg[0] >= '0' && arg[0] <= '9' {
			n, err := strconv.ParseInt(arg, 10, 32)
			if err != nil {
				return c.Complain("invalid number '" + arg + "'")
			}
			pid = int(n)
		} else {
			user := users.ByName(arg)
			if user == nil {
				return c.Complain("unknown user " + arg)
			}
			uid, byUser = user.UID, user.UID != 0
		}
	}
	if err := t.read(); err != nil {
		return c.Warn("can't open '/proc'", err)
	}
	root := t.find(pid)
	switch {
	case byUser:
		t.ofUser(t.find(1), uid)
		if !t.dumped {
			return c.Complain("no processes found")
		}
	case root != nil:
		t.dump(root, 0, 1, true, true, 0)
	}
	return 0
}

func (t *tree) find(pid int) *node {
	for _, n := range t.nodes {
		if n.pid == pid {
			return n
		}
	}
	return nil
}

// read reads all processes; a thread is a child of its process, in braces.
func (t *tree) read() error {
	s, err := proc.Open()
	if err != nil {
		return err
	}
	s.Threads = true
	main := 0
	for p := s.Next(); p != nil; p = s.Next() {
		// The first thread of a process has its number.
		if strings.HasSuffix(p.Dir(), "/"+strconv.Itoa(p.Pid)+"/task/"+strconv.Itoa(p.Pid)+"/") {
			main = p.Pid
			t.add(p.Comm, p.Pid, p.Parent, p.Uid)
		} else {
			t.add("{"+p.Comm+"}", p.Pid, main, p.Uid)
		}
	}
	return nil
}

func (t *tree) add(name string, pid, parent int, uid uint32) {
	n := t.find(pid)
	if n == nil {
		n = &node{pid: pid}
		t.nodes = append(t.nodes, n)
	}
	n.name, n.uid = name, uid
	if parent == pid {
		parent = 0
	}
	p := t.find(parent)
	if p == nil {
		p = &node{name: "?", pid: parent}
		t.nodes = append(t.nodes, p)
	}
	at := slices.IndexFunc(p.children, func(c *node) bool { return c.name > name || c.name == name && c.uid > uid })
	if at < 0 {
		at = len(p.children)
	}
	p.children = append(p.children, nil)
	copy(p.children[at+1:], p.children[at:])
	p.children[at] = n
}

// equal says whether two trees look the same.
func (t *tree) equal(a, b *node) bool {
	return a.name == b.name && (!t.pids || a.pid == b.pid) && slices.EqualFunc(a.children, b.children, t.equal)
}

// print writes what fits into the line; the last column shows that more would follow.
func (t *tree) print(s string) {
	for _, c := range []byte(s) {
		if t.column++; t.column > t.width {
			continue
		}
		if t.column == t.width {
			c = '+'
		}
		t.out.WriteByte(c)
	}
}

func (t *tree) newline() {
	t.out.WriteByte('\n')
	t.column = 0
}

// visible makes a name fit for any terminal.
func visible(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c == '\\':
			b.WriteString("\\\\")
		case c >= ' ' && c < 127:
			b.WriteByte(c)
		default:
			octal := strconv.FormatUint(uint64(c), 8)
			b.WriteString("\\" + strings.Repeat("0", 3-len(octal)) + octal)
		}
	}
	return b.String()
}

// dump writes a process and what is below it. It stands repeat times there; first says
// that it continues its parent's line, last that no other child follows, and closing is
// how many brackets end the line.
func (t *tree) dump(n *node, level, repeat int, first, last bool, closing int) {
	if !first {
		t.indent(level, last)
	}
	count := ""
	if repeat > 1 {
		count = strconv.Itoa(repeat) + "*["
	}
	name := visible(n.name)
	if t.pids {
		name += "(" + strconv.Itoa(n.pid) + ")"
	}
	t.print(count + name)
	if len(n.children) == 0 {
		t.print(strings.Repeat("]", closing))
		t.newline()
	}
	t.widths, t.more = append(t.widths[:level], len(count)+len(name)), append(t.more[:level], !last)
	if t.column >= t.width {
		if len(n.children) > 0 {
			t.newline()
		}
		return
	}
	t.below(n, level, closing)
}

// below writes the children, those that look the same only once.
func (t *tree) below(n *node, level, closing int) {
	children := n.children
	for i := 0; len(children) > 0; i++ {
		child := children[0]
		var others []*node
		same := 1
		for _, c := range children[1:] {
			if t.equal(child, c) {
				same++
			} else {
				others = append(others, c)
			}
		}
		if i == 0 {
			if len(others) > 0 {
				t.print("-+-")
			} else {
				t.print("---")
			}
		}
		brackets := closing
		if same > 1 {
			brackets++
		}
		t.dump(child, level+1, same, i == 0, len(others) == 0, brackets)
		children = others
	}
}

func (t *tree) indent(level int, last bool) {
	for l := range level {
		t.print(pad.Spaces(t.widths[l] + 1))
		switch {
		case l < level-1 && t.more[l+1]:
			t.print("| ")
		case l < level-1:
			t.print("  ")
		case last:
			t.print("`-")
		default:
			t.print("|-")
		}
	}
}

// ofUser writes the trees of a user's processes.
func (t *tree) ofUser(n *node, uid uint32) {
	if n == nil {
		return
	}
	if n.uid == uid {
		if t.dumped {
			t.newline()
		}
		t.dump(n, 0, 1, true, true, 0)
		t.dumped = true
		return
	}
	for _, c := range n.children {
		t.ofUser(c, uid)
	}
}
