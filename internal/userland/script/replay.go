package script

import (
	"math"
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
)

// Replay is scriptreplay.
var Replay = applet.Applet{
	Names:   "scriptreplay",
	Usage:   "TIMINGFILE [TYPESCRIPT [DIVISOR]]",
	About:   "Show what script -t kept again, as fast as it was, or DIVISOR times as fast.",
	Form:    applet.Plain,
	Dir:     "/usr/bin",
	AtLeast: 1,
	AtMost:  3,
	Run:     replay,
}

func replay(c *applet.Call) int {
	name, divisor := "typescript", 1.0
	if len(c.Args) > 1 {
		name = c.Args[1]
	}
	if len(c.Args) > 2 {
		var err error
		if divisor, err = strconv.ParseFloat(c.Args[2], 64); err != nil || !(divisor > 0) {
			return c.Complain("invalid number '" + c.Args[2] + "'")
		}
	}
	timing, err := applet.Open(c.Args[0])
	if err != nil {
		return c.CantOpen(c.Args[0], err)
	}
	defer timing.Close()
	in, err := applet.Open(name)
	if err != nil {
		return c.CantOpen(name, err)
	}
	defer in.Close()
	for line, ok := timing.Line(); ok; line, ok = timing.Line() {
		delay, count, ok := step(string(line))
		if !ok {
			break
		}
		time.Sleep(time.Duration(min(delay/divisor*1e9, math.MaxInt64/2)))
		if !copySome(c, in, count) {
			break
		}
	}
	return 0
}

// step reads a line of the timing file: seconds and the number of bytes.
func step(line string) (delay float64, count int64, ok bool) {
	first, second, _ := strings.Cut(strings.TrimSpace(line), " ")
	delay, err := strconv.ParseFloat(first, 64)
	count, err2 := strconv.ParseInt(second, 10, 64)
	return delay, count, err == nil && err2 == nil && delay >= 0 && count >= 0
}

func copySome(c *applet.Call, in *applet.In, count int64) bool {
	for count > 0 {
		if len(in.Buffered()) == 0 && in.Fill() != nil {
			return false
		}
		p := in.Buffered()
		p = p[:min(int64(len(p)), count)]
		c.Out.Write(p)
		in.Discard(len(p))
		count -= int64(len(p))
	}
	return c.Out.Flush() == nil
}
