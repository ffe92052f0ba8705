package ed

import (
	"strconv"
	"strings"
)

const unknown = "unknown command"

// run runs a command line. It returns what is wrong with it.
func (e *editor) run(s string) (wrong string) {
	a, s, wrong := e.addresses(s)
	if wrong != "" {
		return wrong
	}
	if s == "" {
		if a.count == 0 {
			a.to = e.dot + 1
		}
		if a.to < 1 || a.to > len(e.lines) {
			return badAddress
		}
		e.print(a.to, a.to, 'p')
		return ""
	}
	command, rest := s[0], s[1:]
	if command != 'q' && command != 'e' {
		e.warned = false
	}
	switch command {
	case 'e', 'E', 'f', 'r', 'w', 'W', 'q', 'Q':
		return e.file(command, a, rest)
	case 'g', 'v':
		return e.global(command, a, rest)
	case 's':
		return e.substitute(a, rest)
	case 'm', 't':
		return e.move(command, a, rest)
	case 'k':
		if len(rest) != 1 || rest[0] < 'a' || rest[0] > 'z' || a.to == 0 {
			return "invalid mark character"
		}
		e.marks[rest[0]-'a'] = e.lines[a.to-1]
		return ""
	case '!':
		e.c.Command([]string{"sh", "-c", rest})
		if !e.silent {
			e.c.Out.Print("!\n")
		}
		return ""
	}
	return e.simple(command, a, rest)
}

// simple is the commands that only a letter for printing may follow.
func (e *editor) simple(command byte, a addresses, rest string) (wrong string) {
	if command == 'z' {
		return e.scroll(a, rest)
	}
	way, wrong := suffix(rest)
	if wrong != "" {
		return wrong
	}
	if strings.IndexByte("acihHu=j", command) < 0 && a.from < 1 {
		return badAddress
	}
	switch command {
	case 'p', 'n', 'l':
		e.print(a.from, a.to, command)
	case '=':
		if a.count == 0 {
			a.to = len(e.lines)
		}
		e.c.Out.Print(strconv.Itoa(a.to), "\n")
	case 'h':
		if e.wrong != "" {
			e.c.Out.Print(e.wrong, "\n")
		}
	case 'H':
		e.help = !e.help
	case 'u':
		e.lines, e.before = e.before, e.lines
		e.dot, e.beforeDot = e.beforeDot, e.dot
		e.changed = true
	default:
		wrong = e.change(command, a)
	}
	if wrong == "" && way != 0 && e.dot > 0 {
		e.print(e.dot, e.dot, way)
	}
	return wrong
}

// suffix reads the letter behind a command.
func suffix(s string) (way byte, wrong string) {
	for _, b := range []byte(s) {
		switch b {
		case 'p', 'n', 'l':
			way = b
		case ' ', '\t':
		default:
			return 0, "invalid command suffix"
		}
	}
	return way, ""
}

// change is the commands that change lines.
func (e *editor) change(command byte, a addresses) (wrong string) {
	switch command {
	case 'a':
		e.save()
		e.insert(a.to, e.text())
	case 'i':
		e.save()
		e.insert(max(a.to-1, 0), e.text())
	case 'c':
		e.save()
		at := max(a.from-1, 0)
		if a.to > 0 {
			e.remove(max(a.from, 1), a.to)
		}
		e.insert(at, e.text())
		e.dot = min(max(e.dot, 1), len(e.lines))
	case 'd':
		e.save()
		e.remove(a.from, a.to)
	case 'j':
		if a.count < 2 {
			a.to++
			a.from = a.to - 1
		}
		if a.from < 1 || a.to > len(e.lines) {
			return badAddress
		}
		if a.from == a.to {
			return ""
		}
		e.save()
		text := ""
		for _, l := range e.lines[a.from-1 : a.to] {
			text += l.text
		}
		e.remove(a.from, a.to)
		e.insert(a.from-1, []*line{{text}})
	default:
		return unknown
	}
	return ""
}

// scroll is z.
func (e *editor) scroll(a addresses, rest string) string {
	if a.count == 0 {
		a.to = e.dot + 1
	}
	rows := 22
	if rest != "" {
		rows, rest = number(rest)
	}
	if rest != "" || a.to < 1 || a.to > len(e.lines) || rows < 1 {
		return badAddress
	}
	e.print(a.to, min(a.to+rows-1, len(e.lines)), 'p')
	return ""
}

// move is m and t.
func (e *editor) move(command byte, a addresses, rest string) string {
	if a.from < 1 {
		return badAddress
	}
	to, rest, given, wrong := e.address(blanks(rest))
	if wrong == "" && !given {
		wrong = badAddress
	}
	way, bad := suffix(rest)
	if wrong == "" {
		wrong = bad
	}
	if wrong == "" && command == 'm' && to >= a.from && to < a.to {
		wrong = "invalid destination"
	}
	if wrong != "" {
		return wrong
	}
	e.save()
	lines := append([]*line(nil), e.lines[a.from-1:a.to]...)
	if command == 'm' {
		e.remove(a.from, a.to)
		if to >= a.to {
			to -= len(lines)
		}
	} else {
		for i, l := range lines {
			lines[i] = &line{l.text}
		}
	}
	e.insert(to, lines)
	if way != 0 {
		e.print(e.dot, e.dot, way)
	}
	return ""
}

// file is the commands that have a file's name.
func (e *editor) file(command byte, a addresses, rest string) string {
	quit := false
	if command == 'w' && (strings.HasPrefix(rest, "q")) {
		quit, rest = true, rest[1:]
	}
	if rest != "" && rest[0] != ' ' {
		return "unexpected command suffix"
	}
	name := strings.TrimSpace(rest)
	if name == "" {
		name = e.name
	}
	if name == "" && command != 'q' && command != 'Q' && command != 'f' {
		return "no current filename"
	}
	switch command {
	case 'q', 'e':
		if e.changed && !e.warned {
			e.warned = true
			return "warning: buffer modified"
		}
	case 'f':
		if name == "" {
			return "no current filename"
		}
		e.name = name
		e.c.Out.Print(name, "\n")
		return ""
	case 'r', 'w', 'W':
		if e.name == "" {
			e.name = name
		}
	}
	switch command {
	case 'q', 'Q':
		e.quit = true
	case 'e', 'E':
		e.lines, e.dot, e.name = nil, 0, name
		wrong := e.read(name, 0)
		e.changed = false
		return wrong
	case 'r':
		if a.count == 0 {
			a.to = len(e.lines)
		}
		return e.read(name, a.to)
	default:
		if a.count == 0 {
			a.from, a.to = 1, len(e.lines)
		}
		wrong := e.write(name, a.from, a.to, command == 'W')
		e.quit = quit && wrong == ""
		return wrong
	}
	return ""
}
