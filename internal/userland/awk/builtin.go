package awk

import (
	"math"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
)

// builtin calls a function that awk itself has.
func (a *awk) builtin(n *node) value {
	args := n.list
	switch n.slot {
	case bLength:
		return number(float64(a.length(args)))
	case bSubstr:
		return text(a.substr(args))
	case bIndex:
		s, t := a.textOf(args[0]), a.textOf(args[1])
		if a.fold {
			s, t = strings.ToLower(s), strings.ToLower(t)
		}
		return number(float64(strings.Index(s, t) + 1))
	case bSplit:
		return number(float64(a.splitCall(args)))
	case bMatch:
		return number(float64(a.match(args)))
	case bSub, bGsub:
		return number(float64(a.sub(n)))
	case bGensub:
		return a.gensub(args)
	case bSprintf:
		format, values := a.arguments(args)
		return text(string(a.format(nil, format, values)))
	case bTolower, bToupper:
		return text(recase(a.textOf(args[0]), n.slot == bToupper))
	case bSystem:
		return number(float64(a.system(a.textOf(args[0]))))
	case bClose:
		return number(float64(a.close(a.textOf(args[0]))))
	case bFflush:
		return number(float64(a.fflush(args)))
	case bStrftime:
		return text(a.strftime(args))
	case bMktime:
		return number(a.mktime(a.textOf(args[0])))
	case bSystime:
		return number(float64(time.Now().Unix()))
	}
	return number(a.mathematics(n))
}

// mathematics is the functions of numbers.
func (a *awk) mathematics(n *node) float64 {
	x := 0.0
	if len(n.list) > 0 {
		x = a.number(n.list[0])
	}
	switch n.slot {
	case bAtan2:
		return math.Atan2(x, a.number(n.list[1]))
	case bCos:
		return math.Cos(x)
	case bSin:
		return math.Sin(x)
	case bExp:
		return math.Exp(x)
	case bLog:
		return math.Log(x)
	case bSqrt:
		return math.Sqrt(x)
	case bInt:
		return math.Trunc(x)
	case bRand:
		return a.rand()
	case bSrand:
		old := a.seed
		if len(n.list) == 0 {
			x = float64(time.Now().Unix())
		}
		a.seed = math.Trunc(x)
		a.random = math.Float64bits(a.seed)
		return old
	case bCompl:
		return float64(^bits(x))
	}
	y := bits(a.number(n.list[1]))
	switch n.slot {
	case bAnd:
		return float64(bits(x) & y)
	case bOr:
		return float64(bits(x) | y)
	case bXor:
		return float64(bits(x) ^ y)
	case bLshift:
		return float64(bits(x) << y)
	}
	return float64(bits(x) >> y)
}

// bits is a number for the functions of bits.
func bits(f float64) uint64 { return unsigned(f) }

