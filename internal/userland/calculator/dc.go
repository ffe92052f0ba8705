package calculator

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Dc is dc.
var Dc = applet.Applet{
	Names: "dc",
	Usage: "[-x] [-e SCRIPT]... [-f FILE]... [FILE]...",
	About: "Calculate with numbers of any size and precision in reverse Polish notation.",
	Options: `
-e SCRIPT	run SCRIPT
-f FILE	run the program in FILE
-x	registers have names of letters, after blanks
`,
	Notes: `
Operations: + - * / % ^, ~ (quotient and rest), | (power modulo), v (square root);
p n f P (print), d r R c z (the stack), k i o K I O (scale and bases), s l S L : ;
(registers), [TEXT] x ? q Q (execute), < > = !< !> != (if, with eR else), ( { G N
(compare), Z X (length, scale), a (to text). DC_LINE_LENGTH is the width of lines.
`,
	Dir: "/usr/bin",
	Run: runDc,
}

// item is what stands on the stack: a number, or a text.
type item struct {
	number
	isText bool
	text   string
}

// dc is a running dc.
type dc struct {
	c            *applet.Call
	p            printer
	stack        []item
	registers    map[string][]item
	arrays       map[string]map[int64]item
	scale        int
	ibase, obase int64
	long         bool // -x
	frames       []*frame
}

// frame is a text being executed. The outermost one gets more lines while it needs them.
type frame struct {
	text string
	pos  int
	more func() (string, bool)
}

func runDc(c *applet.Call) (status int) {
	d := &dc{
		c: c, ibase: 10, obase: 10, long: c.Has("x"), p: newPrinter(c, "DC_LINE_LENGTH", 0),
		registers: make(map[string][]item), arrays: make(map[string]map[int64]item),
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case trouble:
			status = c.Complain(string(r))
		case control:
			status = 0
		default:
			panic(r)
		}
	}()
	given := false
	file := func(name string) {
		data, err := applet.ReadFile(name)
		if err != nil {
			fail("can't open '" + name + "': " + applet.Reason(err))
		}
		given = true
		d.program(lines(string(data)))
	}
	c.Each(func(key, value string) {
		switch key {
		case "e":
			given = true
			d.program(lines(value))
		case "f":
			file(value)
		}
	})
	for _, name := range c.Args {
		file(name)
	}
	if !given {
		d.program(input(c.In, c.Out))
	}
	return 0
}

// program runs a whole program.
func (d *dc) program(more func() (string, bool)) {
	d.frames = append(d.frames[:0], &frame{more: more})
	for len(d.frames) > 0 {
		f := d.frames[len(d.frames)-1]
		if f.pos >= len(f.text) && !f.load() {
			d.frames = d.frames[:len(d.frames)-1]
			continue
		}
		c := f.text[f.pos]
		f.pos++
		if c != ' ' && c != '\n' && (c < '\t' || c > '\r') {
			d.command(f, c)
		}
	}
}

// load gets another line, if the frame has some.
func (f *frame) load() bool {
	if f.more == nil {
		return false
	}
	line, ok := f.more()
	if ok {
		f.text, f.pos = f.text[f.pos:]+line, 0
	}
	return ok
}

// byte takes the next byte of the text; 0 at its end.
func (f *frame) byte() byte {
	if f.pos >= len(f.text) && !f.load() {
		return 0
	}
	f.pos++
	return f.text[f.pos-1]
}

func (f *frame) peek() byte {
	if f.pos >= len(f.text) {
		return 0
	}
	return f.text[f.pos]
}

//go:noinline
func (d *dc) push(v number) { d.stack = append(d.stack, item{number: v}) }

//
//go:noinline
func (d *dc) pushText(s string) { d.stack = append(d.stack, item{isText: true, text: s}) }

//go:noinline
func (d *dc) top() *item {
	if len(d.stack) == 0 {
		fail("stack has too few elements")
	}
	return &d.stack[len(d.stack)-1]
}

//go:noinline
func (d *dc) pop() item {
	v := *d.top()
	d.stack = d.stack[:len(d.stack)-1]
	return v
}

//go:noinline
func (d *dc) popNumber() number {
	v := d.pop()
	if v.isText {
		fail("variable is wrong type")
	}
	return v.number
}

// two pops the operands of an operator, which must both be there.
func (d *dc) two() (x, y number) {
	if len(d.stack) < 2 {
		fail("stack has too few elements")
	}
	y = d.popNumber()
	return d.popNumber(), y
}

