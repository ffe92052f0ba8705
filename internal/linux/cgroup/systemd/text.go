package systemd

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ParseText reads a value in GVariant's text form (GLib, "GVariant Text Format"),
// the part of it that annotations use: booleans, numbers, strings, arrays,
// tuples, dictionaries, <variants>, a leading type as a word (uint64 5) or as a
// signature (@as []). A number without a type is an int32, or a double with a
// point in it.
func ParseText(text string) (Value, error) {
	p := &textParser{s: text}
	v, err := p.value("")
	if err == nil {
		if p.space(); p.s != "" {
			err = errors.New("unexpected " + strconv.Quote(p.s))
		}
	}
	if err != nil {
		return Value{}, errors.New("value " + strconv.Quote(text) + ": " + err.Error())
	}
	return v, nil
}

type textParser struct {
	s     string
	depth int
}

func (p *textParser) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

// accept takes a character if it comes next.
func (p *textParser) accept(c byte) bool {
	p.space()
	if p.s != "" && p.s[0] == c {
		p.s = p.s[1:]
		return true
	}
	return false
}

// value reads a value; sig is the type that it must have, "" for its own.
func (p *textParser) value(sig string) (Value, error) {
	if p.depth++; p.depth > 32 {
		return Value{}, errors.New("nested too deeply")
	}
	defer func() { p.depth-- }()
	p.space()
	if p.s == "" {
		return Value{}, errors.New("something is missing at its end")
	}
	switch c := p.s[0]; {
	case c == '@':
		return p.typed(sig)
	case c == '\'' || c == '"':
		s, err := p.quoted()
		return stringValue(s, sig, err)
	case c == '[':
		return p.array(sig)
	case c == '(':
		return p.tuple(sig)
	case c == '{':
		return p.dict(sig)
	case c == '<':
		return p.variant(sig)
	case c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9':
		return p.number(sig)
	}
	return p.word(sig)
}

func stringValue(s, sig string, err error) (Value, error) {
	switch {
	case err != nil:
		return Value{}, err
	case sig == "":
		sig = "s"
	case sig != "s" && sig != "o" && sig != "g":
		return Value{}, errors.New(strconv.Quote(s) + " is no " + sig)
	}
	if strings.IndexByte(s, 0) >= 0 || sig == "o" && !strings.HasPrefix(s, "/") {
		return Value{}, errors.New(strconv.Quote(s) + " is no valid " + sig)
	}
	if n, ok := typeLength(s); sig == "g" && s != "" && (!ok || n > 255) {
		return Value{}, errors.New(strconv.Quote(s) + " is no signature")
	}
	return Value{Sig: sig, Str: s}, nil
}

// typed reads "@SIGNATURE VALUE".
func (p *textParser) typed(want string) (Value, error) {
	n, ok := typeLength(p.s[1:])
	if !ok {
		return Value{}, errors.New("bad type at " + strconv.Quote(p.s))
	}
	sig := p.s[1 : 1+n]
	p.s = p.s[1+n:]
	if want != "" && want != sig {
		return Value{}, errors.New("type " + sig + " where " + want + " is wanted")
	}
	return p.value(sig)
}

// word reads true, false or a type name and its value.
func (p *textParser) word(sig string) (Value, error) {
	n := 0
	for n < len(p.s) && (p.s[n] >= 'a' && p.s[n] <= 'z' || p.s[n] >= '0' && p.s[n] <= '9') {
		n++
	}
	word := p.s[:n]
	p.s = p.s[n:]
	named := typeNamed(word)
	switch {
	case word == "true" || word == "false":
		if sig != "" && sig != "b" {
			return Value{}, errors.New(word + " is no " + sig)
		}
		return Bool(word == "true"), nil
	case named == "":
		return Value{}, errors.New("unknown word " + strconv.Quote(word+p.s))
	case sig != "" && sig != named:
		return Value{}, errors.New("type " + word + " where " + sig + " is wanted")
	}
	return p.value(named)
}

func typeNamed(word string) string {
	switch word {
	case "boolean":
		return "b"
	case "byte":
		return "y"
	case "int16":
		return "n"
	case "uint16":
		return "q"
	case "int32":
		return "i"
	case "handle":
		return "h"
	case "uint32":
		return "u"
	case "int64":
		return "x"
	case "uint64":
		return "t"
	case "double":
		return "d"
	case "string":
		return "s"
	case "objectpath":
		return "o"
	case "signature":
		return "g"
	}
	return ""
}

func (p *textParser) number(sig string) (Value, error) {
	n := 0
	for n < len(p.s) && strings.IndexByte(" \t\r\n,:)]}>", p.s[n]) < 0 {
		n++
	}
	text := p.s[:n]
	p.s = p.s[n:]
	if sig == "" {
		sig = "i"
		if strings.ContainsAny(text, ".eE") && !strings.HasPrefix(text, "0x") {
			sig = "d"
		}
	}
	v := Value{Sig: sig}
	var err error
	switch bits, signed := width(sig); {
	case sig == "d":
		var f float64
		f, err = strconv.ParseFloat(text, 64)
		v.Num = math.Float64bits(f)
	case bits == 0:
		err = errors.New("is a number where " + sig + " is wanted")
	case signed:
		var i int64
		i, err = strconv.ParseInt(text, 0, bits)
		v.Num = uint64(i)
	default:
		v.Num, err = strconv.ParseUint(text, 0, bits)
	}
	if err != nil {
		return Value{}, errors.New(strconv.Quote(text) + " is no number of type " + sig)
	}
	return v, nil
}

