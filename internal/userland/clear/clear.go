// Package clear is the applet clear.
package clear

import "bantam/internal/userland/applet"

// Applet is clear.
var Applet = applet.Applet{
	Names:  "clear",
	About:  "Clear the screen.",
	AtMost: applet.None,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    run,
}

func run(c *applet.Call) int {
	c.Out.Print("\x1b[H\x1b[J")
	return 0
}