// command runs one command.
func (d *dc) command(f *frame, c byte) {
	switch {
	case c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c == '.' || c == '_':
		f.pos--
		d.literal(f)
		return
	case strings.IndexByte("+-*/%^~|({G", c) >= 0:
		d.operator(c)
		return
	case strings.IndexByte("slSL:;", c) >= 0:
		d.register(c, d.name(f))
		return
	case strings.IndexByte("kioKIOZXzNva", c) >= 0:
		d.property(c)
		return
	case strings.IndexByte("<>=!", c) >= 0:
		d.condition(f, c)
		return
	}
	switch c {
	case '#':
		for b := f.byte(); b != 0 && b != '\n'; b = f.byte() {
		}
	case '[':
		d.pushText(bracketed(f))
	case 'x':
		if d.top().isText {
			d.execute(d.pop().text)
		}
	case '?':
		if line, ok := input(d.c.In, d.c.Out)(); ok {
			d.execute(line)
		}
	case 'q':
		d.leave(2)
	case 'Q':
		n, ok := d.popNumber().whole()
		if !ok || n < 1 {
			fail("Q needs a number >= 1")
		}
		// The main program is left by q alone.
		d.leave(int(min(n, int64(len(d.frames)-1))))
	case 'd':
		d.stack = append(d.stack, *d.top())
	case 'r':
		if len(d.stack) < 2 {
			fail("stack has too few elements")
		}
		n := len(d.stack)
		d.stack[n-1], d.stack[n-2] = d.stack[n-2], d.stack[n-1]
	case 'R':
		d.pop()
	case 'c':
		d.stack = d.stack[:0]
	default:
		d.show(c)
	}
}

// show runs the commands that print.
func (d *dc) show(c byte) {
	switch c {
	case 'p':
		d.print(d.top())
		d.p.newline()
	case 'n':
		v := d.pop()
		d.print(&v)
	case 'f':
		for i := len(d.stack) - 1; i >= 0; i-- {
			d.print(&d.stack[i])
			d.p.newline()
		}
	case 'P':
		if v := d.pop(); v.isText {
			d.p.escaped(v.text)
		} else {
			d.bytes(v.n.down(v.scale))
		}
	default:
		fail("bad character '" + string(c) + "'")
	}
	if d.c.Out.Err() != nil {
		panic(cQuit)
	}
}

func (d *dc) print(v *item) {
	if v.isText {
		d.p.escaped(v.text)
		return
	}
	d.p.number(v.number, d.obase)
}

// bytes prints a number as bytes.
func (d *dc) bytes(n nat) {
	var out []byte
	for len(n) > 0 {
		var b uint32
		n, b = n.divSmall(256)
		out = append([]byte{byte(b)}, out...)
	}
	d.p.raw(string(out))
}

// literal reads a number.
func (d *dc) literal(f *frame) {
	negative := f.peek() == '_'
	if negative {
		f.pos++
	}
	start, point := f.pos, false
	for ; ; f.pos++ {
		c := f.peek()
		if c == '.' && !point {
			point = true
		} else if c == 0 || c > 'F' || digit(c) < 0 {
			break
		}
	}
	s := f.text[start:f.pos]
	if s == "" || s == "." {
		fail("bad number")
	}
	v := parse(s, int(d.ibase))
	if negative {
		v = v.negated()
	}
	d.push(v)
}

// bracketed reads the text up to the bracket that closes the one before it.
func bracketed(f *frame) string {
	var b []byte
	for depth := 1; ; {
		c := f.byte()
		switch c {
		case 0:
			fail("unterminated string")
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return string(b)
			}
		}
		b = append(b, c)
	}
}

// name reads a register's name.
func (d *dc) name(f *frame) string {
	c := f.byte()
	if c == 0 {
		fail("register name expected")
	}
	if !d.long || c != ' ' && (c < '\t' || c > '\r') {
		return string([]byte{c})
	}
	for c == ' ' || c >= '\t' && c <= '\r' {
		c = f.byte()
	}
	if !isLower(c) {
		fail("bad register name")
	}
	name := []byte{c}
	for c = f.peek(); isLower(c) || c >= '0' && c <= '9' || c == '_'; c = f.peek() {
		name = append(name, c)
		f.pos++
	}
	return string(name)
}

// execute runs a text, instead of the present one if that is at its end.
func (d *dc) execute(text string) {
	if n := len(d.frames); d.frames[n-1].more == nil && d.frames[n-1].pos >= len(d.frames[n-1].text) {
		d.frames = d.frames[:n-1]
	}
	if len(d.frames) > 100000 {
		fail("too deep")
	}
	d.frames = append(d.frames, &frame{text: text})
}

// leave ends so many texts, and dc with the outermost.
func (d *dc) leave(n int) {
	if n >= len(d.frames) {
		panic(cQuit)
	}
	d.frames = d.frames[:len(d.frames)-n]
}
