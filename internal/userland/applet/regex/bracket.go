package regex

import (
	"strings"

	"bantam/internal/userland/applet/escape"
	"bantam/internal/userland/applet/glob"
)

// leaf makes the node for a set.
func (p *parser) leaf(s set) *node {
	if p.flags&lines != 0 {
		s.remove(p.end)
	}
	for i := range p.sets {
		if p.sets[i] == s {
			return &node{kind: kSet, n: int32(i)}
		}
	}
	p.sets = append(p.sets, s)
	return &node{kind: kSet, n: int32(len(p.sets) - 1)}
}

// byte makes the node for a byte.
func (p *parser) byte(b byte) *node {
	if p.flags&IgnoreCase == 0 || !isLetter(b) {
		return &node{kind: kByte, n: int32(b)}
	}
	var s set
	s.add(b)
	s.add(b ^ 0x20)
	return p.leaf(s)
}

// any makes the node for the dot.
func (p *parser) any() *node {
	var s set
	s.complement()
	if p.flags&Newline != 0 {
		s.remove('\n')
	}
	return p.leaf(s)
}

// class makes the node for \w, \W, \s or \S.
func (p *parser) class(c byte) *node {
	var s set
	if c|0x20 == 'w' {
		s.addClass("alnum")
		s.add('_')
	} else {
		s.addClass("space")
	}
	if c < 'a' {
		s.complement()
	}
	return p.leaf(s)
}

func (s *set) addClass(name string) (known bool) {
	for b := 0; b < 256; b++ {
		if glob.Is(name, byte(b)) {
			s.add(byte(b))
			known = true
		}
	}
	return known
}

// bracket parses what follows an opening bracket.
func (p *parser) bracket() (*node, error) {
	var s set
	negated := strings.HasPrefix(p.src[p.pos:], "^")
	if negated {
		p.pos++
	}
	for first := true; first || p.peek(0) != ']'; first = false {
		if p.pos >= len(p.src) {
			return nil, ErrBracket
		}
		if p.peek(0) == '[' && p.peek(1) == ':' {
			if err := p.named(&s); err != nil {
				return nil, err
			}
			continue
		}
		low, err := p.element()
		if err != nil {
			return nil, err
		}
		high := low
		if p.peek(0) == '-' && p.peek(1) != ']' && p.pos+1 < len(p.src) {
			p.pos++
			if p.peek(0) == '[' && p.peek(1) == ':' {
				return nil, ErrRange
			}
			if high, err = p.element(); err != nil {
				return nil, err
			}
		}
		if high < low {
			return nil, ErrRange
		}
		for b := int(low); b <= int(high); b++ {
			s.add(byte(b))
		}
	}
	p.pos++
	p.finish(&s, negated)
	return p.leaf(s), nil
}

// finish applies the case and the negation to a bracket's set.
func (p *parser) finish(s *set, negated bool) {
	if p.flags&IgnoreCase != 0 {
		for b := byte('a'); b <= 'z'; b++ {
			if s.has(b) || s.has(b^0x20) {
				s.add(b)
				s.add(b ^ 0x20)
			}
		}
	}
	if negated {
		s.complement()
		if p.flags&Newline != 0 {
			s.remove('\n')
		}
	}
}

// peek returns the byte so far ahead, 0 behind the end.
func (p *parser) peek(ahead int) byte {
	if p.pos+ahead < len(p.src) {
		return p.src[p.pos+ahead]
	}
	return 0
}

// named parses [:alpha:].
func (p *parser) named(s *set) error {
	name, rest, found := strings.Cut(p.src[p.pos+2:], ":]")
	switch {
	case !found:
		return ErrBracket
	case p.flags&IgnoreCase != 0 && (name == "upper" || name == "lower"):
		name = "alpha"
	}
	if !s.addClass(name) {
		return ErrClass
	}
	p.pos = len(p.src) - len(rest)
	return nil
}

// element parses a byte of a bracket, or one in [=a=] or [.a.].
func (p *parser) element() (byte, error) {
	c := p.peek(0)
	if kind := p.peek(1); c == '[' && (kind == '.' || kind == '=') {
		name, rest, found := strings.Cut(p.src[p.pos+2:], string(kind)+"]")
		switch {
		case !found:
			return 0, ErrBracket
		case len(name) != 1:
			return 0, ErrCollate
		}
		p.pos = len(p.src) - len(rest)
		return name[0], nil
	}
	if p.pos >= len(p.src) {
		return 0, ErrBracket
	}
	p.pos++
	if c == '\\' && p.flags&Escapes != 0 && p.pos < len(p.src) {
		length := 0
		if c, length = escape.Sequence(p.src[p.pos:]); length == 0 {
			c, length = p.src[p.pos], 1
		}
		p.pos += length
	}
	return c, nil
}
