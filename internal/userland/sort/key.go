package sort

import (
	"bytes"
	"strings"

	"bantam/internal/userland/applet"
)

// order is how lines are compared.
type order struct {
	keys     []key
	end      byte // of a line
	tab      byte // field separator, if hasTab
	hasTab   bool
	reverse  bool // the last resort: whole lines
	unique   bool
	stable   bool
	wholeRaw bool // bytes of whole lines, nothing else: no keys are needed
}

// key is a part of the line and how it is compared.
type key struct {
	field, char       int // of the start, counted from 0
	endField, endChar int // endField -1: to the end of the line
	kind              byte
	how               how
	set               bool // has options of its own
}

// how are the letters that change a comparison.
type how struct {
	reverse, fold, dictionary, printable bool
	skipStart, skipEnd                   bool
}

// parse reads the options. It returns what is wrong with them.
func (o *order) parse(c *applet.Call) (wrong string) {
	o.unique, o.stable = c.Has("u"), c.Has("s")
	if o.end = '\n'; c.Has("z") {
		o.end = 0
	}
	if tab, given := c.Given("t"); given {
		if tab == `\0` {
			tab = "\x00"
		}
		if len(tab) != 1 {
			return "bad -t parameter"
		}
		o.tab, o.hasTab = tab[0], true
	}
	var global key
	for _, letter := range []byte("nghMVrbfdi") {
		if c.Has(string(letter)) {
			global.option(letter, false)
		}
	}
	global.how.skipEnd = false
	o.reverse = global.how.reverse
	for _, text := range c.Values("k") {
		k, wrong := parseKey(text)
		if wrong != "" {
			return wrong
		}
		if !k.set {
			k.kind, k.how = global.kind, global.how
			k.how.skipEnd = global.how.skipStart
		}
		o.keys = append(o.keys, k)
	}
	if len(o.keys) == 0 {
		global.endField = -1
		o.keys = []key{global}
		h := global.how
		o.wholeRaw = global.kind == 0 && !h.fold && !h.dictionary && !h.printable && !h.skipStart
	}
	return ""
}

// option adds a letter to a key, behind its end or its start. It is false for an
// unknown one.
func (k *key) option(letter byte, end bool) bool {
	k.set = true
	switch letter {
	case 'n', 'g', 'h', 'M', 'V':
		k.kind = letter
	case 'r':
		k.how.reverse = true
	case 'f':
		k.how.fold = true
	case 'd':
		k.how.dictionary = true
	case 'i':
		k.how.printable = true
	case 'b':
		if end {
			k.how.skipEnd = true
		} else {
			k.how.skipStart = true
		}
	default:
		return false
	}
	return true
}

// parseKey reads START[.OFS][OPTS][,END[.OFS][OPTS]].
func parseKey(text string) (k key, wrong string) {
	start, end, hasEnd := strings.Cut(text, ",")
	bad := "bad -k parameter '" + text + "'"
	field, char, ok := k.position(start, 1, false)
	if !ok || field == 0 {
		return k, bad
	}
	k.field, k.char, k.endField = field-1, max(char, 1)-1, -1
	if hasEnd {
		if field, char, ok = k.position(end, 0, true); !ok || field == 0 {
			return k, bad
		}
		k.endField, k.endChar = field-1, char
	}
	return k, ""
}

// position reads FIELD[.OFS][OPTS].
func (k *key) position(s string, without int, end bool) (field, char int, ok bool) {
	field, s = digits(s)
	char = without
	if strings.HasPrefix(s, ".") {
		char, s = digits(s[1:])
	}
	for i := 0; i < len(s); i++ {
		if !k.option(s[i], end) {
			return 0, 0, false
		}
	}
	return field, char, true
}

