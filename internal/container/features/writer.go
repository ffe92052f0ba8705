package features

import "strings"

// writer writes indented JSON. Its strings are the runtime's own names, which need no
// escape but those of text.
type writer struct {
	b     []byte
	depth int
	some  bool // the object has a member already
}

func (w *writer) line() {
	if w.some {
		w.b = append(w.b, ',')
	}
	if w.depth > 0 {
		w.b = append(w.b, '\n')
	}
	w.indent()
	w.some = true
}

func (w *writer) indent() { w.b = append(w.b, strings.Repeat("    ", w.depth)...) }

func (w *writer) name(name string) {
	w.line()
	if name != "" {
		w.b = append(w.b, `"`+name+`": `...)
	}
}

func (w *writer) open(name string) {
	w.name(name)
	w.b = append(w.b, '{')
	w.depth++
	w.some = false
}

func (w *writer) close() {
	w.depth--
	w.b = append(w.b, '\n')
	w.indent()
	w.b = append(w.b, '}')
	w.some = true
}

func (w *writer) flag(name string, on bool) {
	w.name(name)
	if on {
		w.b = append(w.b, "true"...)
	} else {
		w.b = append(w.b, "false"...)
	}
}

// flags writes an object of flags that are all on.
func (w *writer) flags(name string, on ...string) {
	w.open(name)
	for _, f := range on {
		w.flag(f, true)
	}
	w.close()
}

func (w *writer) text(name, value string) {
	w.name(name)
	w.b = append(w.b, '"')
	for _, c := range []byte(value) {
		switch {
		case c == '"', c == '\\':
			w.b = append(w.b, '\\', c)
		case c < ' ':
			w.b = append(w.b, ' ')
		default:
			w.b = append(w.b, c)
		}
	}
	w.b = append(w.b, '"')
}

func (w *writer) list(name string, values []string) {
	w.name(name)
	w.b = append(w.b, '[')
	w.depth++
	w.some = false
	for _, v := range values {
		w.line()
		w.b = append(w.b, `"`+v+`"`...)
	}
	w.depth--
	w.b = append(w.b, '\n')
	w.indent()
	w.b = append(w.b, ']')
	w.some = true
}
