package lines

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Shuf is shuf.
var Shuf = applet.Applet{
	Names: "shuf",
	Usage: "[-n NUM] [-o FILE] [-z] [FILE]\n-e [-n NUM] [-o FILE] [-z] [ARG]...\n-i L-H [-n NUM] [-o FILE] [-z]",
	About: "Print lines in random order.",
	Options: `
-n, --head-count NUM	at most NUM lines
-o, --output FILE	write to FILE
-z, --zero-terminated	lines end with a zero byte
-e, --echo	the ARGs are the lines
-i, --input-range L-H	the numbers from L to H are the lines
-r, --repeat	lines may come again, without end if there is no -n
`,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   shuf,
}

// shuffle is the lines: words, text cut at offsets, or numbers.
type shuffle struct {
	count uint64
	line  func(i uint64) []byte
}

func shuf(c *applet.Call) int {
	end := byte('\n')
	if c.Has("z") {
		end = 0
	}
	s, status := lineSource(c, end)
	if status != 0 {
		return status
	}
	most := s.count
	if n, given := c.Given("n"); given {
		limit, err := number.Int(n, 1<<62)
		if err != nil {
			return c.Complain("invalid number '" + n + "'")
		}
		if most = min(most, uint64(limit)); c.Has("r") {
			most = uint64(limit)
		}
	} else if c.Has("r") {
		most = 1<<64 - 1
	}
	out := c.Out
	if name, given := c.Given("o"); given {
		var err error
		if out, err = applet.Create(name, 0o666); err != nil {
			return c.CantOpen(name, err)
		}
		defer out.Close()
	}
	s.print(out, most, c.Has("r"), end)
	if out != c.Out {
		if err := out.Close(); err != nil {
			return c.Warn(c.Value("o"), err)
		}
	}
	return 0
}

// lineSource returns where the lines come from.
func lineSource(c *applet.Call, end byte) (s shuffle, status int) {
	switch {
	case c.Has("i"):
		low, high, ok := strings.Cut(c.Value("i"), "-")
		l, err := strconv.ParseUint(low, 10, 63)
		h, err2 := strconv.ParseUint(high, 10, 63)
		if !ok || err != nil || err2 != nil || h < l {
			return s, c.Complain("bad range '" + c.Value("i") + "'")
		}
		var digits [20]byte
		s.count = h - l + 1
		s.line = func(i uint64) []byte { return strconv.AppendUint(digits[:0], l+i, 10) }
	case c.Has("e"):
		s.count = uint64(len(c.Args))
		s.line = func(i uint64) []byte { return []byte(c.Args[i]) }
	case len(c.Args) > 1:
		return s, c.UsageError("")
	default:
		name := "-"
		if len(c.Args) == 1 {
			name = c.Args[0]
		}
		in := c.Open(name)
		if in == nil {
			return s, 1
		}
		defer in.Close()
		var text []byte
		for {
			p, err := in.Chunk()
			if err != nil {
				return s, c.Warn(name, err)
			}
			if p == nil {
				break
			}
			text = append(text, p...)
		}
		s.text(text, end)
	}
	return s, 0
}

// text makes the lines of a text the source.
func (s *shuffle) text(text []byte, end byte) {
	if n := len(text); n > 0 && text[n-1] != end {
		text = append(text, end)
	}
	var ends []int
	for at := 0; at < len(text); {
		at += bytes.IndexByte(text[at:], end) + 1
		ends = append(ends, at)
	}
	s.count = uint64(len(ends))
	s.line = func(i uint64) []byte {
		start := 0
		if i > 0 {
			start = ends[i-1]
		}
		return text[start : ends[i]-1]
	}
}

// print prints so many lines: the first steps of Fisher and Yates' shuffle, which
// keeps only the places that were exchanged.
func (s *shuffle) print(out *applet.Out, most uint64, repeat bool, end byte) {
	var random source
	moved := map[uint64]uint64{}
	at := func(i uint64) uint64 {
		if to, ok := moved[i]; ok {
			return to
		}
		return i
	}
	for i := uint64(0); i < most && s.count > 0 && out.Err() == nil; i++ {
		chosen := random.below(s.count)
		if !repeat {
			place := i + random.below(s.count-i)
			chosen = at(place)
			moved[place] = at(i)
			delete(moved, i)
		}
		out.Write(s.line(chosen))
		out.WriteByte(end)
	}
}

// source is random bytes of the kernel.
type source struct {
	bytes [512]byte
	left  int
}

func (r *source) next() (n uint64) {
	if r.left < 8 {
		unix.Getrandom(r.bytes[:], 0)
		r.left = len(r.bytes)
	}
	for range 8 {
		r.left--
		n = n<<8 | uint64(r.bytes[r.left])
	}
	return n
}

// below returns a number below n, all of them equally likely (Lemire).
func (r *source) below(n uint64) uint64 {
	for {
		high, low := bits.Mul64(r.next(), n)
		if low >= n || low >= -n%n {
			return high
		}
	}
}
