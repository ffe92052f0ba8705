package awk

import (
	"io"
	"syscall"

	"bantam/internal/userland/applet"
)

// reader reads records of an input.
type reader struct{ in *applet.In }

// stream is a file or command that the program opened.
type stream struct {
	name   string
	how    redirection
	out    *applet.Out
	reader *reader
	fd     int // to be closed, if not 0
	pid    int // to be waited for, if not 0
}

// nextRecord reads the next record of the operands into $0.
func (a *awk) nextRecord() bool {
	for a.main != nil || a.nextFile() {
		raw, ok := a.read(a.main)
		if ok {
			r := &a.rec
			r.raw, r.made = raw, false
			r.reset(a.fs)
			a.nr++
			a.fnr++
			return true
		}
		a.rec.own()
		a.skipFile()
	}
	return false
}

// skipFile closes the present operand.
func (a *awk) skipFile() {
	if a.main == nil {
		return
	}
	if err := a.main.in.Err(); err != nil {
		name := a.text(&a.globals[vFILENAME].value)
		if a.c.Warn(name, err); err != syscall.EISDIR {
			a.status = 2
		}
	}
	a.main.in.Close()
	a.main = nil
}

// nextFile opens the next operand, or standard input if there are none.
func (a *awk) nextFile() bool {
	for {
		a.operand++
		argc := a.globals[vARGC].value
		if float64(a.operand) >= argc.number() {
			if a.opened {
				return false
			}
			a.operand--
			a.beginFile("-", a.c.In)
			return true
		}
		a.key = appendInt(a.key[:0], a.operand)
		e := a.globals[vARGV].array.cells[string(a.key)]
		if e == nil {
			continue
		}
		name := a.text(&e.value)
		if name == "" || !a.literal && a.assignment(name) {
			continue
		}
		in := a.c.In
		if name != "-" {
			var err error
			if in, err = applet.Open(name); err != nil {
				a.at = nil
				a.fatal(name + ": " + applet.Reason(err))
			}
		}
		a.globals[vARGIND].value = number(float64(a.operand))
		a.beginFile(name, in)
		return true
	}
}

func (a *awk) beginFile(name string, in *applet.In) {
	a.opened, a.main, a.fnr = true, &reader{in: in}, 0
	a.globals[vFILENAME].value = fromOutside(name)
}

// read reads one record, valid until the next read of the same input.
func (a *awk) read(r *reader) ([]byte, bool) {
	switch {
	case a.rsRegex != nil:
		return a.readRegex(r.in)
	case a.rs == "":
		return a.readParagraph(r)
	}
	line, ok := r.in.Until(a.rs[0])
	if a.rt = a.rs; !ok || r.in.Cut() {
		a.rt = ""
	}
	return line, ok
}

// readRegex reads a record up to a match of RS.
func (a *awk) readRegex(in *applet.In) ([]byte, bool) {
	var slots [2]int
	for last := false; ; {
		data := in.Buffered()
		for at := 0; at < len(data) && a.rsRegex.Find(data, at, slots[:], 0); at = slots[1] + 1 {
			// A match at the end of what was read may go on behind it.
			if slots[1] > slots[0] && (last || slots[1] < len(data)) {
				a.rt = string(data[slots[0]:slots[1]])
				in.Discard(slots[1])
				return data[:slots[0]], true
			}
		}
		if last {
			a.rt = ""
			in.Discard(len(data))
			return data, len(data) > 0
		}
		last = in.Fill() != nil
	}
}

// readParagraph reads a record up to an empty line.
func (a *awk) readParagraph(r *reader) ([]byte, bool) {
	for last := false; ; {
		// Empty lines before a paragraph are nothing.
		data := r.in.Buffered()
		blank := 0
		for blank < len(data) && data[blank] == '\n' {
			blank++
		}
		r.in.Discard(blank)
		data = data[blank:]
		if end, next, ok := paragraph(data, last); ok && (len(data) > 0 || last) {
			a.rt = string(data[end:next])
			r.in.Discard(next)
			return data[:end], len(data) > 0
		}
		last = r.in.Fill() == io.EOF || r.in.Err() != nil
	}
}

// output returns the stream that print writes to, and opens it the first time.
func (a *awk) output(how redirection, name string) *stream {
	for _, s := range a.streams {
		if s.name == name && s.out != nil && (s.how == toCommand) == (how == toCommand) {
			return s
		}
	}
	s := &stream{name: name, how: how}
	var err error
	switch {
	case how == toCommand:
		err = a.pipe(s)
	case name == "/dev/stdout" || name == "-":
		s.out = a.c.Out
	case name == "/dev/stderr":
		a.c.Out.Flush()
		s.out = a.c.Err
	default:
		flags := syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC
		if how == toAppend {
			flags = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_APPEND
		}
		s.fd, err = applet.OpenFile(name, flags, 0o666)
		s.out = applet.NewOut(s.fd)
	}
	if err != nil {
		a.at = nil
		a.fatal("can't open '" + name + "': " + applet.Reason(err))
	}
	a.streams = append(a.streams, s)
	return s
}

