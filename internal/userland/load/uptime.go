package load

import (
	"strconv"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/utmp"
)

// Uptime is uptime.
var Uptime = applet.Applet{
	Names: "uptime",
	Usage: "[-s]",
	About: "Show how long the machine is up, how many users there are and the load.",
	Options: `
-s	when it started
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   uptime,
}

func uptime(c *applet.Call) int {
	var info syscall.Sysinfo_t
	syscall.Sysinfo(&info)
	now := time.Now().In(dates.Local(c))
	if c.Has("s") {
		c.Out.Print(now.Add(-time.Duration(info.Uptime)*time.Second).Format("2006-01-02 15:04:05"), "\n")
		return 0
	}
	c.Out.Print(now.Format(" 15:04:05 up "))
	minutes := int64(info.Uptime) / 60
	hours, days := minutes/60%24, minutes/60/24
	if days > 0 {
		c.Out.Print(strconv.FormatInt(days, 10), " day", plural(days), ", ")
	}
	if hours > 0 {
		c.Out.Print(pad.Int(hours, 2), ":", pad.Zero(minutes%60, 2))
	} else {
		c.Out.Print(strconv.FormatInt(minutes%60, 10), " min")
	}
	users := 0
	utmp.Each(utmp.Path, func(e *utmp.Entry) {
		if e.Type == utmp.UserProcess && e.User != "" {
			users++
		}
	})
	c.Out.Print(",  ", strconv.Itoa(users), " users,  load average: ")
	for i, load := range info.Loads {
		if i > 0 {
			c.Out.Print(", ")
		}
		// Fixed-point numbers with 16 binary digits behind the point.
		c.Out.Print(pad.Fixed(uint64(load>>16)*100+uint64(load&0xffff)*100>>16, 2))
	}
	c.Out.Print("\n")
	return 0
}

func plural(n int64) string {
	if n == 1 {
		return ""
	}
	return "s"
}
