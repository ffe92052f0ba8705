// Package lineedit edits a line in a terminal with the keys of BusyBox's shell, which
// are those of Emacs and readline.
package lineedit

import (
	"io"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
)

// Editor reads lines from a terminal. The zero value with In and Out set is ready.
type Editor struct {
	// In is where keys come from, Out where the line is shown.
	In, Out int
	History History
	// Complete returns what the word before the cursor can be completed to: candidates,
	// unquoted, replace line[start:cursor]. Those that end with a slash are folders.
	Complete func(line string, cursor int) (start int, candidates []string)
	// Timeout is how many milliseconds are waited for a key, 0 for ever. Then ReadLine
	// returns ErrTimeout.
	Timeout int
	// Woken, if it isn't nil, is called when the descriptor Wake can be read. It must
	// empty it. ReadLine ends with the error that it returns, if it does. Without it
	// the editor itself watches for SIGWINCH.
	Wake  int
	Woken func() error

	keys   term.Reader
	winch  int
	modes  *term.Modes
	line   []rune
	cursor int
	killed []rune
	// lines are the history's and the new one at the end, as edited up to now.
	lines   []string
	at      int
	tabbed  bool // the last key was a tab that found several candidates
	choices []string
	screen  screen
}

type failure string

func (f failure) Error() string { return string(f) }

const (
	// ErrInterrupted is ^C. It was shown, and the cursor is on the next line.
	ErrInterrupted = failure("interrupted")
	// ErrTimeout is that no key came in time.
	ErrTimeout = failure("timed out")
)

func ctrl(letter rune) rune { return letter & 0x1f }

// ReadLine shows the prompt and returns the line without its newline. The error is
// io.EOF for ^D in an empty line, ErrInterrupted for ^C. What stands between the bytes
// 1 and 2 in the prompt takes no room on the screen; see Prompt. Where the input is no
// terminal, or one that doesn't echo, lines are read as they come. The line isn't
// added to the history.
func (e *Editor) ReadLine(prompt string) (line string, err error) {
	modes, err := term.Get(e.In)
	if err != nil || modes.Lflag&(unix.ECHO|unix.ICANON) == unix.ICANON {
		e.write(plainPrompt(prompt))
		return e.plain()
	}
	e.start(prompt, modes)
	defer term.SetNow(e.In, modes)
	for {
		if !e.keys.Waiting() {
			e.draw()
		}
		key, err := e.keys.Key(e.timeout())
		if err == nil {
			key, err = e.meta(key)
		}
		if err == nil {
			var done bool
			if done, err = e.press(key); done && err == nil {
				e.leave("")
				return text(e.line), nil
			}
		}
		if err != nil {
			return e.stop(err)
		}
	}
}

func (e *Editor) timeout() int {
	if e.Timeout <= 0 {
		return -1
	}
	return e.Timeout
}

// start prepares for a line.
func (e *Editor) start(prompt string, modes *term.Modes) {
	e.modes = modes
	raw := *modes
	// The translation of output stays: jobs in the background write, too.
	raw.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL | unix.ISIG
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	term.SetNow(e.In, &raw)
	e.keys.Fd, e.keys.Signals, e.keys.Watch = e.In, e.Wake, e.Woken != nil
	if e.Woken == nil {
		if e.winch == 0 {
			e.winch, _ = signals.Pipe(syscall.SIGWINCH)
		}
		e.keys.Signals, e.keys.Watch = e.winch, e.winch > 0
	}
	e.line, e.cursor, e.tabbed = e.line[:0], 0, false
	e.lines = append(append(e.lines[:0], e.History.Lines...), "")
	e.at = len(e.lines) - 1
	e.prompt(prompt)
}

// stop ends a line that was not finished.
func (e *Editor) stop(err error) (string, error) {
	e.draw()
	if err == ErrInterrupted {
		e.leave("^C")
	}
	return "", err
}

// leave puts the cursor behind the line.
func (e *Editor) leave(mark string) {
	e.cursor = len(e.line)
	e.draw()
	e.write(mark + "\r\n")
}

