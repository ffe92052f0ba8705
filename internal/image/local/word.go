package local

import (
	"errors"
	"fmt"
	"strings"
)

// pairs reads "A=b C='d e'", or the older "A rest of the line". Variables have the
// values from before the instruction.
func (p *Process) pairs(name, s string) ([][2]string, error) {
	words := splitWords(s)
	if !strings.Contains(words[0], "=") {
		value := strings.TrimSpace(s[len(words[0]):])
		if value == "" {
			return nil, errors.New(name + " must have two arguments")
		}
		words = []string{words[0] + "=" + value}
	}
	var list [][2]string
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("Syntax error - can't find = in %q. Must be of the form: name=value", w)
		}
		var err error
		if k, err = p.expand(k); err != nil {
			return nil, err
		}
		if v, err = p.expand(v); err != nil {
			return nil, err
		}
		if k == "" {
			return nil, errors.New(name + " names can not be blank")
		}
		list = append(list, [2]string{k, v})
	}
	return list, nil
}

// splitWords splits at blanks outside quotes and leaves the quotes in place. There
// is a word where s is not blank.
func splitWords(s string) []string {
	var words []string
	start, quote := -1, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if start < 0 {
			if c == ' ' || c == '\t' {
				continue
			}
			start = i
		}
		switch {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ' ' || c == '\t':
			words = append(words, s[start:i])
			start = -1
		}
	}
	if start >= 0 {
		words = append(words, s[start:])
	}
	return words
}

// expand undoes quotes and backslashes and puts in variables of the image's
// environment, as Dockerfiles do: $A, ${A}, ${A:-word}, ${A:+word}.
func (p *Process) expand(s string) (string, error) {
	x := expander{env: p.Env, rest: s}
	text, err := x.until(0)
	if err == nil && strings.IndexByte(text, 0) >= 0 {
		err = errors.New("a null byte cannot be part of a value")
	}
	return text, err
}

// maxDepth of ${A:-${B:-...}}.
const maxDepth = 100

type expander struct {
	env   []string
	rest  string
	depth int
}

// until expands up to an end outside quotes, which it takes off; 0 is the end of the text.
func (x *expander) until(end byte) (string, error) {
	if x.depth++; x.depth > maxDepth {
		return "", errors.New("syntax error: substitutions are nested too deeply")
	}
	defer func() { x.depth-- }()
	var b strings.Builder
	for x.rest != "" {
		c := x.next()
		var part string
		var err error
		switch {
		case c == end && end != 0:
			return b.String(), nil
		case c == '\'':
			i := strings.IndexByte(x.rest, '\'')
			if i < 0 {
				return "", errors.New("unexpected end of statement while looking for matching single-quote")
			}
			part, x.rest = x.rest[:i], x.rest[i+1:]
		case c == '"':
			part, err = x.quoted()
		case c == '$':
			part, err = x.variable()
		case c == '\\' && x.rest != "":
			b.WriteByte(x.next())
		default:
			b.WriteByte(c)
		}
		if err != nil {
			return "", err
		}
		b.WriteString(part)
	}
	if end != 0 {
		return "", errors.New("syntax error: missing '}'")
	}
	return b.String(), nil
}

func (x *expander) next() byte {
	c := x.rest[0]
	x.rest = x.rest[1:]
	return c
}

// quoted expands up to the closing double quote.
func (x *expander) quoted() (string, error) {
	var b strings.Builder
	for x.rest != "" {
		switch c := x.next(); {
		case c == '"':
			return b.String(), nil
		case c == '\\' && x.rest != "" && strings.IndexByte(`"$\`, x.rest[0]) >= 0:
			b.WriteByte(x.next())
		case c == '$':
			part, err := x.variable()
			if err != nil {
				return "", err
			}
			b.WriteString(part)
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("unexpected end of statement while looking for matching double-quote")
}

// variable stands behind a "$".
func (x *expander) variable() (string, error) {
	if strings.HasPrefix(x.rest, "{") {
		x.next()
		return x.braced()
	}
	name := x.name()
	if name == "" {
		return "$", nil
	}
	value, _ := x.value(name)
	return value, nil
}

func (x *expander) braced() (string, error) {
	name := x.name()
	if name == "" || x.rest == "" {
		return "", errors.New("syntax error: bad substitution")
	}
	value, set := x.value(name)
	how := x.next()
	if how == '}' {
		return value, nil
	}
	if how == ':' && x.rest != "" {
		set = set && value != "" // a colon makes empty as good as unset
		how = x.next()
	}
	word, err := x.until('}')
	switch {
	case err != nil:
		return "", err
	case how == '-' && !set, how == '+' && set:
		return word, nil
	case how == '-':
		return value, nil
	case how == '+':
		return "", nil
	case how == '?' && set:
		return value, nil
	case how == '?':
		return "", errors.New(name + ": " + word)
	}
	return "", fmt.Errorf("unsupported modifier (%c) in substitution", how)
}

// name takes a variable's name off: letters, digits and "_", or one digit.
func (x *expander) name() string {
	n := 0
	for n < len(x.rest) {
		c := x.rest[n]
		digit := c >= '0' && c <= '9'
		if !digit && c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		n++
		if digit && n == 1 {
			break
		}
	}
	name := x.rest[:n]
	x.rest = x.rest[n:]
	return name
}

func (x *expander) value(name string) (string, bool) {
	for _, e := range x.env {
		if k, v, _ := strings.Cut(e, "="); k == name {
			return v, true
		}
	}
	return "", false
}
