package login

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/accounts"
	"bantam/internal/userland/applet/escape"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/syslog"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/utmp"
	"golang.org/x/sys/unix"
)

// Getty is getty.
var Getty = applet.Applet{
	Names: "getty",
	Usage: "[OPTIONS] BAUD_RATE[,BAUD_RATE]... TTY [TERMTYPE]",
	About: "Open TTY, ask for a user's name and run /bin/login",
	Options: `
-h	flow control by the lines RTS and CTS
-L	ignore the line that says that there is a carrier
-m	take the baud rate from the modem's message
-n	don't ask for a name
-w	wait for CR or LF before /etc/issue
-i	don't show /etc/issue
-f ISSUE_FILE	show ISSUE_FILE in place of /etc/issue
-l LOGIN	run LOGIN in place of /bin/login
-t SEC	end after so long without a name
-I INITSTR	send INITSTR first
-H HOST	the host to write to utmp
`,
	Notes:   "A BAUD_RATE of 0 leaves it as it is.",
	AtLeast: 2,
	AtMost:  3,
	Dir:     "/sbin",
	Run:     runGetty,
}

// getty is one terminal.
type getty struct {
	c       *applet.Call
	tty     string
	speeds  []uint32
	login   string
	issue   string
	seconds int
	modes   term.Modes
	end     byte // what ended the line: CR or LF
	timer   *time.Timer
}

func runGetty(c *applet.Call) int {
	g := getty{c: c, login: "/bin/login", issue: "/etc/issue", end: '\r'}
	if wrong := g.options(); wrong != "" {
		return c.Complain(wrong)
	}
	if what, err := g.open(); err != nil {
		return g.fail(what, err)
	}
	utmp.Put(&utmp.Entry{
		Type: utmp.LoginProcess, Pid: syscall.Getpid(), Line: shortTty(g.tty), User: "LOGIN", Host: c.Value("H"),
	})
	if err := g.raw(g.speeds[0]); err != nil {
		return g.fail("tcsetattr", err)
	}
	if text, given := c.Given("I"); given {
		g.write(escape.Expand(text))
	}
	if c.Has("m") {
		g.speedOfModem()
	}
	if g.seconds > 0 {
		g.timer = time.AfterFunc(time.Duration(g.seconds)*time.Second, func() {
			g.finish()
			syscall.Exit(0)
		})
	}
	if c.Has("w") {
		for b, ok := g.read(); ok && b != '\r' && b != '\n'; b, ok = g.read() {
		}
	}
	name, ok := "", true
	if !c.Has("n") {
		if name, ok = g.name(); !ok {
			g.finish()
			return 0
		}
	}
	if g.timer != nil {
		g.timer.Stop()
	}
	g.finish()
	argv := []string{g.login, "--"}
	if name != "" {
		argv = append(argv, name)
	}
	return c.Exec(argv)
}

// fail tells an error, also to the log, and waits, so that init doesn't start it anew
// too often.
func (g *getty) fail(what string, err error) int {
	text := "getty: " + shortTty(g.tty) + ": " + what + ": " + applet.Reason(err)
	g.c.Err.Print(text, "\r\n")
	g.c.Err.Flush()
	syslog.Send(syslog.Auth|syslog.Error, "getty", text)
	time.Sleep(10 * time.Second)
	return 1
}

func (g *getty) options() (wrong string) {
	c := g.c
	for _, o := range [2]struct {
		key string
		to  *string
	}{{"f", &g.issue}, {"l", &g.login}} {
		if value, given := c.Given(o.key); given {
			*o.to = value
		}
	}
	if text, given := c.Given("t"); given {
		n, err := number.Int(text, 1<<30)
		if err != nil {
			return "invalid number '" + text + "'"
		}
		g.seconds = n
	}
	// BSD has the speed first, System V the terminal.
	speeds := c.Args[0]
	g.tty = c.Args[1]
	if speeds == "" || speeds[0] < '0' || speeds[0] > '9' {
		speeds, g.tty = g.tty, speeds
	}
	for _, text := range strings.Split(speeds, ",") {
		n, err := number.Int(text, 1<<28)
		if err != nil {
			return "bad speed: " + text
		}
		g.speeds = append(g.speeds, uint32(n))
	}
	if len(g.speeds) > 10 {
		return "too many alternate speeds"
	}
	if len(c.Args) > 2 {
		c.SetEnviron(accounts.Setenv(append([]string(nil), c.Environ()...), "TERM", c.Args[2]))
	}
	return ""
}

