// Package who is the applets about the users that are logged in.
package who

import (
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/utmp"
)

// Who is who.
var Who = applet.Applet{
	Names: "who",
	Usage: "[-aH]",
	About: "Show who is logged on.",
	Options: `
-a	all entries
-H	with a line of headers
`,
	Dir:    "/usr/bin",
	AtMost: applet.None,
	Run:    who,
}

// W is w.
var W = applet.Applet{
	Names:  "w",
	About:  "Show who is logged on.",
	Dir:    "/usr/bin",
	AtMost: applet.None,
	Run:    who,
}

// Users is users.
var Users = applet.Applet{
	Names:  "users",
	About:  "Print the names of the users that are logged on.",
	Dir:    "/usr/bin",
	AtMost: applet.None,
	Run:    names,
}

func who(c *applet.Call) int {
	if c.Name == "w" || c.Has("H") {
		c.Out.Print("USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n")
	}
	zone := dates.Local(c)
	utmp.Each(utmp.Path, func(e *utmp.Entry) {
		if e.User == "" || e.Type != utmp.UserProcess && !c.Has("a") {
			return
		}
		at := time.Unix(e.Time, 0).In(zone).Format("Jan _2 15:04:05 2006")
		c.Out.Print(pad.Right(e.User, 15), " ", pad.Right(e.Line, 15), " ", pad.Right(idle(e.Line), 7), " ", at[:16], " ", e.Host, "\n")
	})
	return 0
}

// idle is how long nothing was typed.
func idle(line string) string {
	if line == "" || line[0] != '/' {
		line = "/dev/" + line
	}
	var st syscall.Stat_t
	if syscall.Stat(line, &st) != nil {
		return "?"
	}
	minutes := (time.Now().Unix() - st.Atim.Sec) / 60
	if minutes < 0 || minutes >= 24*60 {
		return "old"
	}
	return pad.Zero(minutes/60, 2) + ":" + pad.Zero(minutes%60, 2)
}

func names(c *applet.Call) int {
	separator := ""
	utmp.Each(utmp.Path, func(e *utmp.Entry) {
		if e.User != "" && e.Type == utmp.UserProcess {
			c.Out.Print(separator, e.User)
			separator = " "
		}
	})
	c.Out.Print("\n")
	return 0
}