// pipe starts a stream's command, which reads what is printed or prints what is read.
func (a *awk) pipe(s *stream) error {
	a.flush()
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	ours, theirs := p[1], p[0]
	files := [3]int{theirs, a.c.Out.Fd(), a.c.Err.Fd()}
	if s.how == fromCommand {
		ours, theirs = p[0], p[1]
		files = [3]int{a.c.In.Fd(), theirs, a.c.Err.Fd()}
	}
	pid, err := a.c.Start([]string{"sh", "-c", s.name}, files, nil)
	syscall.Close(theirs)
	if err != nil {
		syscall.Close(ours)
		return err
	}
	s.fd, s.pid = ours, pid
	if s.how == fromCommand {
		s.reader = &reader{in: applet.NewIn(ours)}
	} else {
		s.out = applet.NewOut(ours)
	}
	return nil
}

// input returns the stream that getline reads of, nil if it can't be opened. It
// may be closed even then.
func (a *awk) input(how redirection, name string) *stream {
	var s *stream
	for _, known := range a.streams {
		if known.name == name && known.how == how {
			s = known
		}
	}
	if s == nil {
		s = &stream{name: name, how: how}
		a.streams = append(a.streams, s)
	}
	if s.reader != nil {
		return s
	}
	var err error
	switch {
	case how == fromCommand:
		err = a.pipe(s)
	case name == "-" || name == "/dev/stdin":
		s.reader = &reader{in: a.c.In}
	default:
		if s.fd, err = applet.OpenFile(name, syscall.O_RDONLY, 0); err == nil {
			s.reader = &reader{in: applet.NewIn(s.fd)}
		}
	}
	if err != nil {
		s.fd = 0
		a.errno(err)
		return nil
	}
	return s
}

// getline reads a record into a variable or $0.
func (a *awk) getline(n *node) value {
	how := redirection(n.slot)
	// What was read may be overwritten by the next read.
	a.rec.own()
	if how == toStdout {
		return a.getlineMain(n)
	}
	s := a.input(how, a.textOf(n.b))
	if s == nil {
		return number(-1)
	}
	raw, ok := a.read(s.reader)
	if !ok {
		if err := s.reader.in.Err(); err != nil {
			a.errno(err)
			return number(-1)
		}
		return number(0)
	}
	if how == fromCommand {
		a.nr++
	}
	a.take(n, raw)
	return number(1)
}

// take gives a record that was read to getline's variable or to $0.
func (a *awk) take(n *node, raw []byte) {
	if n.a != nil {
		a.assign(n.a, fromOutside(string(raw)))
		return
	}
	a.setRecord(string(raw))
}

func (a *awk) getlineMain(n *node) value {
	for a.main != nil || a.nextFile() {
		if raw, ok := a.read(a.main); ok {
			a.nr++
			a.fnr++
			a.take(n, raw)
			return number(1)
		}
		a.skipFile()
	}
	return number(0)
}

// flush writes all that is held back.
func (a *awk) flush() {
	a.c.Out.Flush()
	for _, s := range a.streams {
		if s.out != nil {
			s.out.Flush()
		}
	}
}

// finish closes a stream and returns the exit status of its command, or -1 if writing failed.
func (a *awk) finish(s *stream) int {
	status := 0
	if s.out != nil {
		if err := s.out.Flush(); err != nil && err != syscall.EPIPE {
			a.errno(err)
			a.c.Warn(s.name, err)
			status = -1
			a.status = 2
		}
	}
	if s.fd != 0 {
		syscall.Close(s.fd)
	}
	if s.pid != 0 {
		status = applet.Wait(s.pid)
	}
	return status
}

// close closes the streams of a name.
func (a *awk) close(name string) int {
	status, kept := -1, a.streams[:0]
	for _, s := range a.streams {
		if s.name == name {
			status = a.finish(s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(a.streams[len(kept):])
	a.streams = kept
	if status < 0 {
		a.errno(syscall.ENOENT)
	}
	return status
}

// closeAll closes all streams. Commands print what they have before we end.
func (a *awk) closeAll() {
	a.c.Out.Flush()
	for _, s := range a.streams {
		a.finish(s)
	}
	a.streams = nil
}
