package grep

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// file is the search through one file.
type file struct {
	*grep
	in    *applet.In
	plain bool // whole lines go out as they are
	stop  bool // no more is wanted
	hits  int64
	left  int64  // hits still wanted
	data  []byte // what the input has buffered
	next  int    // where in it the lines that weren't looked at begin
	base  int64  // the offset of data in the file

	counted int   // up to where in data lines are counted
	line    int64 // and how many there were
	shownTo int   // the end of what was printed in data, for context
	trail   int   // lines of context still to be printed
	printed bool  // something of this file was
	dropped int
	slots   [2]int
}

func (g *grep) withName() bool { return (g.names || g.c.Has("H")) && g.c.Last("H", "h") != "h" }

// lines searches some whole lines, without the last one's end.
func (f *file) lines(data []byte) {
	end := f.next + len(data)
	all := f.data[:end]
	for at := f.next; at <= end && !f.stop; {
		from, to := end+1, end+1 // the next line that matches
		if f.re != nil {
			if i := f.re.Line(all, at); i >= 0 {
				from = at + bytes.LastIndexByte(all[at:i], f.end) + 1
				if to = bytes.IndexByte(all[i:], f.end); to < 0 {
					to = end - i
				}
				to += i + 1
			}
		}
		switch {
		case !f.invert && from < to:
			f.selected(from, to, 1)
		case f.invert && at < from:
			f.unmatched(at, from)
		}
		at = to
	}
	f.rest(min(end+1, len(f.data)))
	f.next = min(end+1, len(f.data))
}

// unmatched handles lines that don't match, in f.data[from:to], when these are wanted.
func (f *file) unmatched(from, to int) {
	if f.plain && f.left > int64(to-from) && !f.single() {
		n := int64(0)
		if f.count {
			n = int64(bytes.Count(f.data[from:min(to, len(f.data))], []byte{f.end}))
			if to > len(f.data) {
				n++
			}
		}
		f.selected(from, to, max(n, 1))
		return
	}
	for from < to && !f.stop {
		i := bytes.IndexByte(f.data[from:], f.end)
		if i < 0 {
			i = len(f.data) - from
		}
		f.selected(from, from+i+1, 1)
		from += i + 1
	}
}

// single says whether the first hit is all that is wanted.
func (f *file) single() bool { return f.quiet || f.list || f.listNot }

// selected handles n selected lines, in f.data[from:to] with their ends, of which the
// last one may be missing.
func (f *file) selected(from, to int, n int64) {
	if f.left <= 0 {
		// The context behind the last wanted line ends at the next hit.
		f.stop = true
		f.context(from)
		f.trail = 0
		return
	}
	f.hits += n
	f.left -= n
	switch {
	case f.single():
		f.stop = true
		return
	case f.count:
		f.stop = f.left <= 0
		return
	case f.plain:
		f.write(from, to)
	default:
		f.context(from)
		f.print(from, to, ':')
		f.trail = f.after
	}
	f.stop = f.left <= 0 && f.trail == 0
}

// write writes lines; the last one gets an end if it has none.
func (f *file) write(from, to int) {
	f.c.Out.Write(f.data[from:min(to, len(f.data))])
	if to > len(f.data) {
		f.c.Out.WriteByte(f.end)
	}
}

// rest prints the context behind the last hit that stands before a position.
func (f *file) rest(to int) {
	if f.trail > 0 && !f.stop {
		f.trailing(to)
		f.stop = f.left <= 0 && f.trail == 0
	}
}

// trailing prints the context behind a hit, up to a position.
func (f *file) trailing(to int) {
	for f.trail > 0 && f.shownTo < to {
		i := bytes.IndexByte(f.data[f.shownTo:], f.end)
		if i < 0 {
			i = len(f.data) - f.shownTo
		}
		f.trail--
		f.print(f.shownTo, f.shownTo+i+1, '-')
	}
}

// context prints what belongs to the hit before and the hit that begins at a position.
func (f *file) context(to int) {
	if f.before == 0 && f.after == 0 {
		return
	}
	f.trailing(to)
	from := to
	if !f.stop {
		from = f.back(to, max(f.shownTo, 0), f.before)
	}
	if (f.shown && !f.printed || f.printed && from > f.shownTo) && !f.stop {
		f.paint("36", []byte("--"))
		f.c.Out.Print("\n")
	}
	for from < to {
		i := bytes.IndexByte(f.data[from:], f.end)
		f.print(from, from+i+1, '-')
		from += i + 1
	}
}

// back returns where up to n lines before a position begin, none of them before low.
func (f *file) back(to, low, n int) int {
	for ; n > 0 && to > low; n-- {
		to = low + bytes.LastIndexByte(f.data[low:to-1], f.end) + 1
	}
	return to
}

// discard takes what was looked at out of the buffer, but for the lines that may
// be context.
func (f *file) discard() {
	keep := f.next
	if f.before > 0 {
		keep = f.back(f.next, max(f.shownTo, 0), f.before)
	}
	if f.number {
		f.lineAt(keep)
	}
	f.in.Discard(keep)
	f.base += int64(keep)
	f.next -= keep
	f.counted -= keep
	// What was printed and is gone was printed before where data begins: context
	// with a gap is told from context without by it.
	if f.shownTo -= keep; f.shownTo < 0 {
		f.shownTo = -1
	}
	f.dropped = keep
}

// lineAt returns the number of the line at a position.
func (f *file) lineAt(i int) int64 {
	if i > f.counted {
		f.line += int64(bytes.Count(f.data[f.counted:i], []byte{f.end}))
		f.counted = i
	}
	return f.line + 1
}
