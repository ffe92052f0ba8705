// Package telnet is the applet telnet, a client.
package telnet

import (
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"
	"bantam/internal/userland/applet/term"
)

// Applet is telnet.
var Applet = applet.Applet{
	Names: "telnet",
	Usage: "[-a] [-l USER] HOST [PORT]",
	About: "Connect to telnet server.",
	Options: `
-a	Automatic login with $USER variable
-l USER	Automatic login as USER
`,
	AtLeast: 1,
	AtMost:  2,
	Dir:     "/usr/bin",
	Run:     run,
}

const escape = 0x1d // ^]

// telnet is one use of the applet.
type telnet struct {
	*applet.Call
	session
	conn    socket.Conn
	signals int
	old     *term.Modes // the terminal's, nil without one
}

func run(c *applet.Call) int {
	port := 23
	if len(c.Args) > 1 {
		n, ok := socket.Port(c.Args[1], "tcp")
		if !ok {
			return c.Complain("bad port '" + c.Args[1] + "'")
		}
		port = n
	}
	host := c.Args[0]
	ip, ok := dns.Host(c, host, 0)
	if !ok {
		return 1
	}
	fd, err := socket.Dial(socket.Addr{IP: ip, Port: port}, syscall.SOCK_STREAM, socket.Forever)
	if err != nil {
		what := "can't connect to remote host"
		if ip.Is4() {
			what += " (" + ip.String() + ")"
		}
		return c.Warn(what, err)
	}
	defer syscall.Close(fd)
	c.Out.Print("Connected to ", host, "\n")
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	x := &telnet{Call: c, conn: socket.Conn{Fd: fd, Limit: socket.Forever}}
	x.terminal, x.hasTerminal = c.LookupEnv("TERM")
	x.columns, x.lines = term.Size(c, c.In.Fd())
	x.user, x.hasUser = c.Given("l")
	if !x.hasUser && c.Has("a") {
		x.user, x.hasUser = c.LookupEnv("USER")
	}
	x.old, _ = term.Get(c.In.Fd())
	if x.signals, err = signals.Pipe(syscall.SIGINT); err != nil {
		return c.Warn("pipe", err)
	}
	status := x.loop()
	x.cooked()
	return status
}

func (x *telnet) raw() {
	if x.old != nil {
		modes := *x.old
		modes.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		modes.Oflag &^= unix.OPOST
		modes.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		modes.Cflag = modes.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		term.Set(x.In.Fd(), &modes)
	}
}

func (x *telnet) cooked() {
	if x.old != nil {
		term.Set(x.In.Fd(), x.old)
	}
}

// loop copies both ways until one end is at its end.
func (x *telnet) loop() int {
	in, net := make([]byte, 4096), make([]byte, 16<<10)
	for {
		x.Out.Flush()
		fds := []unix.PollFd{
			{Fd: int32(x.In.Fd()), Events: unix.POLLIN}, {Fd: int32(x.conn.Fd), Events: unix.POLLIN},
			{Fd: int32(x.signals), Events: unix.POLLIN},
		}
		if _, err := socket.Poll(fds, socket.Forever); err != nil {
			return x.Warn("poll", err)
		}
		if fds[2].Revents != 0 {
			applet.ReadFd(x.signals, in[:16])
			if end, status := x.menu(true); end {
				return status
			}
			continue
		}
		if fds[0].Revents != 0 {
			n, _ := applet.ReadFd(x.In.Fd(), in)
			if n <= 0 {
				return 0
			}
			if end, status := x.typed(in[:n]); end {
				return status
			}
		}
		if fds[1].Revents != 0 {
			n, _ := applet.ReadFd(x.conn.Fd, net)
			if n <= 0 {
				x.Out.Print("Connection closed by foreign host\r\n")
				return 1
			}
			x.came(net[:n])
		}
	}
}

// typed sends what was typed. The escape character throws away what is after it.
func (x *telnet) typed(p []byte) (end bool, status int) {
	out := make([]byte, 0, 2*len(p))
	for _, b := range p {
		switch b {
		case escape:
			x.conn.Write(out)
			return x.menu(false)
		case iac:
			out = append(out, iac, iac)
		case '\r', '\n':
			// CR LF for Enter: RFC 1123 3.3.1.
			out = append(out, '\r', '\n')
		default:
			out = append(out, b)
		}
	}
	x.conn.Write(out)
	return false, 0
}

// came shows what came, and answers the commands in it.
func (x *telnet) came(p []byte) {
	before := x.mode
	text := x.receive(p)
	if len(x.reply) > 0 {
		x.conn.Write(x.reply)
		x.reply = nil
	}
	x.enter(before)
	x.Out.Write(text)
}

// enter tells of a new mode and sets the terminal for it.
func (x *telnet) enter(before mode) {
	switch {
	case x.mode == before:
		return
	case x.mode == characters:
		x.Out.Print("\r\nEntering character mode\r\nEscape character is '^]'.\r\n")
		x.raw()
	case x.mode == lines:
		x.Out.Print("\r\nEntering line mode\r\nEscape character is '^C'.\r\n")
		x.cooked()
	}
	x.Out.Print("\r\n")
}

// menu asks what to do. cooked says that the terminal is in line mode.
func (x *telnet) menu(cooked bool) (end bool, status int) {
	if cooked {
		x.raw()
	}
	x.Out.Print("\r\nConsole escape. Commands are:\r\n\n l\tgo to line mode\r\n c\tgo to character mode\r\n" +
		" z\tsuspend telnet\r\n e\texit telnet\r\n")
	x.Out.Flush()
	var b [1]byte
	if n, _ := applet.ReadFd(x.In.Fd(), b[:]); n <= 0 {
		return true, 1
	}
	before := x.mode
	switch b[0] {
	case 'l':
		if !cooked {
			x.want(false)
			x.switchTo(before)
			return false, 0
		}
	case 'c':
		if cooked {
			x.want(true)
			x.switchTo(before)
			return false, 0
		}
	case 'z':
		x.cooked()
		syscall.Kill(0, syscall.SIGTSTP)
		x.raw()
	case 'e':
		return true, 0
	}
	x.Out.Print("continuing...\r\n")
	if cooked {
		x.cooked()
	}
	return false, 0
}

// switchTo sends what a change of the mode says.
func (x *telnet) switchTo(before mode) {
	x.conn.Write(x.reply)
	x.reply = nil
	x.enter(before)
}
