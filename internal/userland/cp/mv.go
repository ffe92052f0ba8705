package cp

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/transfer"
	"bantam/internal/userland/applet/tree"
)

// Mv is mv.
var Mv = applet.Applet{
	Names: "mv",
	Usage: "[-finTv] SOURCE DEST\n[-finv] SOURCE... { -t DIRECTORY | DIRECTORY }",
	About: "Rename SOURCE to DEST, or move SOURCEs to DIRECTORY",
	Options: `
-f, --force	don't ask before overwriting
-i, --interactive	ask before overwriting
-n, --no-clobber	don't overwrite
-T, --no-target-directory	take DEST for a file
-t, --target-directory DIR	move all SOURCEs into DIR
-v, --verbose	tell what is moved
`,
	AtLeast: 1,
	Min:     true,
	Run:     runMv,
}

func runMv(c *applet.Call) int {
	sources, dir, status := targets(c, func(source, dest string) (bool, int) {
		var st, from syscall.Stat_t
		switch err := syscall.Stat(dest, &st); {
		case err == syscall.ENOENT:
			return true, 0
		case err != nil:
			return false, c.Warn("can't stat '"+dest+"'", err)
		case st.Mode&syscall.S_IFMT != syscall.S_IFDIR:
			return true, 0
		case c.Has("T"):
			if syscall.Stat(source, &from) == nil && from.Mode&syscall.S_IFMT != syscall.S_IFDIR {
				return false, c.Complain("'" + dest + "' is a directory")
			}
			return true, 0
		}
		return false, 0
	})
	if status != 0 {
		return status
	}
	if dir == "" {
		return move(c, sources[0], sources[1])
	}
	for _, source := range sources {
		status |= move(c, source, applet.Join(dir, applet.Base(source)))
	}
	return status
}

// move moves one file.
func move(c *applet.Call, source, dest string) int {
	status := 0
	if mayReplace(c, dest) {
		err := syscall.Rename(source, dest)
		if err == syscall.EXDEV {
			status = across(c, source, dest)
		} else if err != nil {
			status = c.Warn("can't rename '"+source+"'", err)
		}
	}
	if c.Has("v") {
		c.Out.Print("'", source, "' -> '", dest, "'\n")
	}
	return status
}

// mayReplace says whether dest isn't there or may be overwritten.
func mayReplace(c *applet.Call, dest string) bool {
	last := c.Last("f", "i", "n")
	if last == "f" || !applet.Exists(dest) {
		return true
	}
	if last == "n" {
		return false
	}
	const write = 2
	if last == "i" || syscall.Access(dest, write) != nil && applet.IsTerminal(0) {
		return c.Confirm("overwrite '" + dest + "'")
	}
	return true
}

// across moves a file to another file system.
func across(c *applet.Call, source, dest string) int {
	var from, to syscall.Stat_t
	if err := syscall.Lstat(source, &from); err != nil {
		return c.Warn("can't rename '"+source+"'", err)
	}
	if syscall.Lstat(dest, &to) == nil {
		fromDir, toDir := from.Mode&syscall.S_IFMT == syscall.S_IFDIR, to.Mode&syscall.S_IFMT == syscall.S_IFDIR
		switch {
		case toDir && !fromDir:
			return c.Complain("can't overwrite directory with non-directory")
		case fromDir && !toDir:
			return c.Complain("can't overwrite non-directory with directory")
		}
		remove := syscall.Unlink
		if toDir {
			remove = syscall.Rmdir
		}
		if err := remove(dest); err != nil {
			return c.Warn("can't remove '"+dest+"'", err)
		}
	}
	k := transfer.Copier{Call: c, Recurse: true, Preserve: true}
	if !k.Copy(source, dest) {
		return 1
	}
	r := tree.Removal{Failed: func(path string, err error) { c.Warn("can't remove '"+path+"'", err) }}
	return state(r.Remove(source))
}
