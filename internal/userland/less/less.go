// Package less is the applets that show text a screen at a time.
package less

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/regex"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// Less is less.
var Less = applet.Applet{
	Names: "less",
	Usage: "[-EFIMmNSRh~] [FILE]...",
	About: "Show FILEs, or standard input, a screen at a time.",
	Options: `
-E	quit at the end of a file
-F	quit if the whole file fits on the first screen
-I	ignore case in searches
-M	a status line with line numbers and percentage
-m	the same
-N	the lines' numbers
-S	cut long lines
-R	leave out the escape sequences of colors
-~	no tildes after the end of the file
-s	ignored
-X	ignored
`,
	Notes: `
Keys: space b d u j k g G / ? n N m ' { } ( ) [ ] :n :p :e :x :d :f = s E - q, with numbers.
$LESS may have the options F, M, R and S.
`,
	Dir: "/usr/bin",
	Run: run,
}

// pager is one session.
type pager struct {
	c      *applet.Call
	keys   term.Reader
	cooked *term.Modes
	files  []string
	at     int // of the files
	name   string
	src    *source

	columns, rows int // rows without that of the status
	top           int64
	bottom        int64 // where the row behind the screen begins
	complete      bool  // the end is on the screen

	pattern *regex.Regexp
	match   int64 // the line of the last match
	marks   [52]int64
	marked  [52]bool
	out     strings.Builder
	done    bool
	status  int

	quitAtEnd, quitIfShort, ignoreCase, long, numbers, chop, plain, noTildes bool
}

func run(c *applet.Call) int {
	p := &pager{c: c, files: c.Args, quitAtEnd: c.Has("E"), quitIfShort: c.Has("F"), ignoreCase: c.Has("I"),
		long: c.Has("M") || c.Has("m"), numbers: c.Has("N"), chop: c.Has("S"), plain: c.Has("R"), noTildes: c.Has("~")}
	for _, letter := range c.Getenv("LESS") {
		p.quitIfShort = p.quitIfShort || letter == 'F'
		p.long = p.long || letter == 'M'
		p.plain = p.plain || letter == 'R'
		p.chop = p.chop || letter == 'S'
	}
	if !applet.IsTerminal(1) {
		return cat(c)
	}
	if len(p.files) == 0 && applet.IsTerminal(0) {
		return c.UsageError("")
	}
	fd, err := applet.OpenFile("/dev/tty", syscall.O_RDONLY, 0)
	if err != nil {
		fd = 1
	}
	p.keys.Fd = fd
	if p.cooked, err = term.Get(fd); err != nil {
		return cat(c)
	}
	arrived, err := signals.Pipe(syscall.SIGWINCH, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err != nil {
		return c.Warn("pipe", err)
	}
	p.keys.Signals, p.keys.Watch = arrived, true
	if !p.measure() {
		return cat(c)
	}
	if !p.open() {
		return 1
	}
	raw := *p.cooked
	raw.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL
	raw.Iflag &^= unix.ICRNL | unix.IXON
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	term.SetNow(fd, &raw)
	defer p.leave()
	p.show()
	for {
		if p.await(); p.done {
			break
		}
		if key := p.key(); !p.done {
			p.press(key)
		}
	}
	return p.status
}

func (p *pager) leave() {
	p.write("\r\x1b[K")
	p.flush()
	term.SetNow(p.keys.Fd, p.cooked)
}

// cat is what pagers are without a terminal.
func cat(c *applet.Call) int {
	names, status := c.Args, 0
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		in := c.In
		if name != "-" {
			var err error
			if in, err = applet.Open(name); err != nil {
				status = c.CantOpen(name, err)
				continue
			}
		}
		if _, err := c.Out.Copy(in); err != nil && c.Out.Err() == nil {
			status = c.Warn(name, err)
		}
		in.Close()
	}
	return status
}

// measure asks for the terminal's size; false is too small.
func (p *pager) measure() bool {
	p.columns, p.rows = term.Size(p.c, p.keys.Fd)
	const narrowest, lowest = 20, 3
	good := p.columns >= narrowest && p.rows >= lowest
	p.columns, p.rows = max(p.columns, narrowest), max(p.rows, lowest)-1
	return good
}

// open begins with the present file.
func (p *pager) open() bool {
	fd := 0
	p.name = "standard input"
	if len(p.files) > 0 {
		p.name = p.files[p.at]
		var err error
		if fd, err = applet.OpenFile(p.name, syscall.O_RDONLY, 0); err != nil {
			p.c.CantOpen(p.name, err)
			return false
		}
	}
	if p.src != nil && p.src.fd != 0 {
		syscall.Close(p.src.fd)
	}
	p.src = newSource(fd)
	p.top, p.match = 0, -1
	p.marked = [52]bool{}
	return true
}

// key waits for a key, 0 if the program ends.
func (p *pager) key() rune {
	for {
		key, err := p.keys.Key(-1)
		if err != nil {
			p.quit(0)
			return 0
		}
		if key != term.Signal {
			return key
		}
		if p.signal() {
			return 0
		}
	}
}

// await waits for a key. Meanwhile a pipe may fill the screen.
func (p *pager) await() {
	for !p.done && !p.src.eof && !p.full() && !p.keys.Waiting() && p.fill() {
	}
}

func (p *pager) full() bool { return p.bottom < p.src.size }

// fill waits for a key or for input, and shows what came. It is false for a key.
func (p *pager) fill() bool {
	fds := []unix.PollFd{
		{Fd: int32(p.keys.Fd), Events: unix.POLLIN}, {Fd: int32(p.keys.Signals), Events: unix.POLLIN},
		{Fd: int32(p.src.fd), Events: unix.POLLIN},
	}
	unix.Poll(fds, -1)
	if fds[0].Revents != 0 || fds[1].Revents != 0 {
		return false
	}
	if fds[2].Revents != 0 {
		p.src.more(true)
		p.show()
	}
	return !p.done
}

// signal redraws the screen, or ends with the terminal restored.
func (p *pager) signal() (end bool) {
	var b [1]byte
	syscall.Read(p.keys.Signals, b[:])
	if b[0] == byte(syscall.SIGWINCH) {
		p.measure()
		p.show()
		return false
	}
	p.leave()
	signals.Default(syscall.Signal(b[0]))
	applet.Die(syscall.Signal(b[0]))
	p.quit(1)
	return true
}

//go:noinline
func (p *pager) quit(status int) { p.done, p.status = true, status }

//go:noinline
func (p *pager) flush() {
	applet.WriteFd(1, []byte(p.out.String()))
	p.out.Reset()
}

// write adds to what goes to the terminal.
//
//go:noinline
func (p *pager) write(s string) { p.out.WriteString(s) }
