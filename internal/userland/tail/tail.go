// Package tail is the applet tail.
package tail

import (
	"bytes"
	"strconv"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is tail.
var Applet = applet.Applet{
	Names: "tail",
	Usage: "[OPTIONS] [FILE]...",
	About: "Print the last 10 lines of each FILE, with a header if there are several.",
	Options: `
-n, --lines [+]N[bkm]	the last N lines; +N: from line N on
-c, --bytes [+]N[bkm]	the last N bytes; +N: from byte N on
-NUM	the last NUM lines
-f, --follow	go on as the FILEs grow
-F	also when a FILE is replaced or appears later
-s, --sleep-interval SECONDS	how often to look, with -f
-q, --quiet	never print headers
-v, --verbose	always print headers
`,
	Dir: "/usr/bin",
	Min: true,
	Run: run,
}

// tail is one call.
type tail struct {
	c       *applet.Call
	n       int64
	from    bool // +N
	bytes   bool
	headers bool
	printed bool // a header
	files   []file
}

// file is an operand; fd is -1 while it can't be opened.
type file struct {
	name string
	in   *applet.In
}

func run(c *applet.Call) int {
	t := tail{c: c}
	args := c.Args
	unit, count := c.Last("n", "c", "NUM"), "10"
	if unit != "" {
		count = c.Value(unit)
	} else if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '+' && args[0][1] >= '0' && args[0][1] <= '9' {
		count, args = args[0], args[1:] // tail +5 file
	}
	t.bytes = unit == "c"
	var err error
	if t.from = count != "" && count[0] == '+'; t.from || count != "" && count[0] == '-' {
		count = count[1:]
	}
	if t.n, err = number.Size(count); err != nil {
		return c.Complain("invalid number '" + count + "'")
	}
	pause := 1.0
	if s, given := c.Given("s"); given {
		if pause, err = strconv.ParseFloat(s, 64); err != nil || !(pause >= 0) {
			return c.Complain("invalid number '" + s + "'")
		}
	}
	status := t.open(args)
	if len(t.files) == 0 {
		return c.Complain("no files")
	}
	if status1 := t.all(); status1 != 0 {
		status = status1
	}
	if c.Has("f") || c.Has("F") {
		t.follow(pause)
	}
	for _, f := range t.files {
		if f.in != nil {
			f.in.Close()
		}
	}
	return status
}

// open opens the operands. With -F those that can't be opened are kept for later.
func (t *tail) open(names []string) (status int) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		in := t.c.In
		if name != "-" {
			var err error
			if in, err = applet.Open(name); err != nil {
				t.c.CantOpen(name, err)
				if status = 1; !t.c.Has("F") {
					continue
				}
				in = nil
			}
		}
		t.files = append(t.files, file{name, in})
	}
	t.headers = len(t.files) > 1
	if w := t.c.Last("q", "v"); w != "" {
		t.headers = w == "v"
	}
	return status
}

// all prints the ends of the files.
func (t *tail) all() (status int) {
	for _, f := range t.files {
		if f.in == nil {
			continue
		}
		t.header(f.name)
		if err := t.end(f.in); err != nil {
			status = t.c.Warn(f.name, err)
		}
	}
	return status
}

func (t *tail) header(name string) {
	if !t.headers {
		return
	}
	if t.printed {
		t.c.Out.Print("\n")
	}
	t.printed = true
	if name == "-" {
		name = "standard input"
	}
	t.c.Out.Print("==> ", name, " <==\n")
}

// end prints the end of one file.
func (t *tail) end(in *applet.In) error {
	switch {
	case t.from && t.bytes:
		return t.fromByte(in)
	case t.from:
		return t.fromLine(in)
	}
	if size := seekable(in); size > 0 {
		return t.seek(in, size)
	}
	return t.hold(in)
}

