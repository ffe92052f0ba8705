// Package regex has POSIX's regular expressions, basic and extended, with the
// extensions of the GNU C library: \+ \? \| \w \W \s \S \b \B \< \> \` \' and
// back-references in both. A match is the leftmost, of these the longest, and its
// submatches are POSIX's. Texts are bytes.
//
// Whether and where a pattern matches is found by searching for the bytes that it
// needs and by automata made while they run, in time proportional to the text.
// Patterns with back-references are tried way by way, so many steps and no more.
package regex

import "bytes"

// Flags are regcomp's and regexec's.
type Flags uint16

const (
	// Extended is REG_EXTENDED.
	Extended Flags = 1 << iota
	// IgnoreCase is REG_ICASE.
	IgnoreCase
	// Newline is REG_NEWLINE: ^ and $ hold at each line, the dot and [^a] match no newline.
	Newline
	// Literal takes the pattern for what it is, as grep -F does.
	Literal
	// WholeLine is grep -x.
	WholeLine
	// WholeWord is grep -w: no letter, digit or underscore stands before or after a match.
	WholeWord
	// Lenient lets an extended pattern have braces that are no interval, and ignores
	// a star with nothing before it, as egrep and awk always did: '{"a"'.
	Lenient
	// Escapes takes C's escape sequences for what they stand for, in brackets, too, as
	// awk does; \b is a backspace then, and \y the word's edge.
	Escapes
	// NotBOL, for Match and Find, is REG_NOTBOL: the text doesn't begin a line.
	NotBOL
	// NotEOL is REG_NOTEOL.
	NotEOL

	lines // texts are many lines, and no match goes over a line's end
)

// Regexp is a compiled pattern. One goroutine may use it at a time.
type Regexp struct {
	program *program
	tree    *node
	groups  int
	literal []byte // not nil: all that the pattern matches
	needed  []byte // stands in every match, if not nil
	jump    jump

	any, one *dfa // where a match may begin anywhere, and where it begins
	threads  *simulation
	solver   solver
	tracker  *backtracker
}

// Compile compiles a pattern.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	return compile([]string{pattern}, flags, '\n')
}

// CompileLines compiles patterns for Line: a line matches if one of them does. end
// ends the lines.
func CompileLines(patterns []string, flags Flags, end byte) (*Regexp, error) {
	return compile(patterns, flags|lines, end)
}

func compile(patterns []string, flags Flags, end byte) (*Regexp, error) {
	p := parser{flags: flags, end: end}
	tree, err := p.all(patterns)
	if err != nil {
		return nil, err
	}
	tree.measure()
	prog := &program{sets: p.sets, saves: p.backrefs, slots: 2 * (p.groups + 1), end: end}
	prog.anyLine = flags&(Newline|lines) != 0
	prog.fold = flags&IgnoreCase != 0
	re := &Regexp{program: prog, tree: tree, groups: int(p.groups)}
	prog.emit(inst{op: oMatch})
	prog.entry = prog.compile(tree, 0)
	prog.anyLine = prog.anyLine && prog.borders
	prog.classify()
	if tree.pure() {
		re.literal, _ = tree.prefix()
	}
	if !p.backrefs {
		re.jump = jumpOf(prog, tree)
	}
	re.needed = tree.needed()
	return re, nil
}

// all parses the patterns into one tree.
func (p *parser) all(patterns []string) (*node, error) {
	if p.flags&Literal != 0 {
		return p.whole(p.literals(patterns)), nil
	}
	var trees []*node
	for _, s := range patterns {
		n, err := p.pattern(s)
		if err != nil {
			return nil, err
		}
		trees = append(trees, n)
	}
	if len(trees) == 1 {
		return p.whole(trees[0]), nil
	}
	return p.whole(&node{kind: kAlt, subs: trees}), nil
}

// whole puts what WholeLine and WholeWord ask for around a tree.
func (p *parser) whole(n *node) *node {
	before, after := aNotAfterWord, aNotBeforeWord
	switch {
	case p.flags&WholeLine != 0:
		before, after = aLineStart, aLineEnd
	case p.flags&WholeWord == 0:
		return n
	}
	return &node{kind: kCat, subs: []*node{{kind: kAssert, n: before}, n, {kind: kAssert, n: after}}}
}

// Groups is the number of parenthesized groups.
func (re *Regexp) Groups() int { return re.groups }

func (re *Regexp) simulation() *simulation {
	if re.threads == nil {
		re.threads = newSimulation(re.program)
	}
	return re.threads
}

func (re *Regexp) anywhere() *dfa {
	if re.any == nil {
		re.any = newDFA(re.program, true, re.jump)
	}
	return re.any
}

func (re *Regexp) anchored() *dfa {
	if re.one == nil {
		re.one = newDFA(re.program, false, jump{})
	}
	return re.one
}

