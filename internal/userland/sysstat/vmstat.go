package sysstat

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

// Vmstat is vmstat. BusyBox has none: the columns are those of procps.
var Vmstat = applet.Applet{
	Names: "vmstat",
	Usage: "[-n] [INTERVAL [COUNT]]",
	About: "Report on processes, memory, swapping, disks, interrupts and processors.",
	Options: `
-n	the header only once
`,
	Dir:    "/usr/bin",
	AtMost: 2,
	Run:    vmstat,
}

// counters are what the kernel counts.
type counters struct {
	processor            proc.Times
	swapIn, swapOut      uint64
	blocksIn, blocksOut  uint64
	interrupts, switches uint64
	running, blocked     uint64
	swapped, unused      uint64
	buffers, cached      uint64
	when                 time.Time
}

func vmstat(c *applet.Call) int {
	interval, count, wrong := repeat(c.Args)
	if wrong != "" {
		return c.Complain(wrong)
	}
	const screenful = 22
	var last counters
	for lines := 0; ; lines++ {
		if lines == 0 || lines%screenful == 0 && !c.Has("n") {
			c.Out.Print("procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n",
				" r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n")
		}
		now := count1()
		c.Out.Print(now.line(&last), "\n")
		last = now
		if count--; count == 0 || c.Out.Flush() != nil {
			return 0
		}
		time.Sleep(interval)
	}
}

// named finds the number behind a name in a file of names and numbers.
func named(data, name string) uint64 {
	_, rest, found := strings.Cut("\n"+data, "\n"+name)
	if !found {
		return 0
	}
	line, _, _ := strings.Cut(rest, "\n")
	f := strings.Fields(line)
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.ParseUint(f[0], 10, 64)
	return n
}

func count1() counters {
	stat := applet.ReadString("/proc/stat")
	vm := applet.ReadString("/proc/vmstat")
	memory := applet.ReadString("/proc/meminfo")
	k := counters{
		swapIn: named(vm, "pswpin "), swapOut: named(vm, "pswpout "), blocksIn: named(vm, "pgpgin "), blocksOut: named(vm, "pgpgout "),
		interrupts: named(stat, "intr "), switches: named(stat, "ctxt "), running: named(stat, "procs_running "), blocked: named(stat, "procs_blocked "),
		swapped: named(memory, "SwapTotal:") - named(memory, "SwapFree:"), unused: named(memory, "MemFree:"),
		buffers: named(memory, "Buffers:"), cached: named(memory, "Cached:") + named(memory, "SReclaimable:"), when: time.Now(),
	}
	// Not this one.
	k.running = max(k.running, 1) - 1
	if all := proc.Processors(); len(all) > 0 {
		k.processor = all[0]
	}
	return k
}

// line is what happened since the last time, or since the machine started.
func (k *counters) line(last *counters) string {
	seconds := uint64(max(k.when.Sub(last.when).Seconds()+0.5, 1))
	if last.when.IsZero() {
		seconds = max(uptime()/proc.Ticks, 1)
	}
	rate := func(now, old uint64) uint64 { return (now - old + seconds/2) / seconds }
	d := k.processor.Since(&last.processor)
	total := max(d.Total(), 1)
	percent := func(n uint64) uint64 { return (100*n + total/2) / total }
	pages := uint64(4) // KiB
	values := []uint64{
		k.running, k.blocked, k.swapped, k.unused, k.buffers, k.cached,
		rate(k.swapIn, last.swapIn) * pages, rate(k.swapOut, last.swapOut) * pages, rate(k.blocksIn, last.blocksIn), rate(k.blocksOut, last.blocksOut),
		rate(k.interrupts, last.interrupts), rate(k.switches, last.switches),
		percent(d.Part[proc.CPUUser] + d.Part[proc.CPUNice]), percent(d.Part[proc.CPUSystem] + d.Part[proc.CPUInterrupts] + d.Part[proc.CPUSoft]),
		percent(d.Part[proc.CPUIdle]), percent(d.Part[proc.CPUWait]), percent(d.Part[proc.CPUStolen]),
	}
	line := ""
	for i, n := range values {
		const widths = "22666644554422222"
		w := int(widths[i] - '0')
		if i > 0 {
			line += " "
		}
		line += pad.Left(strconv.FormatUint(n, 10), w)
	}
	return line
}
