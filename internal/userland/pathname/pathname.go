// Package pathname is the applets that take names apart: basename, dirname, pathchk.
package pathname

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Basename is basename.
var Basename = applet.Applet{
	Names: "basename",
	Usage: "FILE [SUFFIX]\n-a FILE...\n-s SUFFIX FILE...",
	About: "Print FILE without its folders, and without SUFFIX at its end.",
	Options: `
-a, --multiple	all arguments are FILEs
-s, --suffix SUFFIX	take off SUFFIX (implies -a)
-z, --zero	end names with a zero byte
`,
	AtLeast: 1,
	Form:    applet.Leading,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     basename,
}

func basename(c *applet.Call) int {
	suffix, files := c.Value("s"), c.Args
	if !c.Has("a") && !c.Has("s") {
		if len(files) > 2 {
			return c.UsageError("")
		}
		if len(files) == 2 {
			suffix = files[1]
		}
		files = files[:1]
	}
	for _, file := range files {
		name := applet.Base(file)
		if name != suffix {
			name = strings.TrimSuffix(name, suffix)
		}
		c.Out.Print(name, end(c))
	}
	return 0
}

// end is what a name ends with.
func end(c *applet.Call) string {
	if c.Has("z") {
		return "\x00"
	}
	return "\n"
}

// Dirname is dirname.
var Dirname = applet.Applet{
	Names: "dirname",
	Usage: "[-z] FILE...",
	About: "Print FILE without its last element.",
	Options: `
-z, --zero	end names with a zero byte
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     dirname,
}

func dirname(c *applet.Call) int {
	for _, file := range c.Args {
		c.Out.Print(Dir(file), end(c))
	}
	return 0
}

// Dir is a path's folder: "." for a bare name.
func Dir(path string) string {
	path = trimSlashes(path)
	i := strings.LastIndexByte(path, '/')
	switch {
	case path == "/":
		return path
	case i < 0:
		return "."
	}
	return trimSlashes(path[:i+1])
}

func trimSlashes(path string) string {
	for len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}
