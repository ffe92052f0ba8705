// Package watch is the applet watch.
package watch

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/term"
)

// Applet is watch.
var Applet = applet.Applet{
	Names: "watch",
	Usage: "[-n SEC] [-t] PROG ARGS",
	About: "Run PROG again and again.",
	Options: `
-n SEC	every SEC seconds (2)
-t	without a header
-d	ignored
`,
	Form:    applet.Leading,
	AtLeast: 1,
	Run:     run,
}

func run(c *applet.Call) int {
	period := 2 * time.Second
	if word, given := c.Given("n"); given {
		var wrong string
		if period, wrong = number.Duration(word); wrong != "" {
			return c.Complain(wrong)
		}
	}
	// procps puts the words together, too: the shell splits them again.
	command := strings.Join(c.Args, " ")
	for {
		c.Out.Print("\x1b[H\x1b[J")
		if !c.Has("t") {
			width, _ := term.Size(c, 2)
			c.Out.Print(header(c, command, period, width), "\n\n")
		}
		if err := c.Out.Flush(); err != nil {
			return 1
		}
		c.Command([]string{"sh", "-c", command})
		time.Sleep(period)
	}
}

// header is the period, the command and at the right the time.
func header(c *applet.Call, command string, period time.Duration, width int) string {
	left := "Every " + strconv.FormatFloat(period.Seconds(), 'f', 1, 64) + "s: " + command
	now := time.Now().In(dates.Local(c)).Format("2006-01-02 15:04:05")
	room := width - len(now) - 1
	if room <= 0 {
		return pad.Cut(left, width)
	}
	return pad.Right(pad.Cut(left, room), room) + now
}
