package sed

import (
	"bantam/internal/userland/applet"
	"golang.org/x/sys/unix"
)

func entropy(p []byte) error {
	_, err := unix.Getrandom(p, 0)
	return err
}

// output is where lines go: what the commands and the option -i write.
type output struct {
	name string
	out  *applet.Out
	// missing says that the last line had no newline at its end. It gets one if
	// something follows.
	missing bool
	created bool
}

// write writes a line with its end, or without.
func (s *editor) write(o *output, text []byte, ended bool) {
	if o.missing {
		o.out.WriteByte(s.end)
	}
	o.out.Write(text)
	if o.missing = !ended; ended {
		o.out.WriteByte(s.end)
	}
	if s.unbuffered {
		o.out.Flush()
	}
}

// source is a file that R reads lines of.
type source struct {
	name string
	in   *applet.In
	done bool
}

// close closes the files of the script.
func (s *editor) close() {
	for _, o := range s.outputs {
		if !o.created {
			continue
		}
		if err := o.out.Close(); err != nil {
			s.c.Warn(o.name, err)
			s.status = max(s.status, 4)
		}
	}
	for _, r := range s.sources {
		if r.in != nil {
			r.in.Close()
		}
	}
	if s.in != nil {
		s.in.Close()
	}
}

// open opens the next file that can be opened, and returns false if there is none.
func (s *editor) open() bool {
	for s.in == nil && len(s.names) > 0 {
		name := s.names[0]
		s.names = s.names[1:]
		if s.in = s.c.Open(name); s.in == nil {
			s.status = max(s.status, 1)
			continue
		}
		if s.name = name; s.separate && !s.inPlace {
			s.begins()
		}
	}
	return s.in != nil
}

// begins makes the present file a text of its own.
func (s *editor) begins() {
	s.line = 0
	for i := range s.commands {
		s.commands[i].reset()
	}
}

// done closes the present file, at its end.
func (s *editor) done() {
	if err := s.in.Err(); err != nil {
		s.c.Warn("read error on "+s.name, err)
		s.status = max(s.status, 1)
	}
	s.in.Close()
	s.in = nil
}

// read reads the next line and appends it to the pattern space. false is the end.
func (s *editor) read() bool {
	for s.open() {
		if text, ok := s.in.Until(s.end); ok {
			s.space = append(s.space, text...)
			s.ended = !s.in.Cut()
			s.line++
			s.replaced = false
			return true
		}
		s.done()
	}
	return false
}

// isLast says whether the present line is the last one: of its file with -s.
func (s *editor) isLast() bool {
	if s.in != nil {
		if len(s.in.Buffered()) > 0 || s.in.Fill() == nil {
			return false
		}
		if s.separate {
			return true
		}
		s.done()
	}
	if s.separate {
		return true
	}
	for s.open() {
		if len(s.in.Buffered()) > 0 || s.in.Fill() == nil {
			return false
		}
		s.done()
	}
	return true
}

// lineOf reads the next line of a source.
func (s *editor) lineOf(r *source) ([]byte, bool) {
	if r.in == nil && !r.done {
		r.done = true
		if r.name == "/dev/stdin" {
			r.in = s.c.In
		} else if in, err := applet.Open(r.name); err == nil {
			r.in = in
		}
	}
	if r.in == nil {
		return nil, false
	}
	return r.in.Until(s.end)
}

// copyFile writes a whole file, if there is one, as it is.
func (s *editor) copyFile(name string) {
	in := s.c.In
	if name != "/dev/stdin" {
		var err error
		if in, err = applet.Open(name); err != nil {
			return
		}
		defer in.Close()
	}
	for {
		p, err := in.Chunk()
		if len(p) == 0 || err != nil {
			return
		}
		if s.out.missing {
			s.out.out.WriteByte(s.end)
		}
		s.out.out.Write(p)
		s.out.missing = p[len(p)-1] != s.end
	}
}

// create returns the output of a file's name, which it empties the first time.
func (s *editor) create(name string) (*output, string) {
	for _, o := range s.outputs {
		if o.name == name {
			return o, ""
		}
	}
	o := &output{name: name}
	switch name {
	case "/dev/stdout":
		if !s.inPlace {
			return s.out, "" // the same lines end as standard output's
		}
		o.out = s.c.Out
	case "/dev/stderr":
		o.out = s.c.Err
	default:
		out, err := applet.Create(name, 0o666)
		if err != nil {
			return nil, "can't open '" + name + "': " + applet.Reason(err)
		}
		o.out, o.created = out, true
	}
	s.outputs = append(s.outputs, o)
	return o, ""
}
