package sed

import (
	"bytes"
	"strings"

	"bantam/internal/userland/applet/regex"
)

// delimited takes the text up to the next delimiter that no backslash stands before
// and that is in no bracket expression, if the text is a pattern.
func (p *parser) delimited(delimiter byte, isPattern bool) (text string, ok bool) {
	start := p.pos
	for p.more() {
		switch b := p.peek(); {
		case b == delimiter:
			p.pos++
			return p.text[start : p.pos-1], true
		case b == '\\':
			p.pos++
		case b == '[' && isPattern:
			// A bracket that isn't closed is one for the pattern's compiler.
			if end := bracket(p.text[p.pos:]); end > 0 {
				p.pos += end - 1
			}
		case b == '\n' && isPattern:
			return "", false
		}
		p.pos++
	}
	return "", false
}

// bracket returns the length of the bracket expression that s begins with, 0 if it
// doesn't end.
func bracket(s string) int {
	i := 1
	if strings.HasPrefix(s[i:], "^") {
		i++
	}
	if strings.HasPrefix(s[i:], "]") {
		i++
	}
	for i < len(s) && s[i] != '\n' {
		switch {
		case s[i] == ']':
			return i + 1
		case s[i] == '[' && i+1 < len(s) && strings.IndexByte(":.=", s[i+1]) >= 0:
			if end := strings.Index(s[i+2:], s[i+1:i+2]+"]"); end >= 0 {
				i += 3 + end
			}
		}
		i++
	}
	return 0
}

// control is the byte that \n and the like stand for, 0 for what stands for no other.
func control(b byte) byte {
	if i := strings.IndexByte("afnrtv", b); i >= 0 {
		return "\a\f\n\r\t\v"[i]
	}
	return 0
}

// numbered reads what \d065, \o101, \x41 and \cA stand for.
func numbered(s string) (b byte, length int, ok bool) {
	base, digits := 0, 0
	switch s[0] {
	case 'd':
		base, digits = 10, 3
	case 'o':
		base, digits = 8, 3
	case 'x':
		base, digits = 16, 2
	case 'c':
		if len(s) > 1 {
			return bytes.ToUpper([]byte(s[1:2]))[0] ^ 0x40, 2, true
		}
	}
	n, i := 0, 1
	for ; i < len(s) && i <= digits; i++ {
		d := strings.IndexByte("0123456789abcdef", s[i]|0x20)
		if isDigit(s[i]) {
			d = int(s[i] - '0')
		}
		if d < 0 || d >= base {
			break
		}
		n = n*base + d
	}
	return byte(n), i, i > 1
}

// unescape rewrites a pattern of a script for the compiler: what \n, \t, \x41 stand
// for, and the delimiter without its backslash.
func unescape(text string, delimiter byte, extended bool) string {
	out := make([]byte, 0, len(text))
	inBracket := 0 // where the bracket expression ends
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == '[' && i >= inBracket {
			inBracket = i + bracket(text[i:])
		}
		if b != '\\' || i+1 == len(text) {
			out = append(out, b)
			continue
		}
		i++
		inside := i < inBracket
		b = text[i]
		c, length, ok := numbered(text[i:])
		switch {
		case control(b) != 0:
			out = append(out, control(b))
		case ok && !inside:
			special := `\.[]*^$`
			if extended {
				special += "+?(){}|"
			}
			if strings.IndexByte(special, c) >= 0 {
				out = append(out, '\\')
			}
			out = append(out, c)
			i += length - 1
		case b == delimiter && delimiter != '/' && !inside && strings.IndexByte(".[]*^$", b) < 0 || b == '/' && delimiter == '/' || b == '\n':
			out = append(out, b)
		case inside && b == '\\':
			out = append(out, '\\', '\\')
		case inside:
			out = append(out, '\\')
			i-- // the byte may end the bracket
		default:
			out = append(out, '\\', b)
		}
	}
	return string(out)
}

// lines reads the text of a, i and c: up to the end of a line without a backslash.
func (p *parser) lines() []byte {
	p.skip(blanks)
	if p.peek() == '\\' {
		p.pos++
		at := p.pos
		if p.skip(blanks); p.peek() == '\n' {
			p.pos++
		} else {
			p.pos = at // a\text keeps its blanks
		}
	}
	var out []byte
	for p.more() && p.peek() != '\n' {
		b := p.peek()
		if b == '\\' && p.pos+1 < len(p.text) {
			p.pos++
			if b = p.peek(); control(b) != 0 {
				b = control(b)
			}
		}
		out = append(out, b)
		p.pos++
	}
	return out
}