// seekable returns the size of a file that can be read backwards, else 0.
func seekable(in *applet.In) int64 {
	var st syscall.Stat_t
	if in.Fd() < 0 || len(in.Buffered()) > 0 || syscall.Fstat(in.Fd(), &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return 0
	}
	// A reader before us may stand further in: (read x; tail) prints the rest.
	if at, err := syscall.Seek(in.Fd(), 0, 1); err != nil || at != 0 {
		return 0
	}
	return st.Size
}

func (t *tail) fromByte(in *applet.In) error {
	for skip := t.n - 1; skip > 0; {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		if int64(len(p)) > skip {
			t.c.Out.Write(p[skip:])
			break
		}
		skip -= int64(len(p))
	}
	return t.rest(in)
}

// rest copies what remains.
func (t *tail) rest(in *applet.In) error {
	_, err := t.c.Out.Copy(in)
	if t.c.Out.Err() != nil {
		return nil // which the frame tells
	}
	return err
}

func (t *tail) fromLine(in *applet.In) error {
	for skip := t.n - 1; skip > 0; {
		p, err := in.Chunk()
		if err != nil || p == nil {
			return err
		}
		for skip > 0 {
			i := bytes.IndexByte(p, '\n')
			if i < 0 {
				break
			}
			p = p[i+1:]
			skip--
		}
		if skip == 0 {
			t.c.Out.Write(p)
		}
	}
	return t.rest(in)
}

// seek finds the place in a file from its end, and copies from there.
func (t *tail) seek(in *applet.In, size int64) error {
	at := max(size-t.n, 0)
	if !t.bytes {
		var err error
		if at, err = t.lineStart(in.Fd(), size); err != nil {
			return err
		}
	}
	if _, err := syscall.Seek(in.Fd(), at, 0); err != nil {
		return err
	}
	return t.rest(in)
}

// lineStart finds where the last n lines begin.
func (t *tail) lineStart(fd int, size int64) (int64, error) {
	if t.n == 0 {
		return size, nil
	}
	buf := make([]byte, min(size, 64<<10))
	need := t.n
	for end := size; end > 0; {
		start := max(end-int64(len(buf)), 0)
		n, err := syscall.Pread(fd, buf[:end-start], start)
		if err != nil {
			return 0, err
		}
		p := buf[:n]
		if end == size && n > 0 && p[n-1] == '\n' {
			p = p[:n-1] // ends the last line
		}
		for {
			i := bytes.LastIndexByte(p, '\n')
			if i < 0 {
				break
			}
			if need--; need == 0 {
				return start + int64(i) + 1, nil
			}
			p = p[:i]
		}
		end = start
	}
	return 0, nil
}

// piece is a part of the input that is held back, and what it adds to the count.
type piece struct {
	data  []byte
	count int64
}

// hold reads to the end and keeps as many pieces as the last n lines or bytes need.
func (t *tail) hold(in *applet.In) error {
	var pieces []piece
	var have int64
	var reuse []byte
	for {
		p, err := in.Chunk()
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		count := int64(len(p))
		if !t.bytes {
			count = int64(bytes.Count(p, []byte{'\n'}))
		}
		pieces = append(pieces, piece{append(reuse[:0], p...), count})
		reuse = nil
		have += count
		// One more than n newlines: the last may only end the last line.
		for len(pieces) > 1 && have-pieces[0].count > t.n {
			have -= pieces[0].count
			reuse = pieces[0].data
			pieces = pieces[1:]
		}
	}
	if len(pieces) > 0 {
		t.print(pieces, have)
	}
	return nil
}

// print writes the last n of what pieces hold.
func (t *tail) print(pieces []piece, have int64) {
	last := pieces[len(pieces)-1].data
	if !t.bytes && last[len(last)-1] != '\n' {
		have++ // the last line has no newline
	}
	skip := have - t.n
	for _, p := range pieces {
		data := p.data
		for skip > 0 && len(data) > 0 {
			n := int64(bytes.IndexByte(data, '\n')) + 1
			if t.bytes {
				n = min(skip, int64(len(data)))
				skip -= n
			} else if skip--; n == 0 {
				n = int64(len(data))
				skip++
			}
			data = data[n:]
		}
		t.c.Out.Write(data)
	}
}
