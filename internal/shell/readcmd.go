package shell

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// readOptions are those of read.
type readOptions struct {
	raw, silent bool
	prompt      string
	fd          int
	count       int
	delimiter   byte
	timed       bool
	timeout     time.Duration
}

// readCmd is read [-rs] [-p PROMPT] [-n N] [-t SECONDS] [-u FD] [-d CHAR] [NAME]...
func readCmd(sh *shell, args []string) int {
	o := readOptions{delimiter: '\n'}
	wrong := ""
	names := sh.flagsOf(args, "p:u:rt:n:sd:", func(c byte, value string) {
		if text := o.set(c, value); text != "" {
			wrong = text
		}
	})
	for _, name := range names {
		if nameLength(name) != len(name) || name == "" {
			wrong = "'" + name + "': bad variable name"
		}
	}
	if wrong != "" {
		sh.fail(wrong)
	}
	f := sh.file(o.fd)
	if o.prompt != "" && f != nil && f.fd >= 0 && applet.IsTerminal(f.fd) {
		sh.file(2).errors().WriteString(o.prompt)
	}
	r := lineReader{sh: sh, o: &o, file: f}
	if f == nil {
		r.failed = true
	}
	if o.timed && o.timeout == 0 {
		return b2i(!r.ready(0))
	}
	return r.run(names)
}

func (o *readOptions) set(c byte, value string) (wrong string) {
	switch c {
	case 'r':
		o.raw = true
	case 's':
		o.silent = true
	case 'p':
		o.prompt = value
	case 'd':
		o.delimiter = 0
		if value != "" {
			o.delimiter = value[0]
		}
	case 'n':
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return "invalid count"
		}
		o.count = int(n)
	case 'u':
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return "invalid file descriptor"
		}
		o.fd = int(n)
	case 't':
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || seconds < 0 || strings.ContainsAny(value, "eExXpP+-nN") {
			return "invalid timeout"
		}
		o.timed, o.timeout = true, time.Duration(min(seconds, 1<<31)*1e9)
	}
	return ""
}

// lineReader reads a line for read, never a byte more.
type lineReader struct {
	sh       *shell
	o        *readOptions
	file     *file
	deadline time.Time
	failed   bool
	late     bool // the time was up or a signal came
	// block is what was read ahead from a file that can seek, which done goes back by.
	block []byte
	ahead int
	seeks bool
	known bool
}

// ready waits for input; false after the time or for a signal.
func (r *lineReader) ready(timeout int) bool {
	if r.file == nil {
		return false
	}
	if r.file.fd < 0 && r.file.in != nil {
		return true
	}
	fds := []unix.PollFd{{Fd: int32(r.file.number()), Events: unix.POLLIN}}
	if !r.sh.pollFds(fds, timeout) {
		return false
	}
	return fds[0].Revents != 0
}

// next returns the next byte.
func (r *lineReader) next() (c byte, ok bool) {
	f := r.file
	if r.failed || f == nil {
		return 0, false
	}
	if f.fd < 0 && f.in != nil {
		c, err := f.in.ReadByte()
		return c, err == nil
	}
	if r.ahead < len(r.block) {
		r.ahead++
		return r.block[r.ahead-1], true
	}
	fd := f.number()
	if !r.known {
		_, err := syscall.Seek(fd, 0, 1)
		r.known, r.seeks = true, err == nil
	}
	if r.seeks {
		if cap(r.block) == 0 {
			r.block = r.sh.readBuffer()
		}
		n, err := applet.ReadFd(fd, r.block[:cap(r.block)])
		r.block, r.ahead = r.block[:n], 0
		if err != nil || n == 0 {
			return 0, false
		}
		r.ahead = 1
		return r.block[0], true
	}
	timeout := -1
	if r.o.timed {
		timeout = int(time.Until(r.deadline) / time.Millisecond)
		if timeout <= 0 {
			r.late = true
			return 0, false
		}
	}
	if (r.o.timed || r.sh.shared.sig.wake > 0) && !r.ready(timeout) {
		r.late = true
		return 0, false
	}
	var one [1]byte
	n, err := applet.ReadFd(fd, one[:])
	return one[0], err == nil && n == 1
}

