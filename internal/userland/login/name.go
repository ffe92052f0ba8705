package login

import (
	"bytes"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"golang.org/x/sys/unix"
)

// name asks for the user's name. A break, which is a zero byte, goes on to the next
// speed.
func (g *getty) name() (name string, ok bool) {
	for speed := 0; ; {
		time.Sleep(100 * time.Millisecond)
		unix.IoctlSetInt(0, unix.TCFLSH, unix.TCIFLUSH)
		for name == "" {
			if !g.c.Has("i") {
				g.write(g.welcome())
			}
			prompt(g.c)
			var again bool
			if name, again, ok = g.line(); !ok || again {
				break
			}
		}
		if !ok || name != "" {
			return name, ok
		}
		speed = (speed + 1) % len(g.speeds)
		g.speed(g.speeds[speed])
		g.set()
	}
}

// line reads a line that is echoed and edited here. again says that a break ended it.
func (g *getty) line() (name string, again, ok bool) {
	const most = 127
	var line []byte
	for {
		b, ok := g.read()
		if !ok {
			return "", false, false
		}
		switch {
		case b == '\r' || b == '\n':
			g.end = b
			return string(line), false, true
		case b == 'H'&31 || b == 0x7f:
			g.modes.Cc[unix.VERASE] = b
			if len(line) > 0 {
				line = line[:len(line)-1]
				g.write("\b \b")
			}
		case b == 'U'&31:
			for range line {
				g.write("\b \b")
			}
			line = line[:0]
		case b == 'C'&31 || b == 'D'&31:
			return "", false, false
		case b == 0 && len(g.speeds) > 1:
			return "", true, true
		case b >= ' ' && len(line) < most:
			g.write(string([]byte{b}))
			line = append(line, b)
		}
	}
}

// welcome is the issue file with its sequences filled in.
func (g *getty) welcome() string {
	text, _ := applet.ReadFile(g.issue)
	var name unix.Utsname
	unix.Uname(&name)
	now := time.Now().In(dates.Local(g.c))
	out := []byte("\r\n")
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' && c != '%' || i+1 == len(text) {
			if out = append(out, c); c == '\n' {
				out = append(out, '\r')
			}
			continue
		}
		i++
		switch text[i] {
		case 'S', 's':
			out = append(out, field(name.Sysname[:])...)
		case 'n', 'h':
			out = append(out, field(name.Nodename[:])...)
		case 'r':
			out = append(out, field(name.Release[:])...)
		case 'v':
			out = append(out, field(name.Version[:])...)
		case 'm':
			out = append(out, field(name.Machine[:])...)
		case 'D', 'o', 'O':
			out = append(out, field(name.Domainname[:])...)
		case 'd':
			out = dates.Append(out, "%A, %d %B %Y", now)
		case 't':
			out = dates.Append(out, "%H:%M:%S", now)
		case 'l':
			out = append(out, g.tty...)
		default:
			out = append(out, text[i])
		}
	}
	return string(out)
}

func field(p []byte) []byte {
	p, _, _ = bytes.Cut(p, []byte{0})
	return p
}