// open makes the terminal standard input, output and error, and the controlling
// terminal of a session of its own.
func (g *getty) open() (what string, err error) {
	pid := syscall.Getpid()
	if _, err := syscall.Setsid(); err != nil {
		if sid, _ := unix.Getsid(0); sid != pid {
			return "setsid", err
		}
		// A session leader already, perhaps with another terminal: leave that.
		if fd, err := applet.OpenFile("/dev/tty", syscall.O_RDWR|syscall.O_NONBLOCK, 0); err == nil {
			signals.Ignore(syscall.SIGHUP)
			unix.IoctlSetInt(fd, unix.TIOCNOTTY, 0)
			syscall.Close(fd)
			signals.Default(syscall.SIGHUP)
		}
	}
	if g.tty == "-" {
		if g.tty = accounts.Tty(0); g.tty == "" {
			return "stdin", syscall.ENOTTY
		}
	} else if what, err := g.openPath(); err != nil {
		return what, err
	}
	syscall.SetNonblock(0, false)
	unix.Dup3(0, 1, 0)
	unix.Dup3(0, 2, 0)
	if sid, err := unix.IoctlGetInt(0, unix.TIOCGSID); err != nil || sid != pid {
		if err := steal(0); err != nil {
			return "TIOCSCTTY", err
		}
	}
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid); err != nil {
		return "tcsetpgrp", err
	}
	m, err := unix.IoctlGetTermios(0, unix.TCGETS2)
	if err != nil {
		return "tcgetattr", err
	}
	g.modes = *m
	return "", nil
}

func (g *getty) openPath() (what string, err error) {
	if g.tty[:min(len(g.tty), 1)] != "/" {
		g.tty = "/dev/" + g.tty
	}
	fd, err := applet.OpenFile(g.tty, syscall.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "can't open '" + g.tty + "'", err
	}
	if fd != 0 {
		unix.Dup3(fd, 0, 0)
		syscall.Close(fd)
	}
	unix.Fchown(0, 0, 0)
	unix.Fchmod(0, 0o620)
	return "", nil
}

// set sets the modes.
func (g *getty) set() error { return unix.IoctlSetTermios(0, unix.TCSETS2, &g.modes) }

// speed sets the speed; 0 leaves it. The usual ones have codes, which other programs
// know better than a speed written out.
func (g *getty) speed(baud uint32) {
	if baud == 0 {
		return
	}
	code, usual := term.SpeedCode(strconv.FormatUint(uint64(baud), 10))
	if !usual {
		code = unix.BOTHER
	}
	g.modes.Cflag = g.modes.Cflag&^(unix.CBAUD|unix.CBAUD<<16) | code
	g.modes.Ispeed, g.modes.Ospeed = baud, baud
}

// raw sets the modes for reading the name: eight bits, nothing done with what is typed.
func (g *getty) raw(baud uint32) error {
	unix.IoctlSetInt(0, unix.TCFLSH, unix.TCIOFLUSH)
	m := &g.modes
	m.Cflag &= unix.CSTOPB | unix.PARENB | unix.PARODD | unix.CMSPAR | unix.CBAUD | unix.CBAUD<<16
	g.speed(baud)
	m.Cflag |= unix.CS8 | unix.HUPCL | unix.CREAD
	if g.c.Has("L") {
		m.Cflag |= unix.CLOCAL
	}
	if g.c.Has("h") {
		m.Cflag |= unix.CRTSCTS
	}
	m.Iflag, m.Lflag, m.Line = 0, 0, 0
	m.Oflag = unix.OPOST | unix.ONLCR
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	return g.set()
}

// finish sets the modes that login and the shell want.
func (g *getty) finish() {
	m := &g.modes
	m.Iflag |= unix.IXON | unix.IXOFF
	if g.end == '\r' {
		m.Iflag |= unix.ICRNL
	}
	m.Lflag |= unix.ICANON | unix.ISIG | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOKE | unix.ECHOCTL
	const control = 0x40
	m.Cc[unix.VINTR] = 'C' ^ control
	m.Cc[unix.VQUIT] = '\\' ^ control
	m.Cc[unix.VEOF] = 'D' ^ control
	m.Cc[unix.VEOL] = '\n'
	m.Cc[unix.VSWTC] = 0
	m.Cc[unix.VKILL] = 'U' ^ control
	g.set()
	g.write("\n")
}

func (g *getty) write(text string) { applet.WriteFd(1, []byte(text)) }

func (g *getty) read() (byte, bool) {
	var b [1]byte
	n, err := applet.ReadFd(0, b[:])
	return b[0], n == 1 && err == nil
}

// speedOfModem takes the first number in what the modem says within a second for the
// speed: "CONNECT 9600".
func (g *getty) speedOfModem() {
	g.modes.Cc[unix.VMIN] = 0
	g.set()
	time.Sleep(time.Second)
	buf := make([]byte, 127)
	n, _ := applet.ReadFd(0, buf)
	text := string(buf[:n])
	if i := strings.IndexAny(text, "0123456789"); i >= 0 {
		digits := text[i : len(text)-len(strings.TrimLeft(text[i:], "0123456789"))]
		if baud, err := number.Int(digits, 1<<28); err == nil {
			g.speed(uint32(baud))
		}
	}
	g.modes.Cc[unix.VMIN] = 1
	g.set()
}
