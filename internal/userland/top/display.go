package top

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/term"
)

// widest is as long as lines get where no terminal bounds them.
const widest = 446

// display shows the last sample.
func (m *monitor) display() {
	m.lines, m.width = math.MaxInt32, widest
	m.out = applet.Capture() // the screen is written at once
	if !m.batch {
		m.width, m.lines = term.Size(m.c, 1)
		const narrowest, lowest = 10, 5
		if m.lines < lowest || m.width < narrowest {
			return
		}
		m.width = min(m.width, widest)
		m.out.Print("\x1b[H\x1b[J")
	}
	left := m.lines
	if m.memory {
		left -= m.memoryHeader()
	} else {
		left -= m.header()
	}
	tasks := m.tasks[m.scroll:]
	total := max(m.total("MemTotal"), 1)
	scale := m.processorScale()
	for i := range tasks[:max(min(len(tasks), left), 0)] {
		t := &tasks[i]
		line := ""
		if m.memory {
			line = t.memoryLine()
		} else {
			line = m.line(t, total, scale)
		}
		if room := m.width - len(line); room > 0 {
			line += proc.Shown(t.pid, t.comm, room)
		}
		m.out.Print("\n", pad.Cut(line, m.width))
	}
	if m.batch {
		m.out.Print("\n")
	} else {
		m.out.Print("\r")
	}
	m.c.Out.Write(m.out.Captured())
	m.c.Out.Flush()
}

// total is a field of /proc/meminfo, in KiB.
func (m *monitor) total(name string) uint64 {
	data, _ := applet.ReadFile("/proc/meminfo")
	return field(data, name)
}

func field(data []byte, name string) uint64 {
	_, rest, found := bytes.Cut(data, []byte(name+":"))
	if !found {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.ParseUint(string(bytes.TrimSuffix(bytes.TrimSpace(line), []byte(" kB"))), 10, 54)
	return n
}

func kilobytes(n uint64) string { return strconv.FormatUint(n, 10) + "K" }

// inHeader prints a line of the header.
func (m *monitor) inHeader(line string) {
	const most = 100 // as BusyBox's
	m.out.Print(pad.Cut(line, min(m.width, most)-1), "\n")
}

// header prints memory, processors, load and the columns' titles, and returns how many
// lines that are.
func (m *monitor) header() int {
	data, _ := applet.ReadFile("/proc/meminfo")
	data = append([]byte("\n"), data...)
	get := func(name string) uint64 { return field(data, "\n"+name) }
	m.inHeader("Mem: " + kilobytes(get("MemTotal")-get("MemFree")) + " used, " + kilobytes(get("MemFree")) + " free, " +
		kilobytes(get("MemShared")+get("Shmem")) + " shrd, " + kilobytes(get("Buffers")) + " buff, " + kilobytes(get("Cached")) + " cached")
	n := m.processors()
	m.inHeader("Load average: " + applet.ReadString("/proc/loadavg"))
	m.title("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND")
	return n + 3
}

// title prints the titles of the columns.
func (m *monitor) title(line string) {
	line = pad.Cut(line, m.width)
	if !m.batch {
		line = "\x1b[7m" + line + "\x1b[m"
	}
	m.out.Print(line)
}

// processors prints what the processors did, a line for all of them or one for each.
func (m *monitor) processors() int {
	shown := m.now[:min(len(m.now), 1)]
	if m.single && len(m.now) > 1 {
		shown = m.now[1:]
	}
	for i := range shown {
		var old proc.Times
		for j := range m.last {
			if m.last[j].Name == shown[i].Name {
				old = m.last[j]
			}
		}
		d := shown[i].Since(&old)
		line := "CPU"
		if m.single {
			line = strings.ToUpper(shown[i].Name)
		}
		line += ":"
		total := max(d.Total(), 1)
		for j, part := range []int{proc.CPUUser, proc.CPUSystem, proc.CPUNice, proc.CPUIdle, proc.CPUWait, proc.CPUInterrupts, proc.CPUSoft} {
			line += percent(d.Part[part], total) + [...]string{"usr", "sys", "nic", "idle", "io", "irq", "sirq"}[j]
		}
		m.inHeader(line)
	}
	return len(shown)
}

// percent is " 12.3% " or "  100% ".
func percent(n, total uint64) string {
	if n >= total {
		return "  100% "
	}
	return " " + pad.Left(pad.Fixed(1000*n/total, 1), 4) + "% "
}

// processorScale is the tenths of a percent that a tick of a process is, as a fraction:
// the processes share what the processors were busy, also with those that are gone.
func (m *monitor) processorScale() (scale [2]uint64) {
	if len(m.now) == 0 || len(m.last) == 0 {
		return [2]uint64{0, 1}
	}
	d := m.now[0].Since(&m.last[0])
	busy := d.Busy()
	return [2]uint64{1000 * busy, max(d.Total()*max(m.used, busy), 1)}
}

// line is a process's without its command.
func (m *monitor) line(t *task, total uint64, scale [2]uint64) string {
	ids := pad.Int(int64(t.pid), 5) + " " + pad.Int(int64(t.parent), 5) + " " + pad.Right(pad.Cut(m.names.User(t.uid), 8), 8)
	const room = 6 + 6 + 8
	// Long numbers take the room of spaces, then of the name.
	for len(ids) > room && ids[0] == ' ' {
		ids = ids[1:]
	}
	for len(ids) > room && strings.Contains(ids[:len(ids)-8], "  ") {
		ids = strings.Replace(ids, "  ", " ", 1)
	}
	ids = pad.Cut(ids, room)
	tenths := func(n uint64) string { return pad.Left(pad.Fixed(n, 1), 5) }
	return ids + " " + t.status + "  " + pad.Short(t.size, 5, " mgtpezy") + tenths(t.size*1000/total) + " " +
		pad.Int(int64(t.cpu), 3) + tenths(t.used*scale[0]/scale[1]) + " "
}

// memoryHeader prints what memory is used for and the columns' titles.
func (m *monitor) memoryHeader() int {
	data, _ := applet.ReadFile("/proc/meminfo")
	data = append([]byte("\n"), data...)
	get := func(name string) string { return strconv.FormatUint(field(data, "\n"+name), 10) }
	out := m.out
	out.Print(pad.Cut("Mem total:"+get("MemTotal")+" anon:"+get("AnonPages")+" map:"+get("Mapped")+" free:"+get("MemFree"), m.width), "\n")
	out.Print(pad.Cut(" slab:"+get("Slab")+" buf:"+get("Buffers")+" cache:"+get("Cached")+" dirty:"+get("Dirty")+" write:"+get("Writeback"), m.width), "\n")
	out.Print(pad.Cut("Swap total:"+get("SwapTotal")+" free:"+get("SwapFree"), m.width), "\n")
	title := []byte("  PID   VSZ VSZRW   RSS (SHR) DIRTY (SHR) STACK COMMAND")
	// The column that is sorted by stands between marks.
	mark := byte('^')
	if m.reverse {
		mark = '_'
	}
	at := 5 + m.field*6
	title[at+6] = mark
	for {
		title[at] = mark
		if at++; title[at] != ' ' {
			break
		}
	}
	m.title(string(title))
	return 4
}

func (t *task) memoryLine() string {
	line := pad.Int(int64(t.pid), 5) + " "
	for _, n := range t.memory {
		line += pad.Short(n, 5, " mgtpezy") + " "
	}
	return line
}
