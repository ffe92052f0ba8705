// Package cp is the applets cp, mv and install.
package cp

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/transfer"
	"bantam/internal/userland/applet/tree"
)

// Cp is cp.
var Cp = applet.Applet{
	Names: "cp",
	Usage: "[-arPLHpfinlsTu] SOURCE DEST\n[-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }",
	About: "Copy SOURCEs to DEST",
	Options: `
-a, --archive	the same as -dpR
-R, -r, --recursive	copy folders and what is in them
-d	the same as -P
-P, --no-dereference	copy symbolic links as links (default with -R)
-L, --dereference	follow all symbolic links
-H	follow symbolic links among the operands
-p	keep mode, owner and times
-f, --force	remove a DEST that can't be opened
-i, --interactive	ask before overwriting
-n, --no-clobber	don't overwrite
-l, --link	make hard links
-s, --symbolic-link	make symbolic links
-T, --no-target-directory	take DEST for a file
-t, --target-directory DIR	copy all SOURCEs into DIR
-u, --update	copy only newer files
-v, --verbose	tell what is copied
--remove-destination	remove an existing DEST first
--parents	use the full SOURCE path below DIRECTORY
--reflink[=WHEN]	share the data: always or auto
`,
	AtLeast: 1,
	Min:     true,
	Run:     runCp,
}

func runCp(c *applet.Call) int {
	archive := c.Has("a")
	k := transfer.Copier{
		Call:     c,
		Recurse:  archive || c.Has("R"),
		Preserve: archive || c.Has("p"),
		Force:    c.Has("f"),
		Remove:   c.Has("remove-destination"),
		Newer:    c.Has("u"),
		Hard:     c.Has("l"),
		Soft:     c.Has("s"),
		Verbose:  c.Has("v"),
	}
	switch c.Last("i", "n") {
	case "i":
		k.Ask = true
	case "n":
		k.Keep = true
	}
	switch {
	case c.Has("L"):
		k.Follow = tree.Always
	case c.Has("H"):
		k.Follow = tree.Operands
	case !k.Recurse && !c.Has("P") && !c.Has("d"):
		k.Follow = tree.Always
	}
	if when, given := c.Given("reflink"); given {
		if when == "" {
			when = "always"
		}
		if when != "always" && when != "auto" {
			return c.UsageError("")
		}
		k.Clone = when
	}
	if k.Hard && k.Soft {
		return c.UsageError("")
	}
	return each(c, c.Has("parents"), &k)
}

// each copies every operand to where it belongs.
func each(c *applet.Call, parents bool, k *transfer.Copier) int {
	sources, dir, status := targets(c, func(source, dest string) (bool, int) {
		var st, to syscall.Stat_t
		isDir, exists, failed := stat2(c, source, dest, k.Follow != tree.Never, &st, &to)
		switch {
		case failed:
			return false, 1
		case c.Has("T"):
			if !isDir && to.Mode&syscall.S_IFMT == syscall.S_IFDIR {
				return false, c.Complain("'" + dest + "' is a directory")
			}
			return true, 0
		case parents && to.Mode&syscall.S_IFMT != syscall.S_IFDIR:
			return false, c.Complain("with --parents, the destination must be a directory")
		}
		toDir := to.Mode&syscall.S_IFMT == syscall.S_IFDIR
		return !isDir && !toDir || k.Recurse && isDir && !exists, 0
	})
	if status != 0 {
		return max(status, 0)
	}
	if dir == "" {
		k.Given = true
		return state(k.Copy(sources[0], sources[1]))
	}
	for _, source := range sources {
		dest := applet.Join(dir, applet.Base(source))
		if parents {
			dest = applet.Join(dir, strings.TrimLeft(source, "/"))
			if !folders(c, parent(dest), nil) {
				return 1
			}
		}
		if !k.Copy(source, dest) {
			status = 1
		}
	}
	return status
}

func state(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// targets finds out what goes where: into dir, or if that is "" the first of the
// sources to the second. alone decides that for two operands.
func targets(c *applet.Call, alone func(source, dest string) (bool, int)) (sources []string, dir string, status int) {
	dir, given := c.Given("t")
	if given {
		if c.Has("T") {
			return nil, "", c.UsageError("")
		}
		return c.Args, dir, 0
	}
	n := len(c.Args)
	if n < 2 || n > 2 && c.Has("T") {
		return nil, "", c.UsageError("")
	}
	if n == 2 {
		if yes, status := alone(c.Args[0], c.Args[1]); yes || status != 0 {
			return c.Args, "", status
		}
	}
	return c.Args[:n-1], c.Args[n-1], 0
}

// stat2 looks at source and destination; errors other than ENOENT are told.
func stat2(c *applet.Call, source, dest string, follow bool, st, to *syscall.Stat_t) (isDir, exists, failed bool) {
	look := syscall.Lstat
	if follow {
		look = syscall.Stat
	}
	if err := look(source, st); err != nil && err != syscall.ENOENT {
		c.Warn("can't stat '"+source+"'", err)
		return false, false, true
	}
	err := syscall.Stat(dest, to)
	if err != nil && err != syscall.ENOENT {
		c.Warn("can't stat '"+dest+"'", err)
		return false, false, true
	}
	return st.Mode&syscall.S_IFMT == syscall.S_IFDIR, err == nil, false
}

// parent is the path without its last element.
func parent(path string) string {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	switch {
	case i < 0:
		return "."
	case i == 0:
		return "/"
	}
	return strings.TrimRight(path[:i], "/")
}

// folders makes a folder and those above it.
func folders(c *applet.Call, path string, made func(string)) bool {
	if failed, err := tree.MakeAll(path, made); err != nil {
		c.Warn("can't create directory '"+failed+"'", err)
		return false
	}
	return true
}
