// Package ln is the applets ln, link, readlink and realpath.
package ln

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/paths"
)

// Ln is ln.
var Ln = applet.Applet{
	Names: "ln",
	Usage: "[-sfnbtv] [-S SUF] TARGET... LINK|DIR",
	About: "Make a link LINK or DIR/TARGET to each TARGET",
	Options: `
-s	make symbolic links
-f	remove what is in the way
-n	take LINK for a file if it is a link to a folder
-b	keep what is in the way as a backup
-S SUF	the ending of backups (default ~)
-T	take LINK for a file, not a folder
-v	tell what is linked
`,
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Run:     runLn,
}

func runLn(c *applet.Call) int {
	n := len(c.Args)
	if c.Has("T") && n > 2 {
		return c.Complain("-T accepts 2 args max")
	}
	targets, last := c.Args[:n-1], c.Args[n-1]
	if n == 1 {
		targets, last = c.Args, applet.Base(last)
	}
	status := 0
	for _, target := range targets {
		link := last
		if isFolder(last, !c.Has("n") && !c.Has("T")) {
			if c.Has("T") {
				return c.Complain("'" + last + "' is a directory")
			}
			link = applet.Join(last, applet.Base(target))
		}
		if !one(c, target, link) {
			status = 1
		}
	}
	return status
}

func isFolder(path string, follow bool) bool {
	var st syscall.Stat_t
	look := syscall.Lstat
	if follow {
		look = syscall.Stat
	}
	return look(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
}

// one makes one link.
func one(c *applet.Call, target, link string) bool {
	var st syscall.Stat_t
	// A hard link to a symbolic one is fine, even if that leads nowhere.
	if !c.Has("s") {
		if err := syscall.Lstat(target, &st); err != nil {
			c.Warn(target, err)
			return false
		}
	}
	if c.Has("b") {
		suffix := "~"
		if s, given := c.Given("S"); given {
			suffix = s
		}
		if err := syscall.Rename(link, link+suffix); err != nil && err != syscall.ENOENT {
			c.Warn(link, err)
			return false
		}
	}
	if c.Has("b") || c.Has("f") {
		// After a backup, too: rename leaves two names of the same file alone.
		syscall.Unlink(link)
	}
	if c.Has("v") {
		c.Out.Print("'", link, "' -> '", target, "'\n")
	}
	do := syscall.Link
	if c.Has("s") {
		do = syscall.Symlink
	}
	if err := do(target, link); err != nil {
		c.Warn(link, err)
		return false
	}
	return true
}

// Link is link.
var Link = applet.Applet{
	Names:   "link",
	Usage:   "FILE LINK",
	About:   "Make a hard LINK to FILE by link(2)",
	AtLeast: 2,
	AtMost:  2,
	Quick:   true,
	Run:     runLink,
}

func runLink(c *applet.Call) int {
	if err := syscall.Link(c.Args[0], c.Args[1]); err != nil {
		return c.Warn("can't create hardlink '"+c.Args[1]+"' to '"+c.Args[0]+"'", err)
	}
	return 0
}

// Readlink is readlink.
var Readlink = applet.Applet{
	Names: "readlink",
	Usage: "[-fnv] FILE",
	About: "Print what a symbolic link leads to",
	Options: `
-f	print the whole path, without any links
-n	no newline at the end
-v	tell errors
-s, -q	ignored: errors aren't told anyway
`,
	AtLeast: 1,
	AtMost:  1,
	Quick:   true,
	Min:     true,
	Dir:     "/usr/bin",
	Run:     runReadlink,
}

func runReadlink(c *applet.Call) int {
	read := applet.Readlink
	if c.Has("f") {
		read = paths.Real
	}
	path, err := read(c.Args[0])
	if err != nil {
		switch {
		case !c.Has("v"):
		case err == syscall.EINVAL:
			c.Complain(c.Args[0] + ": cannot read link: not a symlink")
		default:
			c.Warn(c.Args[0]+": cannot read link", err)
		}
		return 1
	}
	c.Out.Print(path)
	if !c.Has("n") {
		c.Out.Print("\n")
	}
	return 0
}

// Realpath is realpath.
var Realpath = applet.Applet{
	Names:   "realpath",
	Usage:   "FILE...",
	About:   "Print the absolute path of each FILE, without links",
	AtLeast: 1,
	Quick:   true,
	Min:     true,
	Dir:     "/usr/bin",
	Run:     runRealpath,
}

func runRealpath(c *applet.Call) int {
	status := 0
	for _, name := range c.Args {
		path, err := paths.Real(name)
		if err != nil {
			status = c.Warn(name, err)
			continue
		}
		c.Out.Print(path, "\n")
	}
	return status
}
