package awk

import (
	"bytes"
	"strings"
	"unsafe"

	"bantam/internal/userland/applet/regex"
)

// splitter says how records and strings are cut into fields.
type splitter struct {
	mode  uint8
	sep   byte
	lines bool // a newline ends a field, too: records are paragraphs
	re    *regex.Regexp
}

const (
	byBlanks uint8 = iota
	byByte
	byRegex
	byCharacter // every byte is a field
)

// record is $0 with its fields. The fields are found as far as they are asked for.
type record struct {
	raw  []byte // the record in the input's buffer, until text is made of it
	text string
	made bool // text is the record

	by     splitter
	bounds []int // where each field found so far begins and ends
	at     int   // where the search goes on, -1 when all are found
	slots  [2]int

	// Once a field was set all are here, and text is out of date.
	fields []value
	set    bool
	stale  bool
}

// view is the record's text, valid until the next record is read.
func (r *record) view() string {
	if r.made {
		return r.text
	}
	return unsafe.String(unsafe.SliceData(r.raw), len(r.raw))
}

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// own makes the text the record's own.
func (r *record) own() string {
	if !r.made {
		r.text, r.made, r.raw = string(r.raw), true, nil
	}
	return r.text
}

// reset begins another record.
func (r *record) reset(by splitter) {
	r.by, r.bounds, r.at = by, r.bounds[:0], 0
	r.set, r.stale = false, false
}

// find finds fields until there are n, or no more.
func (r *record) find(n int) {
	s := r.view()
	if r.at == 0 && len(r.bounds) == 0 && s == "" {
		r.at = -1
	}
	for r.at >= 0 && len(r.bounds) < 2*n {
		switch r.by.mode {
		case byBlanks:
			r.word(s)
		case byByte:
			i := strings.IndexByte(s[r.at:], r.by.sep)
			if r.by.lines {
				if j := strings.IndexByte(s[r.at:], '\n'); j >= 0 && (i < 0 || j < i) {
					i = j
				}
			}
			if i < 0 {
				r.add(r.at, len(s), -1)
			} else {
				r.add(r.at, r.at+i, r.at+i+1)
			}
		case byRegex:
			r.cut(s)
		default:
			if r.add(r.at, r.at+1, r.at+1); r.at == len(s) {
				r.at = -1
			}
		}
	}
}

func (r *record) add(from, to, at int) {
	r.bounds = append(r.bounds, from, to)
	r.at = at
}

// word finds the next field between blanks.
func (r *record) word(s string) {
	i := r.at
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n') {
		i++
	}
	if i == len(s) {
		r.at = -1
		return
	}
	from := i
	for i < len(s) && s[i] != ' ' && s[i] != '\t' && s[i] != '\n' {
		i++
	}
	r.add(from, i, i)
}

// cut finds the next field between matches that aren't empty.
func (r *record) cut(s string) {
	for at := r.at; at <= len(s) && r.by.re.Find(bytesOf(s), at, r.slots[:], 0); at = r.slots[1] + 1 {
		if r.slots[1] > r.slots[0] {
			r.add(r.at, r.slots[0], r.slots[1])
			return
		}
	}
	r.add(r.at, len(s), -1)
}

// count is NF.
func (r *record) count() int {
	if r.set {
		return len(r.fields)
	}
	r.find(1 << 60)
	return len(r.bounds) / 2
}

// bytes returns field i as it is in the record, if none was set.
func (r *record) bytes(i int) (s string, ok bool) {
	if r.set {
		return "", false
	}
	if i == 0 {
		return r.view(), true
	}
	r.find(i)
	if 2*i > len(r.bounds) {
		return "", true
	}
	return r.view()[r.bounds[2*i-2]:r.bounds[2*i-1]], true
}

// field returns $i.
func (a *awk) field(i int) value {
	r := &a.rec
	switch {
	case i == 0:
		return fromOutside(a.record())
	case r.set:
		if i <= len(r.fields) {
			return r.fields[i-1]
		}
		return text("")
	}
	r.find(i)
	if 2*i > len(r.bounds) {
		return text("")
	}
	return fromOutside(r.own()[r.bounds[2*i-2]:r.bounds[2*i-1]])
}

