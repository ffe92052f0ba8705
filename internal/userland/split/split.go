// Package split is the applet split.
package split

import (
	"bytes"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is split.
var Applet = applet.Applet{
	Names: "split",
	Usage: "[-a N] [-b SIZE | -l N] [INPUT [PREFIX]]",
	About: "Cut INPUT into files PREFIXaa, PREFIXab and so on; PREFIX is x.",
	Options: `
-b, --bytes SIZE[bkm]	files of SIZE bytes
-l, --lines N	files of N lines (1000)
-a, --suffix-length N	suffixes of N letters (2)
`,
	AtMost: 2,
	Dir:    "/usr/bin",
	Quick:  true,
	Run:    run,
}

func run(c *applet.Call) int {
	letters, perFile, byLine := int64(2), int64(1000), true
	for _, o := range [...]struct {
		key string
		to  *int64
	}{{"a", &letters}, {"l", &perFile}, {"b", &perFile}} {
		text, given := c.Given(o.key)
		if !given {
			continue
		}
		n, err := number.Size(text)
		if err != nil || n == 0 {
			return c.Complain("invalid number '" + text + "'")
		}
		*o.to = n
		byLine = byLine && o.key != "b"
	}
	name, prefix := "-", "x"
	if len(c.Args) > 0 {
		name = c.Args[0]
	}
	if len(c.Args) > 1 {
		prefix = c.Args[1]
	}
	if letters+int64(len(applet.Base(prefix))) > 255 {
		return c.Complain("suffix too long")
	}
	in := c.In
	if name != "-" {
		var err error
		if in, err = applet.Open(name); err != nil {
			return c.CantOpen(name, err)
		}
		defer in.Close()
	}
	s := splitter{c: c, prefix: prefix, suffix: bytes.Repeat([]byte{'a'}, int(letters)), perFile: perFile, byLine: byLine}
	status := s.copy(in)
	if err := in.Err(); err != nil {
		return c.Warn(name, err)
	}
	return status
}

// splitter writes the files.
type splitter struct {
	c       *applet.Call
	prefix  string
	suffix  []byte
	used    bool // all suffixes
	perFile int64
	byLine  bool

	out  *applet.Out
	name string
	left int64 // of the file that is written
}

func (s *splitter) copy(in *applet.In) int {
	for {
		p, err := in.Chunk()
		if err != nil || p == nil {
			break
		}
		for len(p) > 0 {
			if s.left == 0 {
				if status := s.next(); status != 0 {
					return status
				}
			}
			n := int(min(int64(len(p)), s.left))
			if s.byLine {
				n = s.lines(p)
			} else {
				s.left -= int64(n)
			}
			s.out.Write(p[:n])
			p = p[n:]
		}
	}
	return s.close()
}

// lines returns the length of the lines that the file still takes.
func (s *splitter) lines(p []byte) int {
	at := 0
	for s.left > 0 {
		n := bytes.IndexByte(p[at:], '\n')
		if n < 0 {
			return len(p)
		}
		at += n + 1
		s.left--
	}
	return at
}

// next begins the next file.
func (s *splitter) next() int {
	if status := s.close(); status != 0 {
		return status
	}
	if s.used {
		return s.c.Complain("suffixes exhausted")
	}
	s.name = s.prefix + string(s.suffix)
	out, err := applet.Create(s.name, 0o666)
	if err != nil {
		return s.c.CantOpen(s.name, err)
	}
	s.out, s.left = out, s.perFile
	i := len(s.suffix) - 1
	for ; i >= 0; i-- {
		if s.suffix[i]++; s.suffix[i] <= 'z' {
			return 0
		}
		s.suffix[i] = 'a'
	}
	s.used = true
	return 0
}

func (s *splitter) close() int {
	if s.out == nil {
		return 0
	}
	if err := s.out.Close(); err != nil {
		return s.c.Warn(s.name, err)
	}
	return 0
}
