package sysstat

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

// Nmeter is nmeter.
var Nmeter = applet.Applet{
	Names: "nmeter",
	Usage: "[-d MSEC] FORMAT_STRING",
	About: "Watch the system in real time.",
	Options: `
-d MSEC	the time between samples (1000), negative for none
`,
	Notes: `
FORMAT_STRING:
	%Nc or %[cN]	the processors, a bar of N characters (10): S system, U user, N nice,
			D waiting for disks, I interrupts, i those of software
	%[nINTERFACE]	network: received, sent; * marks errors
	%m %[mf] %[mt]	memory: used, free, all
	%[md] %[mw]	memory: dirty, being written
	%s	swap in use
	%f	open files
	%Ni	interrupts, all or number N
	%x	context switches
	%p %[pn]	new processes, all processes
	%b	blocks: read, written
	%Nt	the time with N decimals
	%NT	the time since the start
	%r	a carriage return at the end of the line
`,
	Dir:     "/usr/bin",
	AtLeast: 1,
	Run:     nmeter,
}

// gauge is a part of the format: text and then what is measured.
type gauge struct {
	label string
	kind  byte // 0 for nothing
	param string
	old   [10]uint64
}

// meter is one session.
type meter struct {
	c          *applet.Call
	gauges     []gauge
	end        string
	start, now time.Time
	files      map[string]string // of one sample
}

func nmeter(c *applet.Call) int {
	m := &meter{c: c, end: "\n"}
	delta := time.Second
	if word, given := c.Given("d"); given {
		n, err := strconv.ParseInt(word, 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + word + "'")
		}
		delta = time.Duration(n) * time.Millisecond
	}
	if !m.parse(c.Args[0]) {
		return c.UsageError("")
	}
	// The first sample only begins to count.
	m.now = time.Now()
	m.sample()
	m.sleep(min(delta, time.Second))
	m.now = time.Now()
	m.start = m.now
	if delta > 0 {
		m.start = m.start.Add(-time.Duration(m.start.Nanosecond()) % delta)
	}
	for {
		c.Out.Print(m.sample(), m.end)
		if c.Out.Flush() != nil {
			return 0
		}
		m.sleep(delta)
		m.now = time.Now()
	}
}

// sleep sleeps until the time is a multiple of the interval.
func (m *meter) sleep(delta time.Duration) {
	if delta <= 0 {
		return
	}
	left := delta - time.Duration(time.Now().UnixNano())%delta
	if left < delta/128 {
		left += delta
	}
	time.Sleep(left)
}

// parse cuts the format into gauges.
func (m *meter) parse(format string) bool {
	label := ""
	for {
		text, rest, found := strings.Cut(format, "%")
		label += text
		if !found {
			m.gauges = append(m.gauges, gauge{label: label})
			return true
		}
		if strings.HasPrefix(rest, "%") {
			label, format = label+"%", rest[1:]
			continue
		}
		g := gauge{}
		if strings.HasPrefix(rest, "[") {
			inside, after, closed := strings.Cut(rest[1:], "]")
			if !closed || inside == "" {
				return false
			}
			g.kind, g.param, format = inside[0], inside[1:], after
		} else {
			letter := strings.TrimLeft(rest, "0123456789")
			if letter == "" {
				return false
			}
			g.kind, g.param, format = letter[0], rest[:len(rest)-len(letter)], letter[1:]
		}
		switch {
		case strings.IndexByte("ncmsfixptTbr", g.kind) < 0 || g.kind == 'n' && g.param == "":
			return false
		case g.kind == 'r':
			m.end = "\r"
			continue
		}
		g.label, label = label, ""
		m.gauges = append(m.gauges, g)
	}
}

// file is a file of /proc, read once a sample.
func (m *meter) file(name string) string {
	text, read := m.files[name]
	if !read {
		text = applet.ReadString("/proc/" + name)
		m.files[name] = text
	}
	return text
}

func (m *meter) sample() string {
	m.files = make(map[string]string)
	var b strings.Builder
	for i := range m.gauges {
		g := &m.gauges[i]
		b.WriteString(g.label)
		if g.kind != 0 {
			b.WriteString(m.measure(g))
		}
	}
	return b.String()
}

func short(n uint64) string { return pad.Short(n, 4, " kmgtpezy") }

// since is how much a counter grew.
func (g *gauge) since(i int, n uint64) uint64 {
	old := min(g.old[i], n)
	g.old[i] = n
	return n - old
}