// record returns $0, put together anew if fields were set.
func (a *awk) record() string {
	r := &a.rec
	if r.stale {
		var b []byte
		for i := range r.fields {
			if i > 0 {
				b = append(b, a.ofs...)
			}
			b = append(b, a.text(&r.fields[i])...)
		}
		r.text, r.made, r.stale = string(b), true, false
	}
	return r.own()
}

// setRecord sets $0.
func (a *awk) setRecord(s string) {
	a.rec.text, a.rec.made, a.rec.raw = s, true, nil
	a.rec.reset(a.fs)
}

// unfold puts all fields into fields, n of them at least.
func (r *record) unfold(n int) {
	if !r.set {
		count := r.count()
		s := r.own()
		r.fields = r.fields[:0]
		for i := range count {
			r.fields = append(r.fields, fromOutside(s[r.bounds[2*i]:r.bounds[2*i+1]]))
		}
		r.set = true
	}
	for len(r.fields) < n {
		r.fields = append(r.fields, value{kind: vString})
	}
	r.stale = true
}

const maxFields = 1 << 24

// setField sets $i.
func (a *awk) setField(i int, v value) {
	switch {
	case i == 0:
		a.setRecord(a.text(&v))
		return
	case i > maxFields:
		a.fatal("Access to a field too far")
	}
	a.rec.unfold(i)
	a.rec.fields[i-1] = v
}

// setCount sets NF.
func (a *awk) setCount(n int) {
	if n < 0 {
		a.fatal("Access to negative field")
	}
	a.rec.unfold(min(n, maxFields))
	a.rec.fields = a.rec.fields[:min(n, maxFields)]
}

// setFS makes the splitter for a value of FS.
func (a *awk) splitterFor(fs string, lines bool) splitter {
	by := splitter{mode: byRegex, lines: lines}
	switch {
	case fs == " ":
		by.mode = byBlanks
	case fs == "":
		by.mode = byCharacter
	case len(fs) == 1 && !a.fold:
		by.mode, by.sep = byByte, fs[0]
	default:
		if len(fs) == 1 && strings.IndexByte(`.[]*^$+?(){}|\`, fs[0]) >= 0 {
			fs = `\` + fs
		}
		if lines {
			fs = "(" + fs + ")|\n"
		}
		by.re = a.compile(fs)
	}
	return by
}

// fsChanged applies a new FS or RS. The present record keeps its fields.
func (a *awk) fsChanged() {
	if !a.rec.set {
		a.rec.count()
	}
	a.fs = a.splitterFor(a.text(&a.globals[vFS].value), a.rs == "" && a.rsRegex == nil)
}

// rsChanged applies a new RS.
func (a *awk) rsChanged() {
	a.rs, a.rsRegex = a.text(&a.globals[vRS].value), nil
	if len(a.rs) > 1 {
		a.rsRegex = a.compile(a.rs)
	}
	a.fsChanged()
}

// split cuts a string into an array's elements.
func (a *awk) split(s string, to *array, by splitter) int {
	r := record{text: s, made: true}
	r.reset(by)
	n := r.count()
	to.clear()
	for i := range n {
		a.key = appendInt(a.key[:0], i+1)
		to.get(a.key).value = fromOutside(s[r.bounds[2*i]:r.bounds[2*i+1]])
	}
	return n
}

func appendInt(dst []byte, n int) []byte {
	if n >= 10 {
		dst = appendInt(dst, n/10)
	}
	return append(dst, byte('0'+n%10))
}

var newline = []byte{'\n'}

// paragraph finds a paragraph at the beginning of data: its end, and where the next
// one begins. ok is false if more data is needed to know.
func paragraph(data []byte, last bool) (end, next int, ok bool) {
	i := bytes.Index(data, []byte("\n\n"))
	if i < 0 {
		if !last {
			return 0, 0, false
		}
		end = len(bytes.TrimSuffix(data, newline))
		return end, len(data), true
	}
	return i, i + 2, true
}
