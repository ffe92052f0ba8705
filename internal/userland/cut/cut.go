// Package cut is the applet cut.
package cut

import (
	"sort"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/regex"
)

// Applet is cut.
var Applet = applet.Applet{
	Names: "cut",
	Usage: "{-b|-c|-f|-F} LIST [-d SEP] [-O SEP] [-sDn] [FILE]...",
	About: "Print parts of each line. LIST is 3, 2-4, 5- or -6, or several with commas.",
	Options: `
-b, --bytes LIST	these bytes
-c, --characters LIST	these characters, which are bytes
-f, --fields LIST	these fields
-F LIST	these fields, where SEP is a regular expression (runs of white space)
-d, --delimiter SEP	fields end with SEP (a tab)
-O, --output-delimiter SEP	print SEP between fields (the same as -d, one space for -F)
-s, --only-delimited	not the lines without SEP
-D	in the order of LIST
-n	ignored
`,
	Dir:   "/usr/bin",
	Quick: true,
	Min:   true,
	Run:   run,
}

// endless is the end of 5-.
const endless = 1<<62 - 1

// span is a part of LIST, counted from 0.
type span struct{ first, last int }

// cutter cuts lines.
type cutter struct {
	out       *applet.Out
	spans     []span
	delim     byte
	join      string
	separated bool // -s
	field     fieldState
}

func run(c *applet.Call) int {
	unit := ""
	for _, key := range []string{"b", "c", "f", "F"} {
		switch {
		case c.Count(key) > 1 || c.Has(key) && unit != "":
			return c.UsageError("")
		case c.Has(key):
			unit = key
		}
	}
	fields := unit == "f" || unit == "F"
	switch {
	case unit == "":
		return c.Complain("expected a list of bytes, characters, or fields")
	case !fields && c.Has("s"):
		return c.Complain("suppressing non-delimited lines makes sense only when operating on fields")
	case !fields && c.Has("d"):
		return c.Complain("a delimiter may be specified only when operating on fields")
	}
	spans, wrong := parse(c.Value(unit))
	if wrong != "" {
		return c.Complain(wrong)
	}
	if !c.Has("D") {
		spans = merge(spans)
	}
	k := cutter{out: c.Out, spans: spans, delim: '\t', separated: c.Has("s")}
	k.join = "\t"
	if d := c.Value("d"); d != "" {
		k.delim, k.join = d[0], d[:1]
	}
	if unit == "F" {
		k.join = " "
	}
	if o, given := c.Given("O"); given {
		k.join = o
	}
	cut, wrong := k.way(c, unit)
	if wrong != "" {
		return c.Complain(wrong)
	}
	return c.EachInput(func(_ string, in *applet.In) error { return cut(in) })
}

// way returns what cuts a file.
func (k *cutter) way(c *applet.Call, unit string) (cut func(*applet.In) error, wrong string) {
	switch {
	case unit == "F":
		pattern := "[[:space:]]+"
		if d := c.Value("d"); d != "" {
			pattern = d
		}
		re, err := regex.Compile(pattern, regex.Extended)
		if err != nil {
			return nil, "bad regex '" + pattern + "': " + err.Error()
		}
		return func(in *applet.In) error { return k.ordered(in, re) }, ""
	case unit == "f" && k.delim == '\n':
		return k.wholeLines, ""
	case unit == "f" && c.Has("D"):
		return func(in *applet.In) error { return k.ordered(in, nil) }, ""
	case unit == "f":
		k.field.hold = k.separated == k.selects(0)
		return k.fields, ""
	case c.Has("D"):
		return k.orderedBytes, ""
	}
	return k.bytes, ""
}

// parse reads LIST.
func parse(list string) (spans []span, wrong string) {
	for _, part := range strings.Split(list, ",") {
		if part == "" {
			continue
		}
		first, last, ranged := strings.Cut(part, "-")
		s := span{0, endless}
		if first != "" {
			n, err := number.Int(first, endless)
			if err != nil {
				return nil, "invalid number '" + first + "'"
			}
			s.first = max(n-1, 0)
		}
		switch {
		case !ranged:
			s.last = s.first
		case last != "":
			n, err := number.Int(last, endless)
			if err != nil {
				return nil, "invalid number '" + last + "'"
			}
			if s.last = n - 1; s.last < s.first {
				return nil, last + "<" + strconv.Itoa(s.first)
			}
		}
		spans = append(spans, s)
	}
	if spans == nil {
		return nil, "missing list of positions"
	}
	return spans, ""
}

// byFirst sorts spans by where they begin.
type byFirst []span

func (s byFirst) Len() int           { return len(s) }
func (s byFirst) Less(i, j int) bool { return s[i].first < s[j].first }
func (s byFirst) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// merge sorts the spans and joins those that touch.
func merge(spans []span) []span {
	sort.Sort(byFirst(spans))
	merged := spans[:1]
	for _, s := range spans[1:] {
		if last := &merged[len(merged)-1]; s.first <= last.last+1 {
			last.last = max(last.last, s.last)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// selects says whether merged spans have a place.
func (k *cutter) selects(place int) bool {
	for _, s := range k.spans {
		if s.last >= place {
			return s.first <= place
		}
	}
	return false
}
