package shell

import (
	"bytes"
	"strings"

	"bantam/internal/userland/applet/users"
)

// expander turns words into fields.
type expander struct {
	sh *shell
	// cur is the field being made; started says that there is one, be it empty.
	cur     []byte
	started bool
	// quotedAt are the places of cur with a quoted byte that patterns know, and glob
	// says that it has an unquoted one.
	quotedAt []int
	glob     bool
	fields   []string
	// split says that unquoted expansions are cut into fields; assigning, that a tilde
	// may follow a colon; pattern, that quoting is of interest.
	split, assigning, pattern bool
	// trim is for the pattern of ${name#pattern}, which has its own idea of brackets.
	trim bool
	// spaced says that a space of IFS just ended a field.
	spaced bool
	// operand counts the ${...} that we are in: there, literals are cut, too.
	operand int
}

// expandWords returns the fields of the words.
func (sh *shell) expandWords(words []*word, fields []string) []string {
	e := expander{sh: sh, fields: fields, split: true, pattern: !sh.opt(optNoGlob)}
	for _, w := range words {
		e.word(w)
	}
	return e.fields
}

// word adds a word's fields.
func (e *expander) word(w *word) {
	if w.static && !w.glob && !w.tilde {
		e.fields = append(e.fields, w.literal)
		return
	}
	e.parts(w, true)
	e.end()
}

// expandOne returns a word as one string: a redirection's target, case's subject.
func (sh *shell) expandOne(w *word) string {
	if w.static && !w.tilde {
		return w.literal
	}
	e := expander{sh: sh}
	e.parts(w, true)
	return string(e.cur)
}

// expandTarget is a redirection's file name.
func (sh *shell) expandTarget(w *word) string { return sh.expandOne(w) }

// expandValue is the right side of an assignment.
func (sh *shell) expandValue(w *word) string {
	if len(w.parts) == 1 && w.parts[0].kind == partCommand {
		return strings.ReplaceAll(sh.substitute(&w.parts[0]), "\x00", "")
	}
	if w.static && strings.IndexByte(w.literal, '~') < 0 {
		return w.literal
	}
	e := expander{sh: sh, assigning: true}
	e.parts(w, true)
	return string(e.cur)
}

// expandHere is a here document's body.
func (sh *shell) expandHere(w *word) string {
	if w.static {
		return w.literal
	}
	e := expander{sh: sh}
	e.parts(w, false)
	return string(e.cur)
}

// expandPattern returns a word as a pattern, in which quoted bytes are escaped.
func (sh *shell) expandPattern(w *word) string {
	if w.static && len(w.parts) == 1 && !w.tilde && (!w.parts[0].quoted || !special(w.literal)) {
		return w.literal
	}
	e := expander{sh: sh, pattern: true}
	e.parts(w, true)
	return e.escaped()
}

// expandTrim is expandPattern for ${name#pattern} and its like.
func (sh *shell) expandTrim(w *word) string {
	e := expander{sh: sh, pattern: true, trim: true}
	e.parts(w, true)
	return e.escaped()
}

func special(s string) bool { return strings.ContainsAny(s, "*?[]\\-!^") }

// escaped is the field with backslashes before the quoted bytes.
func (e *expander) escaped() string {
	if len(e.quotedAt) == 0 {
		return string(e.cur)
	}
	out := make([]byte, 0, len(e.cur)+len(e.quotedAt))
	from := 0
	for _, at := range e.quotedAt {
		out = append(out, e.cur[from:at]...)
		if e.trim && e.cur[at] == ']' && bytes.IndexByte(e.cur[from:at], '[') >= 0 && bytes.IndexByte(e.cur[at+1:], ']') >= 0 {
			// Nothing is escaped in a bracket: [a\]] is a or \, and then ].
			out = append(out, '\\', '\\')
			from = at
			continue
		}
		out = append(out, '\\')
		from = at
	}
	return string(append(out, e.cur[from:]...))
}

// end finishes the field.
func (e *expander) end() {
	e.spaced = false
	if !e.started {
		return
	}
	if e.glob {
		if names := e.sh.glob(e.escaped()); names != nil {
			e.fields = append(e.fields, names...)
			e.reset()
			return
		}
	}
	e.fields = append(e.fields, string(e.cur))
	e.reset()
}