// digits reads the number that s starts with; a too large one is as good as endless.
func digits(s string) (n int, rest string) {
	for s != "" && s[0] >= '0' && s[0] <= '9' {
		n = min(n*10+int(s[0]-'0'), 1<<40)
		s = s[1:]
	}
	return n, s
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' }

func skipBlanks(line []byte, at int) int {
	for at < len(line) && isBlank(line[at]) {
		at++
	}
	return at
}

// skipField returns where the next field starts.
func (o *order) skipField(line []byte, at int) int {
	if o.hasTab {
		if i := bytes.IndexByte(line[at:], o.tab); i >= 0 {
			return at + i + 1
		}
		return len(line)
	}
	at = skipBlanks(line, at)
	for at < len(line) && !isBlank(line[at]) {
		at++
	}
	return at
}

// find returns where the key stands in the line.
func (o *order) find(k *key, line []byte) (start, end int) {
	at := 0
	for n := 0; n < k.field && at < len(line); n++ {
		at = o.skipField(line, at)
	}
	fieldStart := at
	if k.how.skipStart {
		at = skipBlanks(line, at)
	}
	start, end = min(at+k.char, len(line)), len(line)
	if k.endField < 0 {
		return start, end
	}
	// Usually the end is in the same field: go on from there.
	at, n := 0, 0
	if k.endField >= k.field {
		at, n = fieldStart, k.field
	}
	for ; n < k.endField && at < len(line); n++ {
		at = o.skipField(line, at)
	}
	if k.endChar == 0 { // to the end of that field
		end = at
		if o.hasTab {
			if i := bytes.IndexByte(line[at:], o.tab); i >= 0 {
				end = at + i
			} else {
				end = len(line)
			}
		} else {
			end = o.skipField(line, at)
		}
	} else {
		if k.how.skipEnd {
			at = skipBlanks(line, at)
		}
		end = min(at+k.endChar, len(line))
	}
	return start, max(start, end)
}

// compareLines compares two lines by all keys and at last as a whole.
func (o *order) compareLines(a, b []byte) int { return o.compareFrom(0, a, b) }

// compareFrom does so from a key on.
func (o *order) compareFrom(first int, a, b []byte) int {
	for i := first; i < len(o.keys); i++ {
		k := &o.keys[i]
		x, y := a, b
		if !o.wholeRaw {
			start, end := o.find(k, a)
			x = a[start:end]
			start, end = o.find(k, b)
			y = b[start:end]
		}
		if r := k.compare(x, y); r != 0 {
			return r
		}
	}
	return o.lastResort(a, b)
}

func (o *order) lastResort(a, b []byte) int {
	if o.unique || o.stable || o.wholeRaw {
		return 0
	}
	r := bytes.Compare(a, b)
	if o.reverse {
		return -r
	}
	return r
}

// compare compares two keys.
func (k *key) compare(a, b []byte) (r int) {
	switch {
	case k.kind == 'n':
		r = compareNumbers(a, b)
	case k.kind == 'V':
		r = compareVersions(a, b)
	case k.kind != 0:
		x, y := k.prefix(a), k.prefix(b) // they say it all
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case k.how.fold || k.how.dictionary || k.how.printable:
		r = k.compareText(a, b)
	default:
		r = bytes.Compare(a, b)
	}
	if k.how.reverse {
		return -r
	}
	return r
}

// counts says whether a byte is looked at.
func (h *how) counts(b byte) bool {
	if h.dictionary {
		letter := b | 0x20
		return isBlank(b) || b >= '0' && b <= '9' || letter >= 'a' && letter <= 'z'
	}
	return !h.printable || b >= ' ' && b < 127
}

// next returns the next byte that counts, folded, and -1 at the end.
func (h *how) next(text []byte, at int) (b, after int) {
	for ; at < len(text); at++ {
		if c := text[at]; h.counts(c) {
			if h.fold && c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			return int(c), at + 1
		}
	}
	return -1, at
}

func (k *key) compareText(a, b []byte) int {
	for i, j := 0, 0; ; {
		var x, y int
		x, i = k.how.next(a, i)
		y, j = k.how.next(b, j)
		if x != y || x < 0 {
			return x - y
		}
	}
}