// Match says whether the pattern matches somewhere in the text.
func (re *Regexp) Match(data []byte, flags Flags) bool {
	switch {
	case re.literal != nil:
		return bytes.Contains(data, re.literal)
	case len(re.needed) > 1 && !bytes.Contains(data, re.needed):
		return false
	case re.program.saves:
		return re.track(data, 0, flags)
	}
	return re.anywhere().first(data, 0, flags) >= 0
}

// Find looks for the first match at or behind a position. What stands before the
// position counts for ^, \b and the like. slots get the position of the match and its
// end, then those of the groups, -1 for a group that took no part; as many as there
// is room for.
func (re *Regexp) Find(data []byte, at int, slots []int, flags Flags) bool {
	if re.literal != nil {
		i := bytes.Index(data[at:], re.literal)
		if i < 0 {
			return false
		}
		re.fill(slots, at+i, at+i+len(re.literal))
		return true
	}
	if len(re.needed) > 1 && re.jump.kind != jLiteral && !bytes.Contains(data[at:], re.needed) {
		return false
	}
	if re.program.saves {
		if !re.track(data, at, flags) {
			return false
		}
		for i := copy(slots, re.tracker.best[:2*re.groups+2]); i < len(slots); i++ {
			slots[i] = -1
		}
		return true
	}
	from, to := re.find(data, at, flags)
	if from < 0 {
		return false
	}
	re.fill(slots, from, to)
	if len(slots) > 2 && re.groups > 0 {
		s := &re.solver
		s.re, s.data, s.slots, s.flags, s.pool = re, data, slots, flags, s.pool[:0]
		s.solve(re.tree, from, to)
		s.data, s.slots = nil, nil
	}
	return true
}

func (re *Regexp) fill(slots []int, from, to int) {
	for i := range slots {
		slots[i] = -1
	}
	if len(slots) >= 2 {
		slots[0], slots[1] = from, to
	}
}

// find looks for the first match, -1 for none. It tries the positions where one
// may begin, and when that went over too much text in vain, all positions at once.
func (re *Regexp) find(data []byte, at int, flags Flags) (from, to int) {
	d := re.anchored()
	vain := 0
	for i := at; i <= len(data); i++ {
		if i = re.jump.next(data, i); i == len(data) && re.jump.byBytes() {
			break
		}
		end, looked := d.longest(data, i, flags)
		if end >= 0 {
			return i, end
		}
		if vain += looked; vain > 4*(i-at)+100 {
			if re.anywhere().first(data, i, flags) < 0 {
				return -1, -1
			}
			if i = re.simulation().leftmost(data, i, flags); i < 0 {
				return -1, -1
			}
			end, _ = d.longest(data, i, flags)
			return i, end
		}
	}
	return -1, -1
}

// track looks for a match of a pattern with back-references.
func (re *Regexp) track(data []byte, at int, flags Flags) bool {
	b := re.tracker
	if b == nil {
		b = &backtracker{program: re.program, slots: make([]int, re.program.slots), best: make([]int, re.program.slots)}
		re.tracker = b
	}
	b.steps = 0
	for i := at; i <= len(data); i++ {
		if b.match(data, i, flags) {
			return true
		}
	}
	return false
}

// Line returns a position in, or at the end of, the first line at or behind the
// position, where a line begins, that matches; -1 if none does. The regexp is one of CompileLines.
func (re *Regexp) Line(data []byte, at int) int {
	switch {
	case re.literal != nil:
		if i := bytes.Index(data[at:], re.literal); i >= 0 {
			return at + i
		}
		return -1
	case re.program.saves:
		return re.lineByLine(data, at)
	case len(re.needed) > 2 && re.jump.kind != jLiteral:
		return re.lineOf(data, at)
	}
	return re.anywhere().first(data, at, 0)
}

// lineOf looks for the lines that have the needed bytes.
func (re *Regexp) lineOf(data []byte, at int) int {
	d := re.anywhere()
	for vain := 0; vain < 64; vain++ {
		i := bytes.Index(data[at:], re.needed)
		if i < 0 {
			return -1
		}
		i += at
		from := bytes.LastIndexByte(data[at:i], re.program.end) + 1 + at
		to := bytes.IndexByte(data[i:], re.program.end)
		if to < 0 {
			to = len(data) - i
		}
		to += i
		if hit := d.first(data[:to], from, 0); hit >= 0 {
			return hit
		}
		if vain -= (to - at) >> 8; vain < 0 {
			vain = 0
		}
		if at = to + 1; at >= len(data) {
			return -1
		}
	}
	return d.first(data, at, 0)
}

// lineByLine looks at each line alone.
func (re *Regexp) lineByLine(data []byte, at int) int {
	for at < len(data) || at == 0 {
		to := bytes.IndexByte(data[at:], re.program.end)
		if to < 0 {
			to = len(data) - at
		}
		to += at
		if re.track(data[at:to], 0, 0) {
			return at
		}
		at = to + 1
	}
	return -1
}
