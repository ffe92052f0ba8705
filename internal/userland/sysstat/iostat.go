package sysstat

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dates"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
)

// Iostat is iostat.
var Iostat = applet.Applet{
	Names: "iostat",
	Usage: "[-c] [-d] [-t] [-z] [-k|-m] [ALL|BLOCKDEV...] [INTERVAL [COUNT]]",
	About: "Report what processors and disks did.",
	Options: `
-c	the processors
-d	the disks
-t	with the time
-z	without disks that did nothing
-k	in kilobytes
-m	in megabytes
`,
	Run: iostat,
}

// disk is a line of /proc/diskstats.
type disk struct {
	name                            string
	reads, writes, readSec, writSec uint64
}

// disks is one session.
type disks struct {
	c         *applet.Call
	names     []string
	all       bool
	unit      string
	div       uint64
	last      []disk
	processor proc.Times
	up        uint64
}

func iostat(c *applet.Call) int {
	s := &disks{c: c, unit: "Blk", div: 1}
	args := c.Args
	for len(args) > 0 && (args[0] == "" || args[0][0] < '0' || args[0][0] > '9') {
		if args[0] == "ALL" {
			s.all = true
		} else {
			s.names = append(s.names, strings.TrimPrefix(args[0], "/dev/"))
		}
		args = args[1:]
	}
	interval, count, wrong := repeat(args)
	if wrong != "" {
		return c.Complain(wrong)
	}
	switch c.Last("k", "m") {
	case "k":
		s.unit, s.div = " kB", 2
	case "m":
		s.unit, s.div = " MB", 2048
	}
	c.Out.Print(machine(c, " \t"), "\n")
	for {
		s.report()
		if count--; count == 0 || c.Out.Flush() != nil {
			return 0
		}
		time.Sleep(interval)
	}
}

func (s *disks) report() {
	c := s.c
	processors := c.Has("c") || !c.Has("d")
	devices := c.Has("d") || !c.Has("c")
	if c.Has("t") {
		c.Out.Print(time.Now().In(dates.Local(c)).Format("01/02/06 15:04:05"), "\n")
	}
	var now proc.Times
	all := proc.Processors()
	if len(all) > 0 {
		now = all[0]
	}
	d := now.Since(&s.processor)
	s.processor = now
	total := d.Total()
	if processors {
		c.Out.Print("avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n       ")
		system := d.Part[proc.CPUSystem] + d.Part[proc.CPUSoft] + d.Part[proc.CPUInterrupts]
		for _, n := range []uint64{d.Part[proc.CPUUser], d.Part[proc.CPUNice], system, d.Part[proc.CPUWait], d.Part[proc.CPUStolen], d.Part[proc.CPUIdle]} {
			c.Out.Print(" ", hundredths(n, total, 7))
		}
		c.Out.Print("\n")
		if devices {
			c.Out.Print("\n")
		}
	}
	if devices {
		if len(all) > 2 { // time of one processor, not of all
			up := uptime()
			total, s.up = up-s.up, up
		}
		s.devices(max(total, 1))
	}
	c.Out.Print("\n")
}

func (s *disks) devices(ticks uint64) {
	out := s.c.Out
	out.Print("Device:", pad.Left("tps", 15), pad.Left(s.unit, 6), "_read/s", pad.Left(s.unit, 6), "_wrtn/s",
		pad.Left(s.unit, 6), "_read", pad.Left(s.unit, 6), "_wrtn\n")
	now := readDisks()
	for _, d := range now {
		if len(s.names) > 0 {
			if !slices.Contains(s.names, d.name) {
				continue
			}
		} else if partition(d.name) || !s.all && d.reads == 0 && d.writes == 0 {
			continue
		}
		old := disk{}
		for _, o := range s.last {
			if o.name == d.name {
				old = o
			}
		}
		if s.c.Has("z") && old.reads == d.reads && old.writes == d.writes {
			continue
		}
		reads, writes := (d.readSec-old.readSec)/s.div, (d.writSec-old.writSec)/s.div
		out.Print(pad.Right(d.name, 13), " ", hundredths(d.reads+d.writes-old.reads-old.writes, ticks, 8), " ",
			hundredths(d.readSec-old.readSec, ticks*s.div, 12), " ", hundredths(d.writSec-old.writSec, ticks*s.div, 12), " ",
			pad.Left(strconv.FormatUint(reads, 10), 10), " ", pad.Left(strconv.FormatUint(writes, 10), 10), "\n")
	}
	s.last = now
}

// partition says whether it is one of a disk, by its name.
func partition(name string) bool {
	return len(name) > 3 && strings.HasPrefix(name, "sda") && name[3] >= '0' && name[3] <= '9'
}

func readDisks() []disk {
	data, _ := applet.ReadFile("/proc/diskstats")
	var all []disk
	for _, line := range strings.Split(string(data), "\n") {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		n := func(i int) uint64 {
			v, _ := strconv.ParseUint(f[i], 10, 64)
			return v
		}
		all = append(all, disk{f[2], n(3), n(7), n(5), n(9)})
	}
	return all
}
