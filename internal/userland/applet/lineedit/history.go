package lineedit

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/term"
)

// History are the lines of the past, the oldest first.
type History struct {
	Lines []string
	// Limit is how many lines are kept, 255 if it is 0.
	Limit int
	// File is where they are kept, if it isn't empty: see Load.
	File string

	inFile int
}

func (h *History) limit() int {
	if h.Limit > 0 {
		return h.Limit
	}
	return 255
}

// Load reads the last lines of File. If it can't be read the history stays as it is.
func (h *History) Load() error {
	in, err := applet.Open(h.File)
	if err != nil {
		return err
	}
	defer in.Close()
	h.Lines, h.inFile = nil, 0
	for line, ok := in.Line(); ok; line, ok = in.Line() {
		if len(line) > 0 {
			h.inFile++
			h.keep(string(line))
		}
	}
	return in.Err()
}

func (h *History) keep(line string) {
	if n := len(h.Lines) - h.limit() + 1; n > 0 {
		h.Lines = append(h.Lines[:0], h.Lines[n:]...)
	}
	h.Lines = append(h.Lines, line)
}

// Add appends a line to the history and to File, if it isn't empty or the same as the
// last one. Shells that run side by side append to the same file; it is shortened when
// it has grown to four times the limit.
func (h *History) Add(line string) {
	if n := len(h.Lines); line == "" || n > 0 && h.Lines[n-1] == line {
		return
	}
	h.keep(line)
	if h.File == "" {
		return
	}
	fd, err := applet.OpenFile(h.File, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND, 0o600)
	if err != nil {
		return
	}
	err = applet.WriteFd(fd, []byte(line+"\n"))
	syscall.Close(fd)
	if h.inFile++; err == nil && h.inFile > 4*h.limit() {
		h.shorten()
	}
}

// shorten replaces the file by its last lines at once.
func (h *History) shorten() {
	all := History{File: h.File, Limit: h.Limit}
	if all.Load() != nil {
		return
	}
	name := h.File + "." + strconv.Itoa(syscall.Getpid()) + ".new"
	if applet.WriteFile(name, []byte(strings.Join(all.Lines, "\n")+"\n"), 0o600) == nil && syscall.Rename(name, h.File) == nil {
		h.inFile = len(all.Lines)
	}
}

// browse shows an older or a newer line. What was changed in the one that it leaves is
// kept until the line is finished.
func (e *Editor) browse(by int) {
	to := e.at + by
	if to < 0 || to >= len(e.lines) {
		e.beep()
		return
	}
	e.lines[e.at] = text(e.line)
	e.at = to
	e.set(e.lines[to])
}

// search is ^R: it looks for what is typed in older lines. It returns the key that
// ended it, which is still to be pressed, or 0.
func (e *Editor) search() (key rune, err error) {
	prompt, indent := e.screen.prompt, e.screen.indent
	var typed []rune
	e.lines[e.at] = text(e.line)
	for {
		e.screen.prompt = "(reverse-i-search)'" + text(typed) + "': "
		e.screen.indent = promptWidth(e.screen.prompt)
		e.redraw()
		e.draw()
		if key, err = e.keys.Key(e.timeout()); err != nil {
			break
		}
		if key, err = e.meta(key); err != nil {
			break
		}
		from := e.at
		switch {
		case key == 0:
			continue
		case key == ctrl('R'):
			from--
		case key == '\b' || key == 127:
			typed = typed[:max(len(typed)-1, 0)]
		case key >= ' ' && len(typed) < 100:
			typed = append(typed, key)
		default:
			e.endSearch(prompt, indent)
			if key == ctrl('G') || key == term.Escape {
				key = 0
			}
			return key, nil
		}
		if !e.find(text(typed), from) {
			e.beep()
			if key >= ' ' && key != 127 {
				typed = typed[:len(typed)-1]
			}
		}
	}
	e.endSearch(prompt, indent)
	return 0, err
}

func (e *Editor) endSearch(prompt string, indent int) {
	// The cursor is where the search's prompt put it: go to its start first.
	e.write(e.screen.move(0, 0))
	e.screen.prompt, e.screen.indent = prompt, indent
	e.redraw()
}

// find shows the line with the text that is the newest from one on backwards.
func (e *Editor) find(what string, from int) bool {
	for i := from; i >= 0; i-- {
		if at := strings.Index(e.lines[i], what); at >= 0 {
			e.at = i
			e.set(e.lines[i])
			e.cursor = len(runes(e.lines[i][:at]))
			return true
		}
	}
	return false
}