// substitution reads what follows s.
func (p *parser) substitution(c *command) string {
	delimiter := p.peek()
	p.pos++
	if delimiter == 0 || delimiter == '\n' || delimiter == '\\' {
		return "bad format in substitution expression"
	}
	pattern, ok := p.delimited(delimiter, true)
	if !ok {
		return "unmatched '" + string(delimiter) + "'"
	}
	replacement, ok := p.delimited(delimiter, false)
	if !ok {
		return "unmatched '" + string(delimiter) + "'"
	}
	u := &substitution{nth: 1}
	c.subst = u
	flags, wrong := p.flags(u)
	if wrong != "" {
		return wrong
	}
	if u.re, wrong = p.compile(pattern, delimiter, flags); wrong != "" {
		return wrong
	}
	highest := u.parse(replacement, delimiter)
	if u.re != nil && highest > u.re.Groups() {
		return "invalid reference \\" + string(byte('0'+highest)) + " on 's' command's RHS"
	}
	u.slots = make([]int, 2*highest+2)
	return ""
}

// flags reads the flags of s.
func (p *parser) flags(u *substitution) (flags regex.Flags, wrong string) {
	for ; p.more(); p.pos++ {
		switch b := p.peek(); {
		case b == 'g':
			u.global = true
		case b == 'p':
			u.print = true
		case b == 'i' || b == 'I':
			flags |= regex.IgnoreCase
		case b == 'm' || b == 'M':
			flags |= regex.Newline
		case isDigit(b):
			if u.nth = p.count(); u.nth == 0 {
				return 0, "number option to 's' command may not be zero"
			}
			p.pos--
		case b == 'w':
			p.pos++
			p.skip(blanks)
			name := p.word("\n")
			if name == "" {
				return 0, "empty filename"
			}
			u.file, wrong = p.create(name)
			return flags, wrong
		case strings.IndexByte("\n;}#", b) >= 0:
			return flags, ""
		case strings.IndexByte(blanks, b) < 0:
			return 0, "bad option in substitution expression"
		}
	}
	return flags, ""
}

// parse reads a replacement and returns the highest group it refers to.
func (u *substitution) parse(text string, delimiter byte) (highest int) {
	for i := 0; i < len(text); i++ {
		b := text[i]
		group, change := -1, byte(0)
		if b == '&' {
			group = 0
		} else if b == '\\' && i+1 < len(text) {
			i++
			b = text[i]
			c, length, ok := numbered(text[i:])
			switch {
			case b == delimiter && control(b) == 0:
			case isDigit(b):
				group = int(b - '0')
			case strings.IndexByte("LUluE", b) >= 0:
				change = b
			case control(b) != 0:
				b = control(b)
			case ok:
				b = c
				i += length - 1
			}
		}
		u.add(b, group, change)
		highest = max(highest, group)
	}
	return highest
}

// add adds a byte, a group or a change of case to the replacement.
func (u *substitution) add(b byte, group int, change byte) {
	n := len(u.parts)
	if n == 0 || group >= 0 || change != 0 || u.parts[n-1].group >= 0 || u.parts[n-1].change != 0 {
		u.parts = append(u.parts, part{group: group, change: change})
		n++
	}
	if group < 0 && change == 0 {
		p := &u.parts[n-1]
		p.text = append(p.text, b)
	}
}

// translation reads what follows y.
func (p *parser) translation(c *command) string {
	delimiter := p.peek()
	p.pos++
	if delimiter == 0 || delimiter == '\n' || delimiter == '\\' {
		return "bad format in substitution expression"
	}
	from, ok := p.delimited(delimiter, false)
	to, okay := p.delimited(delimiter, false)
	if !ok || !okay {
		return "unmatched '" + string(delimiter) + "'"
	}
	a, b := characters(from, delimiter), characters(to, delimiter)
	if len(a) != len(b) {
		return "strings for 'y' command are different lengths"
	}
	c.table = new([256]byte)
	for i := range c.table {
		c.table[i] = byte(i)
	}
	for i := len(a) - 1; i >= 0; i-- {
		c.table[a[i]] = b[i]
	}
	return ""
}

// characters reads a string of y.
func characters(text string, delimiter byte) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == '\\' && i+1 < len(text) {
			i++
			switch b = text[i]; {
			case b == delimiter || b == '\\':
			case control(b) != 0:
				b = control(b)
			case b != '\n':
				out = append(out, '\\')
			}
		}
		out = append(out, b)
	}
	return out
}