func (e *expander) reset() {
	e.cur, e.quotedAt = e.cur[:0], e.quotedAt[:0]
	e.started, e.glob = false, false
}

// quoted appends text that stands for itself.
func (e *expander) quoted(s string) {
	e.started = true
	if e.pattern {
		for i := 0; i < len(s); i++ {
			switch s[i] {
			case '*', '?', '[', ']', '\\', '-', '!', '^':
				e.quotedAt = append(e.quotedAt, len(e.cur)+i)
			}
		}
	}
	e.cur = append(e.cur, s...)
}

// unquoted appends text whose pattern characters are active, without cutting it.
func (e *expander) unquoted(s string) {
	e.started = true
	if e.pattern && !e.glob && e.split {
		e.glob = strings.ContainsAny(s, "*?[")
	}
	e.cur = append(e.cur, s...)
}

// cut appends the result of an unquoted expansion.
func (e *expander) cut(s string) {
	if !e.split {
		if s != "" {
			e.unquoted(s)
		}
		return
	}
	ifs := e.sh.ifs
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if strings.IndexByte(ifs, c) < 0 {
			e.spaced = false
			continue
		}
		if i > from {
			e.unquoted(s[from:i])
		}
		from = i + 1
		space := c == ' ' || c == '\t' || c == '\n'
		switch {
		case e.started:
			e.end()
			e.spaced = space
		case space:
		case e.spaced:
			e.spaced = false // it belongs to the space before it
		default:
			e.started = true
			e.end()
		}
	}
	if from < len(s) {
		e.unquoted(s[from:])
		e.spaced = false
	}
}

// emit appends an expansion's result.
func (e *expander) emit(s string, quoted bool) {
	if quoted {
		e.quoted(s)
	} else {
		e.cut(s)
	}
}

// parts expands the parts of a word; a tilde counts at its beginning.
func (e *expander) parts(w *word, tilde bool) {
	for i := range w.parts {
		p := &w.parts[i]
		switch p.kind {
		case partLiteral:
			e.literal(w, i, tilde)
		case partParam:
			e.param(p)
		case partCommand:
			e.emit(e.sh.substitute(p), p.quoted)
		case partArith:
			e.emit(itoa(e.sh.arith(e.sh.expandHere(p.word))), p.quoted)
		case partProcess:
			e.emit(e.sh.processSubst(p), true)
		}
	}
}

// literal appends the word's part i.
func (e *expander) literal(w *word, i int, tilde bool) {
	p := &w.parts[i]
	if p.quoted {
		e.quoted(p.text)
		return
	}
	text := p.text
	if tilde && (i == 0 && w.tilde || e.assigning && strings.IndexByte(text, '~') >= 0) {
		text = e.tildes(text, i == 0, i == len(w.parts)-1)
		if text == "" {
			return
		}
	}
	if e.operand > 0 {
		e.cut(text)
		return
	}
	e.unquoted(text)
}

// tildes appends home folders for the tildes in an unquoted literal and returns the rest.
func (e *expander) tildes(text string, first, last bool) string {
	for at := first; ; {
		if at && strings.HasPrefix(text, "~") {
			n := strings.IndexAny(text, "/:")
			if n < 0 && last {
				n = len(text)
			}
			if n > 0 && (e.assigning || n == len(text) || text[n] == '/') {
				if home, ok := e.sh.home(text[1:n]); ok {
					e.quoted(home)
					text = text[n:]
				}
			}
		}
		if !e.assigning {
			return text
		}
		colon := strings.Index(text, ":~")
		if colon < 0 {
			return text
		}
		e.unquoted(text[:colon+1])
		text, at = text[colon+1:], true
	}
}

// home is a user's home folder, the shell's own for no name.
func (sh *shell) home(user string) (string, bool) {
	if user == "" {
		return sh.lookup("HOME")
	}
	u := users.ByName(user)
	if u == nil {
		return "", false
	}
	return u.Home, true
}

// substitute runs a command substitution and returns its output without the newlines
// at the end.
func (sh *shell) substitute(p *part) string {
	data := bytes.TrimRight(sh.capture(p), "\n")
	if bytes.IndexByte(data, 0) >= 0 {
		data = bytes.ReplaceAll(data, []byte{0}, nil)
	}
	return string(data)
}
