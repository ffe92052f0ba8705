package regex

import "bantam/internal/userland/applet/escape"

// The assertions. Which hold is a question of the bytes before and after.
const (
	aLineStart int32 = iota
	aLineEnd
	aTextStart
	aTextEnd
	aWordEdge
	aNoWordEdge
	aWordStart
	aWordEnd
	aNotAfterWord  // the half of grep -w before the match
	aNotBeforeWord // and the one behind it
)

// token is the kind of the next element of a pattern.
type token uint8

const (
	tEnd token = iota
	tByte
	tAny
	tBracket
	tOpen
	tClose
	tAlt
	tStar
	tPlus
	tOptional
	tBrace
	tAssert
	tClass
	tBackref
	tWrong
)

const (
	maxRepeat = 0x7fff  // RE_DUP_MAX
	maxSize   = 1 << 17 // instructions of a program with repetitions
	maxDepth  = 5000    // parentheses in parentheses
)

// parser reads one pattern, or several one after the other.
type parser struct {
	src    string
	pos    int
	flags  Flags
	end    byte // what ends a line
	groups int32
	// first is the number before the pattern's first group: back-references count
	// from there.
	first int32
	// closed has the groups whose parentheses are closed, by number.
	closed   []bool
	depth    int
	start    bool // at the beginning of a branch, where a BRE's ^ and * are special
	backrefs bool
	sets     []set
}

// pattern parses one whole pattern.
func (p *parser) pattern(src string) (*node, error) {
	p.src, p.pos, p.first = src, 0, p.groups
	n, err := p.alternatives()
	if err == nil && p.pos < len(p.src) {
		err = ErrCloseParen
	}
	return n, err
}

// next says what the next element is: its kind, the bytes that it takes, and what
// byte, assertion or group it is.
func (p *parser) next() (t token, width int, n int32) {
	if p.pos >= len(p.src) {
		return tEnd, 0, 0
	}
	c := p.src[p.pos]
	extended := p.flags&Extended != 0
	switch c {
	case '\\':
		if p.pos+1 >= len(p.src) {
			return tWrong, 1, 0
		}
		if p.flags&Escapes != 0 {
			if b, length := escape.Sequence(p.src[p.pos+1:]); length > 0 {
				return tByte, 1 + length, int32(b)
			}
		}
		t, n = p.escaped(p.src[p.pos+1])
		return t, 2, n
	case '.':
		return tAny, 1, 0
	case '[':
		return tBracket, 1, 0
	case '*':
		return tStar, 1, '*'
	case '^':
		if extended || p.start {
			return tAssert, 1, aLineStart
		}
	case '$':
		if extended || p.endsBranch() {
			return tAssert, 1, aLineEnd
		}
	}
	if extended {
		switch c {
		case '(':
			return tOpen, 1, 0
		case ')':
			if p.depth > 0 {
				return tClose, 1, 0
			}
		case '|':
			return tAlt, 1, 0
		case '+':
			return tPlus, 1, '+'
		case '?':
			return tOptional, 1, '?'
		case '{':
			return tBrace, 1, '{'
		}
	}
	return tByte, 1, int32(c)
}

// escaped says what a backslash and c are.
func (p *parser) escaped(c byte) (token, int32) {
	if p.flags&Extended == 0 {
		switch c {
		case '(':
			return tOpen, 0
		case ')':
			return tClose, 0
		case '{':
			return tBrace, '{'
		case '|':
			return tAlt, 0
		case '+':
			return tPlus, '+'
		case '?':
			return tOptional, '?'
		}
	}
	switch c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return tBackref, int32(c - '0')
	case 'w', 'W', 's', 'S':
		return tClass, int32(c)
	case 'y':
		if p.flags&Escapes != 0 {
			return tAssert, aWordEdge
		}
	case '`':
		return tAssert, aTextStart
	case '\'':
		return tAssert, aTextEnd
	case 'b':
		return tAssert, aWordEdge
	case 'B':
		return tAssert, aNoWordEdge
	case '<':
		return tAssert, aWordStart
	case '>':
		return tAssert, aWordEnd
	}
	return tByte, int32(c)
}

// endsBranch says whether a BRE's branch ends behind the next byte.
func (p *parser) endsBranch() bool {
	rest := p.src[p.pos+1:]
	return rest == "" || len(rest) > 1 && rest[0] == '\\' && (rest[1] == ')' || rest[1] == '|')
}

