package sysstat

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

// Mpstat is mpstat.
var Mpstat = applet.Applet{
	Names: "mpstat",
	Usage: "[-A] [-I SUM|CPU|ALL|SCPU] [-u] [-P num|ALL] [INTERVAL [COUNT]]",
	About: "Report what each processor did.",
	Options: `
-A	the same as -I ALL -u -P ALL
-I WHAT	interrupts: SUM, CPU, SCPU (software's) or ALL
-P N	the processors, separated by commas, or ALL
-u	how they were used (default)
`,
	Run: mpstat,
}

// source is an interrupt with its counts of each processor.
type source struct {
	name   string
	counts []uint64
}

// state is what was counted at a time.
type state struct {
	when       time.Time
	up         uint64
	processors []proc.Times // all of them first
	interrupts uint64
	hard, soft []source
}

// processors is one session.
type processors struct {
	c                   *applet.Call
	use, sum, hard, any bool
	soft                bool
	chosen              []bool // all of them first
	count               int
}

func mpstat(c *applet.Call) int {
	p := &processors{c: c, count: max(len(proc.Processors())-1, 1)}
	p.chosen = make([]bool, p.count+1)
	if status := p.options(); status != 0 {
		return status
	}
	interval, count, wrong := repeat(c.Args)
	switch {
	case wrong != "":
		return c.Complain(wrong)
	case interval == 0 && len(c.Args) > 1:
		return c.UsageError("")
	}
	c.Out.Print(machine(c, "\t"))
	first := p.read()
	if interval == 0 {
		boot := state{when: first.when, processors: make([]proc.Times, len(first.processors))}
		p.report(&boot, &first, "")
		return 0
	}
	for last := first; ; {
		time.Sleep(interval)
		now := p.read()
		p.report(&last, &now, "")
		if count--; count == 0 {
			p.report(&first, &now, "Average:")
			return 0
		}
		if c.Out.Flush() != nil {
			return 1
		}
		last = now
	}
}

// options reads what is to be shown.
func (p *processors) options() int {
	c := p.c
	if c.Has("A") {
		p.use, p.sum, p.hard, p.soft = true, true, true, true
	}
	if word, given := c.Given("I"); given {
		switch word {
		case "SUM":
			p.sum = true
		case "CPU":
			p.hard = true
		case "SCPU":
			p.soft = true
		case "ALL":
			p.sum, p.hard, p.soft = true, true, true
		default:
			return c.UsageError("")
		}
	}
	if c.Has("u") || !p.sum && !p.hard && !p.soft {
		p.use = true
	}
	words := ""
	if c.Has("A") {
		words = "ALL"
	}
	if word, given := c.Given("P"); given {
		words += "," + word
	}
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return r == ',' }) {
		p.any = true
		if word == "ALL" {
			for i := range p.chosen {
				p.chosen[i] = true
			}
			continue
		}
		n, wrong := number.Signed(word, 0, maxInt)
		if wrong != "" {
			return c.Complain(wrong)
		}
		if int(n) >= p.count {
			return c.Complain("not that many processors")
		}
		p.chosen[n+1] = true
	}
	if !p.any {
		p.chosen[0] = true
	}
	return 0
}

func (p *processors) read() state {
	s := state{when: time.Now().In(dates.Local(p.c)), up: uptime(), processors: proc.Processors()}
	s.interrupts = named(applet.ReadString("/proc/stat"), "intr ")
	s.hard, s.soft = sources("/proc/interrupts"), sources("/proc/softirqs")
	return s
}

// sources reads /proc/interrupts or /proc/softirqs.
func sources(path string) []source {
	var all []source
	lines := strings.Split(applet.ReadString(path), "\n")
	columns := len(strings.Fields(lines[0]))
	for _, line := range lines[1:] {
		name, rest, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		s := source{name: strings.TrimSpace(name), counts: make([]uint64, columns)}
		for i, word := range strings.Fields(rest) {
			if i < columns {
				s.counts[i], _ = strconv.ParseUint(word, 10, 64)
			}
		}
		all = append(all, s)
	}
	return all
}