// plain reads a line without editing, byte by byte: the rest isn't for us.
func (e *Editor) plain() (string, error) {
	var line []byte
	for {
		var b [1]byte
		n, err := applet.ReadFd(e.In, b[:])
		switch {
		case err != nil:
			return string(line), err
		case n == 0 && len(line) == 0:
			return "", io.EOF
		case n == 0 || b[0] == '\n':
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

// meta deals with what is no key: it returns 0 for it.
func (e *Editor) meta(key rune) (rune, error) {
	switch key {
	case term.Timeout:
		return 0, ErrTimeout
	case term.Signal:
		if e.Woken != nil {
			err := e.Woken()
			e.resized()
			return 0, err
		}
		var b [16]byte
		syscall.Read(e.winch, b[:])
		e.resized()
		return 0, nil
	}
	return key, nil
}

// press does what a key is for.
func (e *Editor) press(key rune) (done bool, err error) {
	if key != '\t' {
		e.tabbed = false
	}
	if key == 0 {
		return false, nil
	}
	switch {
	case key > 0 && key == rune(e.modes.Cc[unix.VINTR]):
		return true, ErrInterrupted
	case key > 0 && key == rune(e.modes.Cc[unix.VEOF]):
		if len(e.line) == 0 {
			return true, io.EOF
		}
		e.remove(e.cursor, e.cursor+1)
		return false, nil
	case key == '\n' || key == '\r':
		return true, nil
	case key == ctrl('R'):
		if key, err = e.search(); err != nil || key == 0 {
			return false, err
		}
		return e.press(key)
	case key >= ' ' && key != 127:
		e.insert([]rune{key})
		return false, nil
	}
	e.command(key)
	return false, nil
}

// command does what an editing key is for.
func (e *Editor) command(key rune) {
	switch key {
	case ctrl('A'), term.Home:
		e.cursor = 0
	case ctrl('E'), term.End:
		e.cursor = len(e.line)
	case ctrl('B'), term.Left:
		e.cursor = max(e.cursor-1, 0)
	case ctrl('F'), term.Right:
		e.cursor = min(e.cursor+1, len(e.line))
	case term.CtrlLeft, term.AltLeft:
		e.cursor = e.wordLeft()
	case term.CtrlRight, term.AltRight:
		e.cursor = e.wordRight()
	case ctrl('P'), term.Up:
		e.browse(-1)
	case ctrl('N'), term.Down:
		e.browse(1)
	case '\t':
		e.tab()
	case ctrl('L'):
		e.clearScreen()
	case ctrl('T'):
		e.transpose()
	case ctrl('Y'):
		e.insert(e.killed)
	default:
		e.erase(key)
	}
}

// erase does what the deleting keys are for.
func (e *Editor) erase(key rune) {
	switch key {
	case '\b', 127:
		e.remove(e.cursor-1, e.cursor)
	case term.Delete, ctrl('D'):
		e.remove(e.cursor, e.cursor+1)
	case ctrl('K'):
		e.kill(e.cursor, len(e.line))
	case ctrl('U'):
		e.kill(0, e.cursor)
	case ctrl('W'):
		from := e.cursor
		for from > 0 && isSpace(e.line[from-1]) {
			from--
		}
		for from > 0 && !isSpace(e.line[from-1]) {
			from--
		}
		e.kill(from, e.cursor)
	case term.AltD, term.CtrlDelete:
		e.kill(e.cursor, e.wordRight())
	case term.AltBackspace:
		e.kill(e.wordLeft(), e.cursor)
	}
}

func isSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

// isPunct says whether the character separates words.
func isPunct(r rune) bool {
	return r > ' ' && r < 127 && !(r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z')
}

// wordLeft is where the word before the cursor begins.
func (e *Editor) wordLeft() int {
	i := e.cursor
	for i > 0 && (isSpace(e.line[i-1]) || isPunct(e.line[i-1])) {
		i--
	}
	for i > 0 && !isSpace(e.line[i-1]) && !isPunct(e.line[i-1]) {
		i--
	}
	return i
}

// wordRight is where the word behind the cursor ends.
func (e *Editor) wordRight() int {
	i := e.cursor
	for i < len(e.line) && (isSpace(e.line[i]) || isPunct(e.line[i])) {
		i++
	}
	for i < len(e.line) && !isSpace(e.line[i]) && !isPunct(e.line[i]) {
		i++
	}
	return i
}

// most bounds the line: 64 K characters, so that a paste can't fill the memory.
const most = 64 << 10

//go:noinline
func (e *Editor) insert(text []rune) {
	if len(e.line)+len(text) > most {
		e.beep()
		return
	}
	e.line = append(e.line, text...)
	copy(e.line[e.cursor+len(text):], e.line[e.cursor:])
	copy(e.line[e.cursor:], text)
	e.cursor += len(text)
}

//go:noinline
func (e *Editor) remove(from, to int) {
	from, to = max(from, 0), min(to, len(e.line))
	if from >= to {
		return
	}
	e.line = append(e.line[:from], e.line[to:]...)
	if e.cursor > from {
		e.cursor = max(from, e.cursor-(to-from))
	}
}

// kill removes text and keeps it for ^Y.
//
//go:noinline
func (e *Editor) kill(from, to int) {
	if from < to {
		e.killed = append(e.killed[:0], e.line[from:to]...)
		e.remove(from, to)
	}
}

// transpose exchanges the characters before and under the cursor.
func (e *Editor) transpose() {
	if i := min(e.cursor, len(e.line)-1); i > 0 {
		e.line[i-1], e.line[i] = e.line[i], e.line[i-1]
		e.cursor = i + 1
	}
}

// set replaces the line and puts the cursor at its end.
//
//go:noinline
func (e *Editor) set(s string) {
	e.line = append(e.line[:0], runes(s)...)
	e.cursor = len(e.line)
}

// runes and text keep bytes that aren't UTF-8 as term.Byte and the byte.
//
//go:noinline
func runes(s string) []rune {
	line := make([]rune, 0, len(s))
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			r = term.Byte + rune(s[0])
		}
		line = append(line, r)
		s = s[size:]
	}
	return line
}

//go:noinline
func text(line []rune) string {
	p := make([]byte, 0, len(line))
	for _, r := range line {
		if r >= term.Byte {
			p = append(p, byte(r-term.Byte))
		} else {
			p = utf8.AppendRune(p, r)
		}
	}
	return string(p)
}

//go:noinline
func (e *Editor) write(s string) { applet.WriteFd(e.Out, []byte(s)) }

//go:noinline
func (e *Editor) beep() { e.write("\a") }
