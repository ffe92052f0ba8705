package grep

import (
	"bytes"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// files searches the operands and returns the exit status.
func (g *grep) files() int {
	c := g.c
	recursive := c.Last("r", "R") != ""
	names := c.Args
	if len(names) == 0 && recursive {
		names = []string{"."}
	} else if len(names) == 0 {
		names = []string{"-"}
	}
	g.names = len(c.Args) > 1
	for _, name := range names {
		if g.done || c.Out.Err() != nil {
			break
		}
		var st syscall.Stat_t
		switch {
		case name == "-":
			g.name = "(standard input)"
			if label, given := c.Given("label"); given {
				g.name = label
			}
			g.input(c.In)
		case recursive && syscall.Stat(name, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR:
			g.names = true
			g.tree(name)
		default:
			if !g.excluded(name) {
				g.name = name
				g.open(unix.AT_FDCWD, name)
			}
		}
	}
	switch {
	case g.quiet && g.matched:
		return 0
	case g.failed:
		return 2
	case g.matched:
		return 0
	}
	return 1
}

func (g *grep) fail(err error) {
	g.failed = true
	if !g.silent {
		g.c.Warn(g.name, err)
	}
}

// tree searches a folder.
func (g *grep) tree(root string) {
	bare := len(g.c.Args) == 0 // -r without an operand names files without ./
	w := tree.Walk{Follow: tree.Operands}
	if g.c.Last("r", "R") == "R" {
		w.Follow = tree.Always
	}
	named := func(n *tree.Node) {
		if g.name = n.Path(); bare && len(g.name) > 2 {
			g.name = g.name[2:]
		}
	}
	w.Failed = func(n *tree.Node, err error) {
		named(n)
		g.fail(err)
	}
	w.Visit = func(n *tree.Node) tree.Next {
		switch n.Type {
		case syscall.DT_DIR:
			if n.Depth > 0 && matches(g.c.Values("exclude-dir"), n.Name) {
				return tree.Over
			}
			return tree.Into
		case syscall.DT_REG, syscall.DT_LNK:
			if !g.excluded(n.Name) {
				named(n)
				g.open(n.Dir, n.Name)
			}
		}
		if g.done || g.c.Out.Err() != nil {
			return tree.Stop
		}
		return tree.Into
	}
	w.Run(root)
}

// excluded says whether --include and --exclude rule a file out.
func (g *grep) excluded(name string) bool {
	name = applet.Base(name)
	only := g.c.Values("include")
	return only != nil && !matches(only, name) || matches(g.c.Values("exclude"), name)
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if glob.Match(p, name, 0) {
			return true
		}
	}
	return false
}

// open searches a file relative to a folder.
func (g *grep) open(dir int, name string) {
	flags := syscall.O_RDONLY
	if dir != unix.AT_FDCWD {
		// In a tree nothing may make us wait: see below.
		flags |= syscall.O_NONBLOCK
	}
	fd, err := applet.OpenAt(dir, name, flags, 0)
	if err != nil {
		g.fail(err)
		return
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if dir != unix.AT_FDCWD && (syscall.Fstat(fd, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG) {
		return // a link that leads to a folder, a pipe, a device
	}
	g.input(applet.NewIn(fd))
}

// input searches one input.
func (g *grep) input(in *applet.In) {
	f := &g.file
	*f = file{grep: g, in: in, left: g.max}
	err := f.search()
	// A folder is no error, as in BusyBox: "grep x *" is about files.
	if err != nil && err != syscall.EISDIR {
		g.fail(err)
	}
	hit := f.hits > 0
	switch {
	case g.quiet:
		g.done = hit
	case g.listNot || g.list:
		if hit = hit != g.listNot; hit {
			g.paint("35", []byte(g.name))
			g.c.Out.Print(g.listEnd())
		}
	case g.count:
		if g.withName() {
			g.paint("35", []byte(g.name))
			g.separator(':', true)
		}
		g.c.Out.Int(f.hits)
		g.c.Out.Print("\n")
	}
	g.matched = g.matched || hit
}

func (g *grep) listEnd() string {
	if g.nameEnd != "" {
		return g.nameEnd
	}
	return "\n"
}

// search goes through the input, some whole lines at a time.
func (f *file) search() error {
	if f.left == 0 {
		return nil
	}
	f.plain = !f.number && !f.offset && !f.only && !f.color && f.before == 0 && f.after == 0 && !f.withName()
	searched := 0 // bytes of the buffer without an end of a line
	for first := true; ; first = false {
		err := f.in.Fill()
		f.data = f.in.Buffered()
		if first && f.skipBinary && bytes.IndexByte(f.data, 0) >= 0 && f.end == '\n' {
			return nil
		}
		if err != nil {
			if rest := f.data[f.next:]; len(rest) > 0 {
				f.lines(bytes.TrimSuffix(rest, []byte{f.end}))
			}
			f.in.Discard(len(f.data))
			return f.in.Err()
		}
		searched = max(searched, f.next)
		i := bytes.LastIndexByte(f.data[searched:], f.end)
		if i < 0 {
			searched = len(f.data)
			continue
		}
		if f.lines(f.data[f.next : searched+i]); f.stop || f.c.Out.Err() != nil {
			return nil
		}
		f.discard()
		searched = len(f.data) - f.dropped
	}
}