// report prints what happened between two times.
func (p *processors) report(last, now *state, title string) {
	before, after := title, title
	if title == "" {
		before, after = last.when.Format("15:04:05"), now.when.Format("15:04:05")
	}
	before, after = pad.Right(before, 11), pad.Right(after, 11)
	if p.use {
		p.c.Out.Print("\n", before, "  CPU    %usr   %nice    %sys %iowait    %irq   %soft  %steal  %guest   %idle\n")
		p.each(func(i int) {
			p.label(after, i)
			p.usage(last, now, i)
		})
	}
	if p.sum {
		p.c.Out.Print("\n", before, "  CPU    intr/s\n")
		p.each(func(i int) {
			p.label(after, i)
			n, ticks := now.interrupts-last.interrupts, now.up-last.up
			if i > 0 {
				n = numbered(now.hard, i-1) - numbered(last.hard, i-1)
			}
			p.c.Out.Print(" ", hundredths(n, max(ticks, 1), 9), "\n")
		})
	}
	if p.hard {
		p.sources(last.hard, now.hard, now.up-last.up, before, after)
	}
	if p.soft {
		p.sources(last.soft, now.soft, now.up-last.up, before, after)
	}
}

func (p *processors) each(f func(i int)) {
	for i, chosen := range p.chosen {
		if chosen {
			f(i)
		}
	}
}

func (p *processors) label(when string, i int) {
	if i == 0 {
		p.c.Out.Print(when, "  all")
	} else {
		p.c.Out.Print(when, " ", pad.Int(int64(i-1), 4))
	}
}

// usage is a processor's line, of zeros for one that is off.
func (p *processors) usage(last, now *state, i int) {
	var d proc.Times
	name := "cpu"
	if i > 0 {
		name += strconv.Itoa(i - 1)
	}
	for j := range now.processors {
		if now.processors[j].Name != name {
			continue
		}
		var old proc.Times
		for k := range last.processors {
			if last.processors[k].Name == name {
				old = last.processors[k]
			}
		}
		d = now.processors[j].Since(&old)
	}
	total := d.Total()
	for _, n := range []uint64{
		d.Part[proc.CPUUser] - min(d.Part[proc.CPUGuest], d.Part[proc.CPUUser]), d.Part[proc.CPUNice], d.Part[proc.CPUSystem], d.Part[proc.CPUWait],
		d.Part[proc.CPUInterrupts], d.Part[proc.CPUSoft], d.Part[proc.CPUStolen], d.Part[proc.CPUGuest], d.Part[proc.CPUIdle],
	} {
		p.c.Out.Print(" ", hundredths(n, total, 7))
	}
	p.c.Out.Print("\n")
}

// numbered is the sum of a processor's interrupts that have a number.
func numbered(all []source, processor int) uint64 {
	n := uint64(0)
	for _, s := range all {
		if c := s.name[len(s.name)-1]; c >= '0' && c <= '9' && processor < len(s.counts) {
			n += s.counts[processor]
		}
	}
	return n
}

// sources prints the rates of all interrupts. A title that is too wide takes its room
// from those behind it.
func (p *processors) sources(last, now []source, ticks uint64, before, after string) {
	out := p.c.Out
	out.Print("\n", before, "  CPU")
	const column = 10
	expected, printed := 0, 0
	for _, s := range now {
		title := " " + pad.Left(s.name, max(column-3-(printed-expected), 0)) + "/s"
		out.Print(title)
		printed += len(title)
		expected += column
	}
	out.Print("\n")
	for i := range p.count {
		if p.any && !p.chosen[i+1] {
			continue
		}
		p.label(after, i+1)
		for j, s := range now {
			old := uint64(0)
			for k := max(j-1, 0); k < len(last) && k <= j+1; k++ {
				if last[k].name == s.name && i < len(last[k].counts) {
					old = last[k].counts[i]
				}
			}
			n := uint64(0)
			if i < len(s.counts) {
				n = s.counts[i] - min(old, s.counts[i])
			}
			out.Print(hundredths(n, max(ticks, 1), column))
		}
		out.Print("\n")
	}
}
