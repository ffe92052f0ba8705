package cp

import (
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/transfer"
	"bantam/internal/userland/applet/tree"
	"bantam/internal/userland/applet/users"
)

// Install is install.
var Install = applet.Applet{
	Names: "install",
	Usage: "[-cdDspv] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST",
	About: "Copy files and set their attributes",
	Options: `
-c	just copy (default)
-b	ignored: no backups are made
-d, --directory	make directories
-D	make the directories above DEST
-s, --strip	take the symbols out, by the command strip
-p, --preserve-timestamps	keep the times
-o, --owner USER	set the owner
-g, --group GRP	set the group
-m, --mode MODE	set the mode (default 755)
-t, --target-directory DIR	install into DIR
-v, --verbose	tell what is done
`,
	Dir: "/usr/bin",
	Run: runInstall,
}

// attributes is what install gives every file.
type attributes struct {
	uid, gid int
	mode     uint32
}

func runInstall(c *applet.Call) int {
	if c.Has("d") && (c.Has("t") || c.Has("s")) {
		return c.UsageError("")
	}
	a, ok := readAttributes(c)
	if !ok {
		return 1
	}
	var made func(string)
	if c.Has("v") {
		made = func(path string) { c.Out.Print("created directory: '", path, "'\n") }
	}
	if c.Has("d") {
		return installFolders(c, a, made)
	}
	last, isDir := c.Given("t")
	sources := c.Args
	if !isDir && len(sources) > 0 {
		last, sources = sources[len(sources)-1], sources[:len(sources)-1]
		var st syscall.Stat_t
		isDir = syscall.Stat(last, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR
	}
	if len(sources) == 0 {
		return c.UsageError("")
	}
	if c.Has("D") {
		folder := last
		if !c.Has("t") {
			folder = parent(last)
		}
		folders(c, folder, made)
	}
	k := transfer.Copier{Call: c, Follow: tree.Always, Force: true, Remove: true, Preserve: c.Has("p"), Verbose: c.Has("v")}
	status := 0
	for _, source := range sources {
		dest := last
		if isDir {
			dest = applet.Join(last, applet.Base(source))
		}
		status |= installFile(c, &k, source, dest, a)
	}
	return status
}

func readAttributes(c *applet.Call) (a attributes, ok bool) {
	a = attributes{-1, -1, 0o755}
	if text, given := c.Given("m"); given {
		if a.mode, ok = modes.Parse(text, 0o755, modes.Umask); !ok {
			c.Complain("invalid mode '" + text + "'")
			return a, false
		}
	}
	if name, given := c.Given("o"); given {
		id, ok := users.UID(name)
		if a.uid = int(id); !ok {
			c.Complain("unknown user " + name)
			return a, false
		}
	}
	if name, given := c.Given("g"); given {
		id, ok := users.GID(name)
		if a.gid = int(id); !ok {
			c.Complain("unknown group " + name)
			return a, false
		}
	}
	return a, true
}

func installFolders(c *applet.Call, a attributes, made func(string)) int {
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	status := 0
	for _, path := range c.Args {
		if !folders(c, path, made) {
			status = 1
			continue
		}
		status |= a.set(c, path)
	}
	return status
}

func installFile(c *applet.Call, k *transfer.Copier, source, dest string, a attributes) int {
	if !k.Copy(source, dest) {
		return 1
	}
	status := 0
	if c.Has("s") && c.Command([]string{"strip", "-p", dest}) != 0 {
		status = c.Complain("strip failed on '" + dest + "'")
	}
	return status | a.set(c, dest)
}

// set sets owner and mode, in this order: a change of the owner takes the set-id bits.
func (a attributes) set(c *applet.Call, path string) int {
	status := 0
	if a.uid >= 0 || a.gid >= 0 {
		if err := syscall.Lchown(path, a.uid, a.gid); err != nil {
			status = c.Warn("can't change ownership of "+path, err)
		}
	}
	if err := syscall.Chmod(path, a.mode); err != nil {
		status = c.Warn("can't change permissions of "+path, err)
	}
	return status
}