// alternatives parses branches up to the end or a closing parenthesis.
func (p *parser) alternatives() (*node, error) {
	var branches []*node
	for {
		p.start = true
		b, err := p.branch()
		if err != nil {
			return nil, err
		}
		branches = append(branches, b)
		t, width, _ := p.next()
		if t != tAlt {
			break
		}
		p.pos += width
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return &node{kind: kAlt, subs: branches}, nil
}

// branch parses pieces up to the end, a bar or a closing parenthesis.
func (p *parser) branch() (*node, error) {
	var pieces []*node
	for {
		t, width, n := p.next()
		if t == tEnd || t == tAlt || t == tClose {
			break
		}
		piece, err := p.atom(t, width, n)
		if err != nil {
			return nil, err
		}
		if p.start = false; piece.kind != kAssert {
			if piece, err = p.repeats(piece); err != nil {
				return nil, err
			}
		}
		pieces = append(pieces, piece)
	}
	switch len(pieces) {
	case 0:
		return &node{kind: kEmpty}, nil
	case 1:
		return pieces[0], nil
	}
	return &node{kind: kCat, subs: pieces}, nil
}

// atom parses what a repetition may follow.
func (p *parser) atom(t token, width int, n int32) (*node, error) {
	p.pos += width
	switch t {
	case tByte:
		return p.byte(byte(n)), nil
	case tAny:
		return p.any(), nil
	case tBracket:
		return p.bracket()
	case tClass:
		return p.class(byte(n)), nil
	case tAssert:
		if p.flags&lines != 0 && (n == aTextStart || n == aTextEnd) {
			n -= aTextStart - aLineStart
		}
		return &node{kind: kAssert, n: n}, nil
	case tOpen:
		return p.group()
	case tBackref:
		n += p.first
		if int(n) >= len(p.closed) || !p.closed[n] {
			return nil, ErrBackref
		}
		p.backrefs = true
		return &node{kind: kBackref, n: n}, nil
	case tWrong:
		return nil, ErrEscape
	case tStar, tPlus, tOptional, tBrace:
		if p.flags&(Extended|Lenient) == Extended|Lenient {
			if t == tBrace {
				return p.byte('{'), nil
			}
			return &node{kind: kEmpty}, nil
		}
		// A BRE's star at the beginning of a branch, or after an assertion, is itself.
		if p.flags&Extended == 0 && t != tBrace {
			return p.byte(byte(n)), nil
		}
	}
	return nil, ErrRepeat
}

func (p *parser) group() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, ErrSize
	}
	p.groups++
	number := p.groups
	inner, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	t, width, _ := p.next()
	if t != tClose {
		return nil, ErrParen
	}
	p.pos += width
	p.depth--
	for int(number) >= len(p.closed) {
		p.closed = append(p.closed, false)
	}
	p.closed[number] = true
	return &node{kind: kGroup, n: number, subs: []*node{inner}}, nil
}

// repeats parses the repetitions behind a piece.
func (p *parser) repeats(n *node) (*node, error) {
	for {
		t, width, _ := p.next()
		least, most := int32(0), int32(unbounded)
		switch t {
		default:
			return n, nil
		case tStar:
		case tPlus:
			least = 1
		case tOptional:
			most = 1
		case tBrace:
			at := p.pos
			p.pos += width
			width = 0
			var err error
			if least, most, err = p.interval(); err != nil {
				if p.flags&(Extended|Lenient) != Extended|Lenient || err == ErrSize {
					return nil, err
				}
				p.pos = at
				return n, nil
			}
		}
		p.pos += width
		n = &node{kind: kRepeat, min: least, max: most, subs: []*node{n}}
		if n.size(maxSize) >= maxSize {
			return nil, ErrSize
		}
	}
}

// interval parses what follows the opening brace.
func (p *parser) interval() (least, most int32, err error) {
	least, given := p.count()
	most = least
	if p.pos < len(p.src) && p.src[p.pos] == ',' {
		p.pos++
		var bounded bool
		if most, bounded = p.count(); !bounded {
			most = unbounded
		}
	} else if !given {
		most = -1
	}
	closing := "}"
	if p.flags&Extended == 0 {
		closing = `\}`
	}
	rest := p.src[p.pos:]
	switch {
	case rest == "":
		return 0, 0, ErrBrace
	case len(rest) < len(closing) || rest[:len(closing)] != closing || least > most:
		return 0, 0, ErrInterval
	case least > maxRepeat || most > maxRepeat && most != unbounded:
		return 0, 0, ErrSize
	}
	p.pos += len(closing)
	return least, most, nil
}

// count parses digits, if there are some.
func (p *parser) count() (n int32, given bool) {
	for p.pos < len(p.src) && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		n = min(n*10+int32(p.src[p.pos]-'0'), maxRepeat+1)
		given = true
		p.pos++
	}
	return n, given
}
