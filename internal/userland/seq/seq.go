// Package seq is the applet seq.
package seq

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is seq. Its arguments may begin with "-", so it reads them itself.
var Applet = applet.Applet{
	Names: "seq",
	Usage: "[-w] [-s SEP] [FIRST [INC]] LAST",
	About: "Print the numbers from FIRST to LAST in steps of INC, which are 1 if not given.",
	Options: `
-w	pad with zeros to equal widths
-s SEP	print SEP between the numbers
`,
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Quick: true,
	Min:   true,
	Run:   run,
}

// layout is how the numbers are printed.
type layout struct {
	separator string
	width     int // with zeros
	fraction  int // digits behind the point
}

func run(c *applet.Call) int {
	args := c.Args
	l, pad := layout{separator: "\n"}, false
	for len(args) > 0 && isOption(args[0]) {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		value := ""
		letters, after, found := strings.Cut(arg[1:], "s")
		if strings.Trim(letters, "w") != "" {
			return c.UsageError("invalid option -- '" + strings.TrimLeft(letters, "w")[:1] + "'")
		}
		pad = pad || letters != ""
		if !found {
			continue
		}
		if value = after; value == "" {
			if len(args) == 0 {
				return c.UsageError("option requires an argument -- 's'")
			}
			value, args = args[0], args[1:]
		}
		l.separator = value
	}
	if len(args) < 1 || len(args) > 3 {
		return c.UsageError("")
	}
	l.measure(args, pad)
	if printed, ok := l.integers(c, args); ok {
		l.end(c, printed)
		return 0
	}
	return l.floats(c, args)
}

// isOption tells an option from a negative number.
func isOption(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && arg[1] != '.' && (arg[1] < '0' || arg[1] > '9')
}

// measure takes widths from the arguments as GNU's seq does: the digits behind the
// point of all but LAST, and the widest whole part.
func (l *layout) measure(args []string, pad bool) {
	for i, arg := range args {
		whole, fraction, _ := strings.Cut(arg, ".")
		l.width = max(l.width, len(whole))
		if i < len(args)-1 {
			l.fraction = max(l.fraction, len(fraction))
		}
	}
	if l.fraction > 0 {
		l.width += l.fraction + 1
	}
	if !pad {
		l.width = 0
	}
}

func (l *layout) end(c *applet.Call, printed bool) {
	if printed {
		c.Out.Print("\n")
	}
}

// integers prints whole numbers, exactly. ok is false if the arguments aren't that.
func (l *layout) integers(c *applet.Call, args []string) (printed, ok bool) {
	var n [3]int64
	for i, arg := range args {
		v, err := strconv.ParseInt(arg, 10, 62)
		if err != nil {
			return false, false
		}
		n[i] = v
	}
	first, step, last := int64(1), int64(1), n[len(args)-1]
	if len(args) > 1 {
		first = n[0]
	}
	if len(args) > 2 {
		step = n[1]
	}
	var digits [64]byte
	for v := first; step >= 0 && v <= last || step < 0 && v >= last; v += step {
		if printed {
			c.Out.WriteString(l.separator)
		}
		printed = true
		l.print(c, strconv.AppendInt(digits[:0], v, 10))
		if c.Out.Err() != nil {
			break
		}
	}
	return printed, true
}

func (l *layout) floats(c *applet.Call, args []string) int {
	var n [3]float64
	for i, arg := range args {
		v, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			return c.UsageError("")
		}
		n[i] = v
	}
	first, step, last := 1.0, 1.0, n[len(args)-1]
	if len(args) > 1 {
		first = n[0]
	}
	if len(args) > 2 {
		step = n[1]
	}
	var digits [512]byte
	count := 0
	for v := first; step >= 0 && v <= last || step < 0 && v >= last; {
		if count > 0 {
			c.Out.WriteString(l.separator)
		}
		l.print(c, strconv.AppendFloat(digits[:0], v, 'f', l.fraction, 64))
		if c.Out.Err() != nil {
			break
		}
		count++
		// Adding step each time would add up its error.
		v = first + float64(count)*step
	}
	l.end(c, count > 0)
	return 0
}

// print writes one number.
func (l *layout) print(c *applet.Call, text []byte) {
	if pad := l.width - len(text); pad > 0 {
		if text[0] == '-' {
			c.Out.WriteByte('-')
			text = text[1:]
		}
		for ; pad > 0; pad-- {
			c.Out.WriteByte('0')
		}
	}
	c.Out.Write(text)
}
