// Package patch is the applet patch.
package patch

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is patch.
var Applet = applet.Applet{
	Names: "patch",
	Usage: "[-RNE] [-p N] [-i DIFF] [ORIGFILE [PATCHFILE]]",
	About: "Apply a unified diff. A name in it that leads out of the current folder, as by a link, is refused.",
	Options: `
-p, --strip N	take the first N folders off the names (0)
-i, --input DIFF	read DIFF, not standard input
-R, --reverse	undo the changes
-N, --forward	ignore changes that are there already
-E, --remove-empty-files	remove files that become empty
--dry-run	change nothing
-u, --unified	ignored: the format is always that
-f, --force	ignored: nothing is asked
-g, --get N	ignored
--backup-if-mismatch	ignored
--no-backup-if-mismatch	ignored
`,
	AtMost:  2,
	Trouble: 1,
	Dir:     "/usr/bin",
	Quick:   true,
	Run:     run,
}

// patch is one call.
type patch struct {
	c                       *applet.Call
	in                      *applet.In
	line                    string // read ahead, if has
	has                     bool
	strip                   int
	reverse, forward, empty bool
	dry                     bool
	operand                 string
	status                  int
}

func run(c *applet.Call) int {
	p := patch{c: c, in: c.In, reverse: c.Has("R"), forward: c.Has("N"), empty: c.Has("E"), dry: c.Has("dry-run")}
	if n, given := c.Given("p"); given {
		var err error
		if p.strip, err = strconv.Atoi(n); err != nil {
			return c.Complain("invalid number '" + n + "'")
		}
	}
	name := c.Value("i")
	if len(c.Args) > 0 {
		p.operand = c.Args[0]
	}
	if name == "" && len(c.Args) > 1 {
		name = c.Args[1]
	}
	if name != "" && name != "-" {
		in, err := applet.Open(name)
		if err != nil {
			return c.CantOpen(name, err)
		}
		defer in.Close()
		p.in = in
	}
	p.files()
	if err := p.in.Err(); err != nil {
		return c.Warn("read error", err)
	}
	return p.status
}

// next returns the next line of the diff.
func (p *patch) next() (string, bool) {
	if p.has {
		p.has = false
		return p.line, true
	}
	line, ok := p.in.Line()
	return string(line), ok
}

// back makes next return a line again.
func (p *patch) back(line string) { p.line, p.has = line, true }

// files applies the diff of each file.
func (p *patch) files() {
	var names [2]string
	for {
		line, ok := p.next()
		switch {
		case !ok:
			return
		case strings.HasPrefix(line, "--- "):
			names[0] = name(line)
		case strings.HasPrefix(line, "+++ "):
			names[1] = name(line)
		case strings.HasPrefix(line, "@@ -") && names[1] != "":
			p.back(line)
			if !p.file(names) {
				return
			}
			names = [2]string{}
		}
	}
}

// name returns the name in a line "--- name", without the date behind a tab.
func name(line string) string {
	name, _, _ := strings.Cut(line[4:], "\t")
	return strings.TrimRight(name, " \r")
}

// stripped takes folders off a name. Slashes in a row are one.
func (p *patch) stripped(name string) string {
	if name == null {
		return name
	}
	rest := name
	for n := p.strip; n != 0; n-- {
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			break
		}
		rest = strings.TrimLeft(rest[i:], "/")
	}
	return rest
}

const null = "/dev/null"

// hunk is a change: lines begin with ' ', '-' or '+'.
type hunk struct {
	lines             []string
	number            int
	oldLine, oldCount int
	newLine, newCount int
	bare              [2]bool // the old or the new text ends without a newline
}

// hunk reads the next hunk of the file.
func (p *patch) hunk(number int) *hunk {
	line, ok := p.next()
	if !ok {
		return nil
	}
	h := hunk{number: number}
	if !h.header(line) {
		p.back(line)
		return nil
	}
	for old, new := h.oldCount, h.newCount; old > 0 || new > 0; {
		line, ok := p.next()
		if !ok {
			break
		}
		if line == "" {
			line = " " // its space got lost
		}
		switch line[0] {
		case ' ':
			old--
			new--
		case '-':
			old--
		case '+':
			new--
		case '\\':
			h.noNewline()
			continue
		default:
			p.back(line)
			return &h
		}
		h.lines = append(h.lines, line)
	}
	if line, ok := p.next(); ok && strings.HasPrefix(line, "\\") {
		h.noNewline()
	} else if ok {
		p.back(line)
	}
	return &h
}

// noNewline is "\ No newline at end of file": it is about the last line.
func (h *hunk) noNewline() {
	if len(h.lines) == 0 {
		return
	}
	sign := h.lines[len(h.lines)-1][0]
	h.bare[0] = h.bare[0] || sign != '+'
	h.bare[1] = h.bare[1] || sign != '-'
}

// header reads "@@ -1,2 +3,4 @@".
func (h *hunk) header(line string) bool {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return false
	}
	old, rest, _ := strings.Cut(rest, " +")
	new, _, ok := strings.Cut(rest, " @@")
	var okOld, okNew bool
	h.oldLine, h.oldCount, okOld = lineRange(old)
	h.newLine, h.newCount, okNew = lineRange(new)
	return ok && okOld && okNew
}

func lineRange(s string) (line, count int, ok bool) {
	first, second, both := strings.Cut(s, ",")
	line, err := strconv.Atoi(first)
	count = 1
	if both && err == nil {
		count, err = strconv.Atoi(second)
	}
	return line, count, err == nil && line >= 0 && count >= 0
}

// turn exchanges old and new.
func (h *hunk) turn() {
	h.oldLine, h.newLine = h.newLine, h.oldLine
	h.oldCount, h.newCount = h.newCount, h.oldCount
	h.bare[0], h.bare[1] = h.bare[1], h.bare[0]
	for i, line := range h.lines {
		switch line[0] {
		case '-':
			h.lines[i] = "+" + line[1:]
		case '+':
			h.lines[i] = "-" + line[1:]
		}
	}
}

// side returns the lines of the old or the new text.
func (h *hunk) side(sign byte) (lines []string) {
	for _, line := range h.lines {
		if line[0] == ' ' || line[0] == sign {
			lines = append(lines, line[1:])
		}
	}
	return lines
}

// context counts the lines before the first change and behind the last one.
func (h *hunk) context() (before, after int) {
	for before < len(h.lines) && h.lines[before][0] == ' ' {
		before++
	}
	for after < len(h.lines) && h.lines[len(h.lines)-1-after][0] == ' ' {
		after++
	}
	return before, after
}
