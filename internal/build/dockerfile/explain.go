package dockerfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Explain shows the lines of the Dockerfile around an error's place, as docker does, or
// nothing where it has none:
//
//	Dockerfile:2
//	--------------------
//	   1 |     FROM busybox
//	   2 | >>> RUNN make
//	   3 |     CMD ["sh"]
//	--------------------
func Explain(name string, src []byte, err error) string {
	var at *parser.LocationError
	if !errors.As(err, &at) {
		return ""
	}
	var b strings.Builder
	for _, ranges := range at.Locations {
		b.WriteString(excerpt(name, src, ranges))
		break // the others are where the same was asked for
	}
	return b.String()
}

// around is how many lines are shown before and after.
const around = 3

func excerpt(name string, src []byte, ranges []parser.Range) string {
	first, last := 0, 0
	for _, r := range ranges {
		if r.Start.Line > 0 && (first == 0 || r.Start.Line < first) {
			first = r.Start.Line
		}
		last = max(last, r.End.Line)
	}
	if first == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d\n--------------------\n", name, first)
	for n := max(1, first-around); n <= min(len(lines), last+around); n++ {
		mark := "   "
		if n >= first && n <= last {
			mark = ">>>"
		}
		fmt.Fprintf(&b, "%4d | %s %s\n", n, mark, strings.TrimRight(lines[n-1], "\r"))
	}
	b.WriteString("--------------------\n")
	return b.String()
}

// Line is the first line of the ranges, or 0.
func Line(ranges []parser.Range) int {
	if len(ranges) == 0 {
		return 0
	}
	return ranges[0].Start.Line
}