func (m *meter) measure(g *gauge) string {
	switch g.kind {
	case 'c':
		return g.bar()
	case 'n':
		return m.network(g)
	case 'm':
		return m.memory(g.param)
	case 's':
		return short((named(m.file("meminfo"), "SwapTotal:") - named(m.file("meminfo"), "SwapFree:")) << 10)
	case 'f':
		f := numbers(m.file("sys/fs/file-nr"))
		return short(nth(f, 0) - nth(f, 1))
	case 'i':
		_, line, _ := strings.Cut(m.file("stat"), "\nintr ")
		line, _, _ = strings.Cut(line, "\n")
		which := 0
		if n, err := strconv.Atoi(g.param); err == nil {
			which = n + 1
		}
		return short(g.since(0, nth(numbers(line), which)))
	case 'x':
		return short(g.since(0, named(m.file("stat"), "ctxt ")))
	case 'p':
		if strings.HasPrefix(g.param, "n") {
			_, all, _ := strings.Cut(m.file("loadavg"), "/")
			return short(nth(numbers(all), 0))
		}
		return short(g.since(0, named(m.file("stat"), "processes ")))
	case 'b':
		return g.blocks()
	case 't':
		return clock(m.now.In(dates.Local(m.c)), g.param)
	}
	return clock(time.Unix(0, int64(m.now.Sub(m.start))).UTC(), g.param)
}

func numbers(line string) []uint64 {
	var all []uint64
	for _, word := range strings.Fields(line) {
		n, _ := strconv.ParseUint(word, 10, 64)
		all = append(all, n)
	}
	return all
}

func nth(all []uint64, i int) uint64 {
	if i < 0 || i >= len(all) {
		return 0
	}
	return all[i]
}

// clock is the time of day with decimals.
func clock(t time.Time, decimals string) string {
	n, _ := strconv.Atoi(decimals)
	if n = min(n, 6); n == 0 {
		return t.Round(time.Second).Format("15:04:05")
	}
	return t.Format("15:04:05.000000"[:9+n])
}

// bar shows what the processors did. What rounding leaves goes to the largest rests.
func (g *gauge) bar() string {
	size := 10
	if g.param != "" {
		size, _ = strconv.Atoi(g.param)
	}
	size = min(max(size, 1), 1000)
	all := proc.Processors()
	if len(all) == 0 {
		return strings.Repeat("?", size)
	}
	const parts = proc.CPUSoft + 1
	var d, rest [parts]uint64
	total := uint64(0)
	for i := range d {
		d[i] = g.since(i, all[0].Part[i])
		total += d[i]
	}
	if total == 0 {
		return strings.Repeat("?", size)
	}
	left := size
	for i := range d {
		n := uint64(size) * d[i]
		d[i], rest[i] = n/total, n%total
		left -= int(d[i])
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rest {
			if rest[i] > rest[best] {
				best = i
			}
		}
		d[best]++
		rest[best] = 0
	}
	bar := ""
	for i, part := range []int{proc.CPUSystem, proc.CPUUser, proc.CPUNice, proc.CPUWait, proc.CPUInterrupts, proc.CPUSoft} {
		bar += strings.Repeat("SUNDIi"[i:i+1], int(d[part]))
	}
	return bar + strings.Repeat(".", size-len(bar))
}

func (m *meter) network(g *gauge) string {
	_, line, found := strings.Cut(m.file("net/dev"), g.param+":")
	if !found {
		return strings.Repeat("?", 10)
	}
	f := strings.Fields(line)
	out := ""
	for _, at := range []int{0, 8} {
		bytes, errors := uint64(0), uint64(0)
		if at+2 < len(f) {
			bytes, _ = strconv.ParseUint(f[at], 10, 64)
			errors, _ = strconv.ParseUint(f[at+2], 10, 64)
		}
		mark := " "
		if g.since(at+1, errors) > 0 {
			mark = "*"
		}
		out += mark + short(g.since(at, bytes))
	}
	return out
}

// memory counts what the kernel can give back as free.
func (m *meter) memory(what string) string {
	get := func(name string) uint64 { return named(m.file("meminfo"), name) << 10 }
	total := get("MemTotal:")
	free := get("MemFree:") + get("Buffers:") + get("Cached:") + get("Slab:")
	switch what {
	case "d":
		return short(get("Dirty:"))
	case "w":
		return short(get("Writeback:"))
	case "t":
		return short(total)
	case "f":
		return short(free)
	}
	return short(total - min(free, total))
}

// blocks adds up whole disks: a name that another one begins with and a digit follows is
// a partition of it.
func (g *gauge) blocks() string {
	var read, written uint64
	last := ""
	const sector = 512
	for _, d := range readDisks() {
		if rest, part := strings.CutPrefix(d.name, last); part && last != "" && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			continue
		}
		last = d.name
		read += d.readSec
		written += d.writSec
	}
	return short(g.since(0, read)*sector) + " " + short(g.since(1, written)*sector)
}
