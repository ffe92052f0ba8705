package ls

import (
	"sort"
	"strings"
)

// order is how a listing is sorted.
type order struct {
	by      string // t, S, v or X, or by name
	which   string // c or u: which time
	reverse bool
	folders bool // folders first
}

func (o order) sort(entries []*entry) {
	sort.Sort(&listing{o, entries})
}

// listing is what sort.Sort wants.
type listing struct {
	order   order
	entries []*entry
}

func (l *listing) Len() int { return len(l.entries) }

func (l *listing) Swap(i, j int) { l.entries[i], l.entries[j] = l.entries[j], l.entries[i] }

func (l *listing) Less(i, j int) bool {
	n := l.order.compare(l.entries[i], l.entries[j])
	return n < 0 && !l.order.reverse || n > 0 && l.order.reverse
}

func (o order) compare(a, b *entry) int {
	if o.folders && a.isFolder() != b.isFolder() {
		if a.isFolder() {
			return -1
		}
		return 1
	}
	n := 0
	switch o.by {
	case "S":
		n = sign(b.stat.Size, a.stat.Size)
	case "t":
		n = sign(b.time(o.which), a.time(o.which))
	case "v":
		n = versions(a.name, b.name)
	case "X":
		n = strings.Compare(extension(a.name), extension(b.name))
	}
	if n == 0 {
		n = strings.Compare(a.name, b.name)
	}
	return n
}

func sign(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// time is the time that is shown and sorted by.
func (e *entry) time(which string) int64 {
	switch which {
	case "c":
		return e.stat.Ctim.Sec
	case "u":
		return e.stat.Atim.Sec
	}
	return e.stat.Mtim.Sec
}

// extension is the name from its first dot.
func extension(name string) string {
	if i := strings.IndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}

func digit(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

// versions compares as strverscmp(3): numbers by their value, but those that begin with
// zeros like the digits of a fraction.
func versions(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) && i == len(b) {
		return 0
	}
	start := i
	for digit(a, start-1) {
		start--
	}
	if !digit(a, i) && !digit(b, i) || start == i && (!digit(a, i) || !digit(b, i)) {
		return byteAt(a, i) - byteAt(b, i)
	}
	// A fraction: the number begins with a zero in both, and there is more than zeros.
	zeros := start
	for digit(a, zeros) && a[zeros] == '0' && digit(b, zeros) && b[zeros] == '0' {
		zeros++
	}
	if zeros > start || digit(a, start) && a[start] == '0' || digit(b, start) && b[start] == '0' {
		if zeros == i && zeros > start && !digit(a, i) && digit(b, i) {
			return 1 // "0" is less than nothing but more zeros: "00" < "0"
		}
		if zeros == i && zeros > start && digit(a, i) && !digit(b, i) {
			return -1
		}
		return byteAt(a, i) - byteAt(b, i)
	}
	ends := [2]int{i, i}
	for digit(a, ends[0]) {
		ends[0]++
	}
	for digit(b, ends[1]) {
		ends[1]++
	}
	if ends[0] != ends[1] {
		return ends[0] - ends[1]
	}
	return byteAt(a, i) - byteAt(b, i)
}

func byteAt(s string, i int) int {
	if i < len(s) {
		return int(s[i])
	}
	return 0
}
