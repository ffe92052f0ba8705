// Package which is the applet which.
package which

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is which.
var Applet = applet.Applet{
	Names: "which",
	Usage: "[-a] COMMAND...",
	About: "Print which file runs as COMMAND.",
	Options: `
-a, --all	all of PATH, not only the first
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Quick:   true,
	Min:     true,
	Run:     run,
}

func run(c *applet.Call) int {
	path, set := c.LookupEnv("PATH")
	if !set {
		path = "/sbin:/usr/sbin:/bin:/usr/bin"
	}
	status := 0
	for _, name := range c.Args {
		found := false
		if strings.IndexByte(name, '/') >= 0 {
			if _, err := applet.LookPath(applet.Base(name), folder(name)); err == nil {
				c.Out.Print(name, "\n")
				found = true
			}
		} else {
			found = search(c, name, path)
		}
		if !found {
			status = 1
		}
	}
	return status
}

// folder is what stands before the last slash.
func folder(name string) string {
	return name[:strings.LastIndexByte(name, '/')+1]
}

// search prints the files of that name on the path.
func search(c *applet.Call, name, path string) (found bool) {
	for _, dir := range strings.Split(path, ":") {
		file, err := applet.LookPath(name, dir)
		if err != nil {
			continue
		}
		c.Out.Print(file, "\n")
		if found = true; !c.Has("a") {
			break
		}
	}
	return found
}