func width(sig string) (bits int, signed bool) {
	switch sig {
	case "y":
		return 8, false
	case "n":
		return 16, true
	case "q":
		return 16, false
	case "i", "h":
		return 32, true
	case "u":
		return 32, false
	case "x":
		return 64, true
	case "t":
		return 64, false
	}
	return 0, false
}

// quoted reads a string in single or double quotes with C's escapes.
func (p *textParser) quoted() (string, error) {
	quote := p.s[0]
	var b []byte
	for i := 1; i < len(p.s); i++ {
		c := p.s[i]
		switch {
		case c == quote:
			p.s = p.s[i+1:]
			return string(b), nil
		case c == '\\' && i+1 < len(p.s):
			n := 0
			if b, n = appendEscape(b, p.s[i+1:]); n == 0 {
				return "", errors.New("bad escape in " + p.s)
			}
			i += n
		default:
			b = append(b, c)
		}
	}
	return "", errors.New("a quote is not closed: " + p.s)
}

// appendEscape reads what stands behind a backslash and returns its length.
func appendEscape(b []byte, s string) ([]byte, int) {
	switch s[0] {
	case 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return append(b, "\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", s[0])]), 1
	case 'u', 'U':
		n := 5
		if s[0] == 'U' {
			n = 9
		}
		if len(s) < n {
			return b, 0
		}
		r, err := strconv.ParseUint(s[1:n], 16, 32)
		if err != nil {
			return b, 0
		}
		return append(b, string(rune(r))...), n
	}
	return append(b, s[0]), 1
}

// list reads values separated by commas up to the closing character.
func (p *textParser) list(end byte, item func() error) error {
	p.s = p.s[1:]
	if p.accept(end) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if p.accept(end) {
			return nil
		}
		if !p.accept(',') {
			return errors.New("a comma or " + string(end) + " is missing at " + strconv.Quote(p.s))
		}
		if end == ')' && p.accept(end) {
			return nil // (5,) is a tuple of one
		}
	}
}

func (p *textParser) array(sig string) (Value, error) {
	if sig != "" && sig[0] != 'a' {
		return Value{}, errors.New("an array where " + sig + " is wanted")
	}
	v := Value{Sig: sig}
	err := p.list(']', func() error {
		inner := ""
		if v.Sig != "" {
			inner = v.Sig[1:] // the first item gives the others their type
		}
		item, err := p.value(inner)
		v.Sig = "a" + item.Sig
		v.Items = append(v.Items, item)
		return err
	})
	if err == nil && v.Sig == "" {
		err = errors.New("an empty array needs a type in front of it, like @as []")
	}
	return v, err
}

func (p *textParser) tuple(sig string) (Value, error) {
	if sig != "" && sig[0] != '(' {
		return Value{}, errors.New("a tuple where " + sig + " is wanted")
	}
	rest := strings.TrimSuffix(strings.TrimPrefix(sig, "("), ")")
	v := Value{}
	err := p.list(')', func() error {
		inner := ""
		if sig != "" {
			n, ok := typeLength(rest)
			if !ok {
				return errors.New("more members than " + sig)
			}
			inner, rest = rest[:n], rest[n:]
		}
		item, err := p.value(inner)
		v.Items = append(v.Items, item)
		return err
	})
	if err == nil && (rest != "" && sig != "" || len(v.Items) == 0) {
		err = errors.New("a tuple with too few members")
	}
	v.Sig = Struct(v.Items...).Sig
	return v, err
}

func (p *textParser) dict(sig string) (Value, error) {
	if sig != "" && !strings.HasPrefix(sig, "a{") {
		return Value{}, errors.New("a dictionary where " + sig + " is wanted")
	}
	key, value := "", ""
	if sig != "" {
		key, value = sig[2:3], sig[3:len(sig)-1]
	}
	v := Value{Sig: sig}
	err := p.list('}', func() error {
		k, err := p.value(key)
		if err != nil {
			return err
		}
		if strings.IndexByte("ybnqiuxtdsog", k.Sig[0]) < 0 {
			return errors.New("a key of type " + k.Sig)
		}
		if !p.accept(':') {
			return errors.New("a colon is missing at " + strconv.Quote(p.s))
		}
		val, err := p.value(value)
		if err != nil {
			return err
		}
		key, value = k.Sig, val.Sig
		v.Sig = "a{" + key + value + "}"
		v.Items = append(v.Items, Value{Sig: v.Sig[1:], Items: []Value{k, val}})
		return nil
	})
	if err == nil && v.Sig == "" {
		err = errors.New("an empty dictionary needs a type in front of it, like @a{sv} {}")
	}
	return v, err
}

func (p *textParser) variant(sig string) (Value, error) {
	if sig != "" && sig != "v" {
		return Value{}, errors.New("a variant where " + sig + " is wanted")
	}
	p.s = p.s[1:]
	inner, err := p.value("")
	if err == nil && !p.accept('>') {
		err = errors.New("> is missing at " + strconv.Quote(p.s))
	}
	return variant(inner), err
}