// readBuffer is the shell's block for read, made once.
func (sh *shell) readBuffer() []byte {
	if sh.block == nil {
		sh.block = make([]byte, 0, 4096)
	}
	return sh.block
}

// giveBack seeks to behind what was taken.
func (r *lineReader) giveBack() {
	if n := len(r.block) - r.ahead; n > 0 {
		syscall.Seek(r.file.number(), int64(-n), 1)
	}
}

// modes sets the terminal for -n and -s and returns what undoes it.
func (r *lineReader) modes() func() {
	if r.o.count == 0 && !r.o.silent || r.file == nil || r.file.fd < 0 {
		return func() {}
	}
	old, err := term.Get(r.file.fd)
	if err != nil {
		return func() {}
	}
	m := *old
	if r.o.count > 0 {
		m.Lflag &^= unix.ICANON
		m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	}
	if r.o.silent {
		m.Lflag &^= unix.ECHO | unix.ECHOK | unix.ECHONL
	}
	term.Set(r.file.fd, &m)
	return func() { term.Set(r.file.fd, old) }
}

// run reads and sets the variables.
func (r *lineReader) run(names []string) int {
	defer r.modes()()
	if r.o.timed {
		r.deadline = time.Now().Add(r.o.timeout)
	}
	f := fieldReader{names: names, rest: names, start: 1}
	status, backslash := 0, false
	for count := r.o.count; ; {
		c, ok := r.next()
		if !ok && r.late {
			return 1
		}
		if !ok {
			status = 1
			break
		}
		switch {
		case !r.o.raw && backslash:
			if backslash = false; c == '\n' {
				continue
			}
			f.start = 0
		case !r.o.raw && c == '\\':
			backslash = true
			continue
		case c == r.o.delimiter:
			count = -1
		case c == 0 || len(names) > 0 && f.separates(r.sh, c):
			continue
		}
		if count < 0 {
			break
		}
		f.text = append(f.text, c)
		if count--; count == 0 {
			break
		}
		count = max(count, 0)
	}
	r.giveBack()
	r.assign(names, f.rest, f.text)
	return status
}

// fieldReader cuts a line into the fields of read.
type fieldReader struct {
	names, rest []string
	text        []byte
	// start is 2 before a field's first byte, 1 if one separator that is no space
	// can't be skipped any more.
	start int
}

// separates says whether a byte only separates fields, and finishes one.
func (f *fieldReader) separates(sh *shell, c byte) bool {
	separator := strings.IndexByte(sh.ifs, c) >= 0
	space := c == ' ' || c == '\t' || c == '\n'
	if f.start > 0 && separator {
		if space {
			return true
		}
		if f.start--; f.start == 1 {
			return true
		}
	}
	f.start = 0
	if len(f.rest) < 2 || !separator {
		return false
	}
	sh.set(f.rest[0], string(f.text))
	f.text, f.rest = f.text[:0], f.rest[1:]
	f.start = 1
	if space {
		f.start = 2
	}
	return true
}

// assign gives the last variables their values.
func (r *lineReader) assign(names, rest []string, text []byte) {
	if len(names) == 0 {
		r.sh.set("REPLY", string(text))
		return
	}
	r.sh.set(rest[0], trimField(string(text), r.sh.ifs))
	for _, name := range rest[1:] {
		r.sh.set(name, "")
	}
}

// trimField takes the separators off the end of the last field; one that is no space
// stays if there are more before it.
func trimField(s, ifs string) string {
	spaces := ""
	for _, c := range []byte(ifs) {
		if c == ' ' || c == '\t' || c == '\n' {
			spaces += string(rune(c))
		}
	}
	s = strings.TrimRight(s, spaces)
	if s == "" || strings.IndexByte(ifs, s[len(s)-1]) < 0 {
		return s
	}
	short := strings.TrimRight(s[:len(s)-1], spaces)
	if strings.ContainsAny(short, ifs) {
		return s
	}
	return short
}