// rand is splitmix64: the next number from 0 up to 1.
func (a *awk) rand() float64 {
	a.random += 0x9e3779b97f4a7c15
	z := a.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

func (a *awk) length(args []*node) int {
	if len(args) == 0 {
		return len(a.bytes(nil))
	}
	n := args[0]
	if n.op == oVar && a.globals[n.slot].array != nil || n.op == oLocal && a.isArray(&a.frame[n.slot]) {
		return len(a.arrayOf(n).cells)
	}
	return len(a.bytes(n))
}

// isArray says whether a parameter is an array, or stands for one by now.
func (a *awk) isArray(c *cell) bool {
	for ; c != nil; c = c.link {
		if c.array != nil {
			return true
		}
	}
	return false
}

// substr rounds its bounds, as POSIX has it.
func (a *awk) substr(args []*node) string {
	s := a.textOf(args[0])
	from := math.RoundToEven(a.number(args[1]))
	to := math.Inf(1)
	if len(args) > 2 {
		to = from + math.RoundToEven(a.number(args[2]))
	}
	from, to = max(from, 1), min(to, float64(len(s)+1))
	if !(from < to) {
		return ""
	}
	return s[int(from)-1 : int(to)-1]
}

func recase(s string, upper bool) string {
	b := []byte(s)
	from, to := byte('A'), byte('Z')
	if upper {
		from, to = 'a', 'z'
	}
	for i, c := range b {
		if c >= from && c <= to {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func (a *awk) splitCall(args []*node) int {
	s := a.textOf(args[0])
	by := a.fs
	if len(args) > 2 {
		if args[2].op == oRegex {
			by = splitter{mode: byRegex, re: a.regexOf(args[2])}
		} else {
			by = a.splitterFor(a.textOf(args[2]), false)
		}
	}
	return a.split(s, a.arrayOf(args[1]), by)
}

// match sets RSTART and RLENGTH, and the groups of a third argument.
func (a *awk) match(args []*node) int {
	s := a.textOf(args[0])
	re := a.regexOf(args[1])
	slots := make([]int, 2*re.Groups()+2)
	start, length := 0, -1
	found := re.Find(bytesOf(s), 0, slots, 0)
	if found {
		start, length = slots[0]+1, slots[1]-slots[0]
	}
	a.globals[vRSTART].value, a.globals[vRLENGTH].value = number(float64(start)), number(float64(length))
	if len(args) > 2 {
		m := a.arrayOf(args[2])
		m.clear()
		for g := 0; found && 2*g < len(slots); g++ {
			if slots[2*g] >= 0 {
				m.set(string(appendInt(nil, g)), fromOutside(s[slots[2*g]:slots[2*g+1]]))
			}
		}
	}
	return start
}

// sub runs sub and gsub on a variable, or $0.
func (a *awk) sub(n *node) int {
	args := n.list
	re := a.regexOf(args[0])
	replacement := a.textOf(args[1])
	to := &node{op: oField, a: &node{op: oNumber}}
	if len(args) > 2 {
		to = args[2]
	}
	s := a.textOf(to)
	most := 1
	if n.slot == bGsub {
		most = 0
	}
	start := len(a.scratch)
	count := 0
	a.scratch, count = substitute(a.scratch, re, s, replacement, most, false)
	if count > 0 {
		a.assign(to, text(string(a.scratch[start:])))
	}
	a.scratch = a.scratch[:start]
	return count
}

func (a *awk) gensub(args []*node) value {
	re := a.regexOf(args[0])
	replacement := a.textOf(args[1])
	which := a.eval(args[2])
	n := int(integer(which.number()))
	if s := a.text(&which); s != "" && s[0]|0x20 == 'g' {
		n = 0
	} else {
		n = max(n, 1)
	}
	var s string
	if len(args) > 3 {
		s = a.textOf(args[3])
	} else {
		s = a.record()
	}
	start := len(a.scratch)
	a.scratch, _ = substitute(a.scratch, re, s, replacement, n, true)
	out := string(a.scratch[start:])
	a.scratch = a.scratch[:start]
	return text(out)
}

// system runs a command and returns its exit status.
func (a *awk) system(command string) int {
	a.flush()
	if command == "" {
		return 0
	}
	pid, err := a.c.Start([]string{"sh", "-c", command}, [3]int{a.c.In.Fd(), a.c.Out.Fd(), a.c.Err.Fd()}, nil)
	if err != nil {
		a.errno(err)
		return applet.NotRun(err)
	}
	return applet.Wait(pid)
}

func (a *awk) fflush(args []*node) int {
	if len(args) == 0 {
		a.c.Out.Flush()
		return 0
	}
	name := a.textOf(args[0])
	if name == "" {
		a.flush()
		return 0
	}
	for _, s := range a.streams {
		if s.name == name && s.out != nil {
			if s.out.Flush() != nil {
				return -1
			}
			return 0
		}
	}
	return -1
}

func (a *awk) strftime(args []*node) string {
	format := "%a %b %e %H:%M:%S %Z %Y"
	if len(args) > 0 {
		format = a.textOf(args[0])
	}
	t := time.Now()
	if len(args) > 1 {
		t = time.Unix(integer(a.number(args[1])), 0)
	}
	return dates.Format(format, t.In(dates.Local(a.c)))
}

// mktime reads "YYYY MM DD HH MM SS".
func (a *awk) mktime(s string) float64 {
	words := strings.Fields(s)
	if len(words) < 6 {
		return -1
	}
	var n [6]int
	for i := range n {
		f, _ := parseNumber(words[i])
		n[i] = int(integer(f))
	}
	if n[0] < 1900 || n[1] < 1 {
		return -1
	}
	return float64(time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, dates.Local(a.c)).Unix())
}
