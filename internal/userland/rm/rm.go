// Package rm is the applets rm, rmdir and unlink.
package rm

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/tree"
	"golang.org/x/sys/unix"
)

// Rm is rm.
var Rm = applet.Applet{
	Names: "rm",
	Usage: "[-irfv] FILE...",
	About: "Remove FILEs",
	Options: `
-i	ask before every removal
-f	never ask, and don't mind missing FILEs
-R, -r	remove folders and what is in them
-v	tell what is removed
`,
	Min: true,
	Run: runRm,
}

func runRm(c *applet.Call) int {
	force := c.Last("f", "i") == "f"
	if len(c.Args) == 0 && !force {
		return c.UsageError("")
	}
	status := 0
	r := tree.Removal{Failed: func(path string, err error) {
		if err != syscall.ENOENT || !force {
			c.Warn("can't remove '"+path+"'", err)
		}
	}}
	if c.Has("v") {
		r.Done = func(n *tree.Node) { removed(c, n) }
	}
	if !force {
		r.Ask = asker(c)
	}
	for _, name := range c.Args {
		if !operand(c, &r, name, force) {
			status = 1
		}
	}
	return status
}

// operand removes one operand.
func operand(c *applet.Call, r *tree.Removal, name string, force bool) bool {
	if base := applet.Base(name); base == "." || base == ".." {
		c.Complain("can't remove '.' or '..'")
		return false
	}
	if r.Ask == nil && r.Done == nil && tree.Unlink(unix.AT_FDCWD, name, 0) == nil {
		return true // a file: one call does
	}
	var st unix.Stat_t
	err := unix.Lstat(name, &st)
	switch {
	case err == syscall.ENOENT && force:
		return true
	case err == syscall.ENOENT:
		c.Warn("can't remove '"+name+"'", err)
		return false
	case err != nil:
		c.Warn("can't stat '"+name+"'", err)
		return false
	case st.Mode&unix.S_IFMT == unix.S_IFDIR && !c.Has("R"):
		c.Complain("'" + name + "' is a directory")
		return false
	}
	return r.Remove(name)
}

// asker returns who asks before a removal: always with -i, otherwise for files that
// can't be written to if there is a terminal to ask on. nil is nobody.
func asker(c *applet.Call) func(*tree.Node, tree.Next) bool {
	always := c.Last("f", "i") == "i"
	if !always && !applet.IsTerminal(0) {
		return nil
	}
	return func(n *tree.Node, next tree.Next) bool {
		dir := n.Type == syscall.DT_DIR
		if !always && (n.Type == syscall.DT_LNK || dir && next == tree.Over || writable(n)) {
			return true
		}
		what := "remove "
		switch {
		case dir && next == tree.Into:
			what = "descend into directory "
		case dir:
			what = "remove directory "
		}
		return c.Confirm(what + "'" + n.Path() + "'")
	}
}

func writable(n *tree.Node) bool { return unix.Faccessat(n.Dir, n.Name, unix.W_OK, 0) == nil }

func removed(c *applet.Call, n *tree.Node) {
	what := "removed '"
	if n.Type == syscall.DT_DIR {
		what = "removed directory: '"
	}
	c.Out.Print(what, n.Path(), "'\n")
}

// Rmdir is rmdir.
var Rmdir = applet.Applet{
	Names: "rmdir",
	Usage: "[-pv] DIRECTORY...",
	About: "Remove each DIRECTORY, if it is empty",
	Options: `
-p, --parents	also the folders above
-v, --verbose	tell what is removed
--ignore-fail-on-non-empty	don't mind folders that aren't empty
`,
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Run:     runRmdir,
}

func runRmdir(c *applet.Call) int {
	status := 0
	for _, path := range c.Args {
		for path != "" {
			if c.Has("v") {
				c.Out.Print("rmdir: removing directory, '", path, "'\n")
			}
			if err := syscall.Rmdir(path); err != nil {
				if err != syscall.ENOTEMPTY || !c.Has("ignore-fail-on-non-empty") {
					status = c.Warn("'"+path+"'", err)
				}
				break
			}
			if !c.Has("p") {
				break
			}
			path = above(path)
		}
	}
	return status
}

// above is the folder above, "" for the current one.
func above(path string) string {
	path = strings.TrimRight(path, "/")
	path = path[:strings.LastIndexByte(path, '/')+1]
	if slashes := strings.TrimRight(path, "/"); slashes != "" {
		return slashes
	}
	return path // "/" or ""
}

// Unlink is unlink.
var Unlink = applet.Applet{
	Names:   "unlink",
	Usage:   "FILE",
	About:   "Remove FILE by unlink(2)",
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Dir:     "/usr/bin",
	Run:     runUnlink,
}

func runUnlink(c *applet.Call) int {
	if err := syscall.Unlink(c.Args[0]); err != nil {
		return c.Warn("can't remove file '"+c.Args[0]+"'", err)
	}
	return 0
}
