// Package truth has the applets that do nothing, well.
package truth

import "bantam/internal/userland/applet"

// True succeeds.
var True = applet.Applet{
	Names: "true",
	About: "Do nothing and succeed.",
	Form:  applet.Literal,
	Quick: true,
	Min:   true,
	Run:   func(*applet.Call) int { return 0 },
}

// False fails.
var False = applet.Applet{
	Names: "false",
	About: "Do nothing and fail.",
	Form:  applet.Literal,
	Quick: true,
	Min:   true,
	Run:   func(*applet.Call) int { return 1 },
}
