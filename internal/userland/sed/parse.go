package sed

import (
	"strings"

	"bantam/internal/userland/applet/regex"
)

// parser reads a script. Its methods return what is wrong, or "".
type parser struct {
	*editor
	text     string
	pos      int
	extended bool
	blocks   []int // the { that are open
	compiled bool  // there was a pattern
}

const blanks = " \t\r\v\f"

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) more() bool { return p.pos < len(p.text) }

// skip goes over the bytes of a set.
func (p *parser) skip(set string) {
	for p.more() && strings.IndexByte(set, p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// word takes the bytes up to one of a set.
func (p *parser) word(until string) string {
	start := p.pos
	for p.more() && strings.IndexByte(until, p.text[p.pos]) < 0 {
		p.pos++
	}
	return p.text[start:p.pos]
}

// parse reads the whole script.
func (p *parser) parse() string {
	if p.text == "#n" || strings.HasPrefix(p.text, "#n\n") {
		p.quiet = true
	}
	for {
		p.skip(blanks + "\n;")
		if !p.more() {
			break
		}
		if p.peek() == '#' {
			p.word("\n")
			continue
		}
		if wrong := p.command(); wrong != "" {
			return wrong
		}
	}
	if len(p.blocks) > 0 {
		return "unterminated {"
	}
	return p.resolve()
}

// resolve finds where the branches go.
func (p *parser) resolve() string {
	labels := make(map[string]int)
	for i := range p.commands {
		if c := &p.commands[i]; c.name == ':' {
			if _, twice := labels[c.label]; twice {
				return "duplicate label '" + c.label + "'"
			}
			labels[c.label] = i
		}
	}
	for i := range p.commands {
		c := &p.commands[i]
		if c.name != 'b' && c.name != 't' && c.name != 'T' {
			continue
		}
		target, found := labels[c.label]
		if c.label == "" {
			target, found = len(p.commands), true
		}
		if !found {
			return "can't find label for jump to '" + c.label + "'"
		}
		c.target = target
	}
	return ""
}

// command reads one command with its addresses.
func (p *parser) command() string {
	var c command
	if wrong := p.addresses(&c); wrong != "" {
		return wrong
	}
	p.skip(blanks)
	for p.peek() == '!' {
		p.pos++
		c.invert = true
		p.skip(blanks)
	}
	if !p.more() || p.peek() == '\n' {
		return "missing command"
	}
	c.name = p.peek()
	p.pos++
	wrong := p.arguments(&c)
	if wrong != "" {
		return wrong
	}
	p.commands = append(p.commands, c)
	if strings.IndexByte("{}aicrRwWs:", c.name) < 0 {
		wrong = p.ended()
	}
	return wrong
}

// ended checks that nothing follows a command on its line.
func (p *parser) ended() string {
	p.skip(blanks)
	if p.more() && strings.IndexByte("\n;}#", p.peek()) < 0 {
		return "extra characters after command"
	}
	return ""
}

// arguments reads what follows a command's letter.
func (p *parser) arguments(c *command) string {
	switch c.name {
	case '{':
		p.blocks = append(p.blocks, len(p.commands))
	case '}':
		n := len(p.blocks)
		if n == 0 {
			return "unexpected }"
		}
		if c.from.kind != none {
			return "} takes no address"
		}
		p.commands[p.blocks[n-1]].target = len(p.commands)
		p.blocks = p.blocks[:n-1]
	case 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', 'z', '=', 'F':
	case 'a', 'i', 'c':
		c.text = p.lines()
	case ':':
		p.skip(blanks)
		c.label = p.word(blanks + "\n;")
		switch {
		case c.from.kind != none:
			return ": takes no address"
		case c.label == "":
			return `":" lacks a label`
		}
	case 'b', 't', 'T':
		p.skip(blanks)
		c.label = p.word(blanks + "\n;}")
	case 'q', 'Q', 'l', 'L':
		if c.ranged() && c.name|0x20 == 'q' {
			return "command '" + string(c.name) + "' uses only one address"
		}
		p.skip(blanks)
		c.number = -1
		if isDigit(p.peek()) {
			c.number = p.count()
		} else if c.name == 'l' {
			c.number = int64(p.width)
		} else {
			c.number = 0
		}
	case 'r', 'R', 'w', 'W':
		return p.files(c)
	case 's':
		return p.substitution(c)
	case 'y':
		return p.translation(c)
	default:
		return "unsupported command " + string(c.name)
	}
	return ""
}

// files reads the name of a file.
func (p *parser) files(c *command) (wrong string) {
	p.skip(blanks)
	name := p.word("\n")
	if name == "" {
		return "empty filename"
	}
	switch c.name {
	case 'r':
		c.text = []byte(name)
	case 'R':
		for _, r := range p.sources {
			if r.name == name {
				c.source = r
			}
		}
		if c.source == nil {
			c.source = &source{name: name}
			p.sources = append(p.sources, c.source)
		}
	default:
		c.file, wrong = p.create(name)
	}
	return wrong
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// count reads a number.
func (p *parser) count() int64 {
	n := int64(0)
	for ; isDigit(p.peek()); p.pos++ {
		n = min(n*10+int64(p.peek()-'0'), 1<<60)
	}
	return n
}

// addresses reads the addresses before a command.
func (p *parser) addresses(c *command) string {
	found, wrong := p.address(&c.from)
	if wrong != "" || !found {
		return wrong
	}
	p.skip(blanks)
	if c.from.kind == line && c.from.n == 0 {
		c.from.kind = zero
	}
	if p.peek() == ',' {
		p.pos++
		p.skip(blanks)
		if sign := p.peek(); sign == '+' || sign == '~' {
			p.pos++
			if c.to.kind = plus; sign == '~' {
				c.to.kind = multiple
			}
			if found = isDigit(p.peek()); found {
				c.to.n = p.count()
			}
		} else if found, wrong = p.address(&c.to); wrong != "" {
			return wrong
		}
		if !found {
			return "no address after comma"
		}
	}
	if c.from.kind == zero && c.to.kind != pattern {
		return "invalid usage of line address 0"
	}
	return ""
}

// address reads one address, if there is one.
func (p *parser) address(a *address) (found bool, wrong string) {
	switch b := p.peek(); {
	case isDigit(b):
		a.kind, a.n = line, p.count()
		if p.peek() == '~' {
			p.pos++
			a.kind, a.m = step, p.count()
		}
	case b == '$':
		p.pos++
		a.kind = last
	case b == '/' || b == '\\':
		p.pos++
		if b == '\\' {
			b = p.peek()
			p.pos++
		}
		text, ok := p.delimited(b, true)
		if !ok {
			return false, "unmatched '" + string(b) + "'"
		}
		var flags regex.Flags
		for ; p.peek() == 'I' || p.peek() == 'M'; p.pos++ {
			if p.peek() == 'I' {
				flags |= regex.IgnoreCase
			} else {
				flags |= regex.Newline
			}
		}
		a.kind = pattern
		a.re, wrong = p.compile(text, b, flags)
	default:
		return false, ""
	}
	return true, wrong
}

// compile compiles a pattern as it stands in the script; nil for an empty one, which is
// the last one used.
func (p *parser) compile(text string, delimiter byte, flags regex.Flags) (*regex.Regexp, string) {
	if text == "" {
		if !p.compiled {
			return nil, "no previous regexp"
		}
		return nil, ""
	}
	if p.extended {
		flags |= regex.Extended
	}
	text = unescape(text, delimiter, p.extended)
	re, err := regex.Compile(text, flags)
	if err != nil {
		return nil, "bad regex '" + text + "': " + err.Error()
	}
	p.compiled = true
	return re, ""
}
