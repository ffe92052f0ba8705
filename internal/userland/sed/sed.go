// Package sed is the applet sed: POSIX's with GNU's additions, but for the command e
// that runs commands.
package sed

import (
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Applet is sed.
var Applet = applet.Applet{
	Names: "sed",
	Usage: "[OPTION]... [-e SCRIPT | -f FILE]... [FILE]...\n[OPTION]... SCRIPT [FILE]...",
	About: "Edit each FILE (or standard input) with the commands of SCRIPT and print it.",
	Options: `
-e, --expression SCRIPT	add commands
-f, --file FILE	add the commands in FILE
-n, --quiet, --silent	print only what the commands print
-E, -r, --regexp-extended	patterns are extended regular expressions
-i[SUFFIX], --in-place[=SUFFIX]	edit the files, and keep them as they were under
	the name with SUFFIX
-s, --separate	each file is a text of its own
-u, --unbuffered	write each line at once
-z, --null-data	a zero byte ends lines
-l, --line-length N	lines of the command l are N characters long
--posix	ignored: what POSIX leaves open is as in GNU's sed
--version	tell scripts that look for GNU's sed what they need
`,
	Quick: true,
	Min:   true,
	Run:   run,
}

func run(c *applet.Call) int {
	if c.Has("version") {
		c.Out.Print("This is not GNU sed version 4.0\n")
		return 0
	}
	s := &editor{c: c, end: '\n', width: 70, out: &output{out: c.Out}}
	s.quiet, s.unbuffered, s.suffix = c.Has("n"), c.Has("u"), c.Value("i")
	s.inPlace = c.Has("i")
	s.separate = c.Has("s") || s.inPlace
	if c.Has("z") {
		s.end = 0
	}
	if value, given := c.Given("l"); given {
		n, err := number.Int(value, 1<<20)
		if err != nil {
			return c.Complain("invalid number '" + value + "'")
		}
		s.width = n
	}
	text, status := s.script()
	if status != 0 {
		return status
	}
	p := parser{editor: s, text: text, extended: c.Has("E")}
	if err := p.parse(); err != "" {
		s.close()
		return c.Complain(err)
	}
	if s.inPlace && len(c.Args) == 0 {
		s.close()
		return c.Complain("-i requires an argument")
	}
	status = s.edit()
	s.close()
	if err := c.Out.Flush(); err != nil && err != syscall.EPIPE {
		return 4
	}
	return status
}

// script puts the script together. The status is not 0 if that failed.
func (s *editor) script() (text string, status int) {
	c := s.c
	var parts []string
	c.Each(func(key, value string) {
		switch key {
		case "f":
			var data []byte
			var err error
			if value == "-" {
				data, err = applet.ReadAll(c.In.Fd())
			} else {
				data, err = applet.ReadFile(value)
			}
			if err != nil {
				status = c.Warn(value, err)
			}
			parts = append(parts, strings.TrimSuffix(string(data), "\n"))
		case "e":
			parts = append(parts, value)
		}
	})
	if parts == nil && status == 0 {
		if len(c.Args) == 0 {
			return "", c.UsageError("")
		}
		parts, c.Args = c.Args[:1], c.Args[1:]
	}
	return strings.Join(parts, "\n"), status
}

// edit goes through the files and returns the exit status.
func (s *editor) edit() int {
	s.names = s.c.Args
	if len(s.names) == 0 {
		s.names = []string{"-"}
	}
	if !s.inPlace {
		s.begins()
		s.cycles()
		return s.status
	}
	for _, name := range s.c.Args {
		s.names, s.quitting = []string{name}, false
		s.begins()
		if s.status = max(s.status, s.inPlaceOf(name)); s.quitting {
			break
		}
	}
	return s.status
}

// inPlaceOf edits one file in place.
func (s *editor) inPlaceOf(name string) int {
	c := s.c
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err != nil {
		return c.Warn(name, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		c.Complain("couldn't edit " + name + ": not a regular file")
		return 4
	}
	temporary, fd, err := temporaryFor(name)
	if err != nil {
		return c.Warn(temporary, err)
	}
	syscall.Fchown(fd, int(st.Uid), int(st.Gid))
	syscall.Fchmod(fd, st.Mode&0o7777)
	s.out = &output{out: applet.NewOut(fd)}
	s.cycles()
	err = s.out.out.Flush()
	if e := syscall.Close(fd); err == nil {
		err = e
	}
	if err != nil {
		syscall.Unlink(temporary)
		c.Warn("write error", err)
		return 4
	}
	if s.suffix != "" {
		backup := name + s.suffix
		if err := syscall.Rename(name, backup); err != nil {
			syscall.Unlink(temporary)
			return c.Warn("can't move '"+name+"' to '"+backup+"'", err)
		}
	}
	if err := syscall.Rename(temporary, name); err != nil {
		syscall.Unlink(temporary)
		return c.Warn("can't move '"+temporary+"' to '"+name+"'", err)
	}
	return 0
}

// temporaryFor makes a new file beside a name.
func temporaryFor(name string) (path string, fd int, err error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEF"
	var random [6]byte
	for range 100 {
		if err = entropy(random[:]); err != nil {
			break
		}
		for i, b := range random {
			random[i] = letters[b&31]
		}
		path = name + string(random[:])
		fd, err = applet.OpenFile(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL|syscall.O_NOFOLLOW, 0o600)
		if err != syscall.EEXIST {
			break
		}
	}
	return path, fd, err
}
