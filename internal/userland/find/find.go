// Package find is the applet find.
package find

import (
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Applet is find.
var Applet = applet.Applet{
	Names: "find",
	Usage: "[-HL] [PATH]... [OPTIONS] [ACTIONS]",
	About: "Search for files and perform actions on them.\nThe first failed action stops the processing of the current file.\n" +
		"Defaults: PATH is the current directory, the action is -print",
	Notes: `
	-L,-follow	Follow symbolic links
	-H		... among the operands
	-xdev		Don't go to other file systems
	-maxdepth N	Go down at most N levels; 0 is the operands alone
	-mindepth N	Don't act on the first N levels
	-depth		Act on a folder after what is in it

Actions:
	( ACTIONS )	Group actions for -o / -a
	! ACT		Invert success and failure
	ACT1 [-a] ACT2	If ACT1 fails, stop, else do ACT2
	ACT1 -o ACT2	If ACT1 succeeds, stop, else do ACT2; -a goes first
	-name PATTERN	The name matches PATTERN
	-iname PATTERN	... in any case
	-path PATTERN	The path matches PATTERN (also -wholename)
	-ipath PATTERN	... in any case
	-regex PATTERN	The path matches the regular expression
	-type X		The type is X (one of: f,d,l,b,c,s,p)
	-executable	It can be executed
	-perm MASK	One of the bits (+MASK or /MASK), all bits (-MASK),
			or exactly MASK are set in the mode
	-mtime DAYS	Changed more than (+N), less than (-N) or N days ago
	-atime DAYS	Accessed ...
	-ctime DAYS	The status was changed ...
	-mmin MINS	Changed +N, -N or N minutes ago; also -amin, -cmin
	-newer FILE	Changed after FILE
	-inum N		The inode number is N
	-samefile FILE	It is the same file as FILE
	-user NAME/ID	It belongs to the user
	-group NAME/ID	It belongs to the group
	-size N[bckw]	The size is N, +N or -N (c: bytes, w: 2 bytes, k: 1024 bytes,
			b: 512 bytes, the default)
	-links N	The number of links is N, +N or -N
	-empty		It is an empty file or folder
	-prune		Don't go into the folder
If none of the following is there, -print is assumed
	-print		Print the path
	-print0		Print the path, with a zero byte
	-exec CMD ARG ;	Run CMD with the path for each {}. Fails if CMD does
	-exec CMD ARG +	Run CMD with as many paths as fit for {}
	-ok CMD ARG ;	Ask and run CMD
	-delete		Remove the file. Turns on -depth
	-quit		Exit
`,
	Form: applet.Plain,
	Min:  true,
	Dir:  "/usr/bin",
	Run:  run,
}

// finder is one search.
type finder struct {
	c        *applet.Call
	walk     tree.Walk
	groups   groups
	commands []*command

	least, most int // -mindepth, -maxdepth
	depth       bool
	oneSystem   bool
	acts        bool // there is an action: don't print
	systems     []uint64
	now         int64
	prune, stop bool
	status      int
}

func run(c *applet.Call) int {
	f := finder{c: c, most: 1 << 30, now: time.Now().Unix()}
	args := f.leading(c.Args)
	n := 0
	for n < len(args) && (args[n] == "" || args[n][0] != '-') && args[n] != "!" && args[n] != "(" {
		n++
	}
	paths := args[:n]
	if n == 0 {
		paths = []string{"."}
	}
	p := parser{f: &f, args: args[n:]}
	f.groups = p.expression()
	if p.wrong != "" {
		if p.usage {
			return c.UsageError(p.wrong)
		}
		return c.Complain(p.wrong)
	}
	if f.oneSystem {
		for _, path := range paths {
			var st unix.Stat_t
			if unix.Stat(path, &st) == nil {
				f.systems = append(f.systems, uint64(st.Dev))
			}
		}
	}
	f.walk.Visit, f.walk.Failed = f.visit, f.failed
	if f.depth {
		f.walk.Leave = f.leave
	}
	for _, path := range paths {
		if f.walk.Run(path); f.stop {
			return f.status
		}
	}
	for _, x := range f.commands {
		if len(x.paths) > 0 && !x.flush(&f) != x.invert {
			f.status = 1
		}
	}
	return f.status
}

// leading reads the options before the paths.
func (f *finder) leading(args []string) []string {
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			return args[1:]
		}
		if len(arg) < 2 || arg[0] != '-' || strings.Trim(arg[1:], "HLP") != "" {
			break
		}
		for _, letter := range []byte(arg[1:]) {
			switch letter {
			case 'H':
				f.follow(tree.Operands)
			case 'L':
				f.follow(tree.Always)
			}
		}
		args = args[1:]
	}
	return args
}

// follow makes the search follow links; one that leads nowhere is still found.
func (f *finder) follow(which tree.Follow) {
	f.walk.Follow = max(f.walk.Follow, which)
	f.walk.Dangling = true
}

func (f *finder) failed(n *tree.Node, err error) {
	f.status = f.c.Warn(n.Path(), err)
}

// visit is called for every file, for a folder before its content.
func (f *finder) visit(n *tree.Node) tree.Next {
	folder := n.Type == syscall.DT_DIR
	foreign := folder && f.oneSystem && f.isForeign(n)
	next := tree.Into
	if foreign || n.Depth >= f.most {
		next = tree.Over
	}
	if folder && f.depth && next == tree.Into {
		return tree.Into // its turn comes in leave
	}
	f.prune = false
	if n.Depth >= f.least {
		f.act(n)
	}
	switch {
	case f.stop:
		return tree.Stop
	case f.prune && !f.depth:
		return tree.Over
	}
	return next
}

// leave is called for a folder after its content. One that couldn't be read has been
// told about and is left alone.
func (f *finder) leave(n *tree.Node) tree.Next {
	if n.Err == nil && n.Depth >= f.least {
		f.act(n)
	}
	if f.stop {
		return tree.Stop
	}
	return tree.Into
}

func (f *finder) isForeign(n *tree.Node) bool {
	st, err := n.Stat()
	if err != nil {
		return false
	}
	for _, system := range f.systems {
		if system == uint64(st.Dev) {
			return false
		}
	}
	return true
}

// act does what the expression says.
func (f *finder) act(n *tree.Node) {
	if f.groups.try(f, n) && !f.acts && !f.stop {
		f.print(n, '\n')
	}
}

func (f *finder) print(n *tree.Node, end byte) {
	f.c.Out.Write(n.PathBytes())
	f.c.Out.WriteByte(end)
}
