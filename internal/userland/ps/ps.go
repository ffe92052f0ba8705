// Package ps is the applet ps.
package ps

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/users"
)

// Applet is ps.
var Applet = applet.Applet{
	Names: "ps",
	Usage: "[-o COL1,COL2=HEADER] [-T]",
	About: "Show the list of processes.",
	Options: `
-o COL1,COL2=HEADER	the columns to show: user group comm args pid ppid pgid etime
	nice rgroup ruser time tty vsz sid stat rss
-T	threads
-a	ignored, as are the following: always all processes are shown
-A	
-d	
-e	
-f	
-l	
-Z	
`,
	Min: true,
	Run: run,
}

// maxWidth bounds lines that go to no terminal.
const maxWidth = 2048

// columns are the columns, six letters of their names each, as -o compares them.
const columns = "user  group comm  args  pid   ppid  pgid  etime nice  rgroupruser time  tty   vsz   sid   stat  rss   "

const headers = "USER   GROUP  COMMANDCOMMANDPID    PPID   PGID   ELAPSEDNI     RGROUP RUSER  TIME   TT     VSZ    SID    STAT   RSS    "

const (
	user = iota
	group
	comm
	args
	pid
	ppid
	pgid
	etime
	nice
	rgroup
	ruser
	cputime
	tty
	vsz
	sid
	stat
	rss
	count
)

// column is a column that is to be shown.
type column struct {
	kind, width int
	header      string
}

// widths are the usual ones of the columns, each a letter counted from '@'.
const widths = "HHP@EEEGEHHEFDEDD"

func newColumn(kind int) column {
	w := int(widths[kind] - '@')
	if kind == args {
		w = maxWidth
	}
	return column{kind, w, strings.TrimRight(headers[kind*7:kind*7+7], " ")}
}

// table is what one run shows.
type table struct {
	columns []column
	width   int // of the terminal
	uptime  uint64
	names   users.Names
	line    []byte
}

func run(c *applet.Call) int {
	t := table{width: maxWidth}
	specs := c.Values("o")
	if len(specs) == 0 {
		specs = []string{"pid,user,time,args"}
	}
	for _, spec := range specs {
		if wrong := t.parse(spec); wrong != "" {
			return c.Complain("bad -o argument '" + wrong + "', supported arguments: " +
				strings.TrimSuffix(strings.Join(names(), ","), ","))
		}
	}
	if applet.IsTerminal(1) {
		w, _ := term.Size(c, 0)
		t.width = min(w-1, maxWidth)
	}
	var info syscall.Sysinfo_t
	syscall.Sysinfo(&info)
	t.uptime = uint64(info.Uptime)
	t.fit()
	t.header(c.Out)
	s, err := proc.Open()
	if err != nil {
		return c.Warn("can't open '/proc'", err)
	}
	s.Threads = c.Has("T")
	for p := s.Next(); p != nil; p = s.Next() {
		t.process(c.Out, p)
	}
	return 0
}

func names() []string {
	var all []string
	for i := range count {
		all = append(all, strings.TrimRight(columns[i*6:i*6+6], " "))
	}
	return all
}

// parse reads a list of columns. What follows = is the header up to the next comma. It
// returns a column that it doesn't know.
func (t *table) parse(spec string) (wrong string) {
	for more := true; more; {
		var word string
		word, spec, more = strings.Cut(spec, ",")
		name, header, given := strings.Cut(word, "=")
		kind := find(name)
		if kind < 0 {
			return name
		}
		col := newColumn(kind)
		if given {
			col.header = header
			if header != "" {
				col.width = len(header)
			}
		}
		t.columns = append(t.columns, col)
	}
	return ""
}

func find(name string) int {
	for i, n := range names() {
		if n == name[:min(len(name), 6)] {
			return i
		}
	}
	return -1
}

// fit drops the columns that begin beyond the terminal's edge.
func (t *table) fit() {
	width := 0
	for i, col := range t.columns {
		if width += col.width + 1; width > t.width {
			t.columns = t.columns[:i+1]
			return
		}
	}
}

func (t *table) header(out *applet.Out) {
	show := false
	for i, col := range t.columns {
		show = show || col.header != ""
		t.add(i, col.header)
	}
	if show {
		t.flush(out)
	}
	t.line = t.line[:0]
}

// add appends a field, padded unless it is the last.
func (t *table) add(i int, s string) {
	t.line = append(t.line, s...)
	if i < len(t.columns)-1 {
		t.line = append(t.line, pad.Spaces(max(t.columns[i].width-len(s)+1, 1))...)
	}
}

func (t *table) flush(out *applet.Out) {
	out.Write(t.line[:min(len(t.line), t.width)])
	out.WriteByte('\n')
	t.line = t.line[:0]
}

func (t *table) process(out *applet.Out, p *proc.Process) {
	for i, col := range t.columns {
		s := t.field(p, col)
		if s == "" {
			s = "-" // as POSIX wants it for a field without a meaning
		}
		t.add(i, s)
	}
	t.flush(out)
}

func (t *table) field(p *proc.Process, col column) string {
	number := -1
	switch col.kind {
	case user:
		return pad.Cut(t.names.User(p.Uid), col.width)
	case group:
		return pad.Cut(t.names.Group(p.Gid), col.width)
	case comm:
		return pad.Cut(p.Comm, col.width)
	case args:
		return p.Command(col.width)
	case pid:
		number = p.Pid
	case ppid:
		number = p.Parent
	case pgid:
		number = p.Group
	case sid:
		number = p.Session
	case etime:
		return pad.Cut(short(t.uptime-p.Start/proc.Ticks), col.width)
	case nice:
		number = p.Nice
	case rgroup:
		_, gid := p.RealIDs()
		return pad.Cut(t.names.Group(gid), col.width)
	case ruser:
		uid, _ := p.RealIDs()
		return pad.Cut(t.names.User(uid), col.width)
	case cputime:
		return pad.Cut(short((p.User+p.System)/proc.Ticks), col.width)
	case tty:
		if p.Major == 0 {
			return "?"
		}
		return pad.Cut(strconv.Itoa(p.Major)+","+strconv.Itoa(p.Minor), col.width)
	case vsz:
		return pad.Cut(pad.Short(p.Size, 4, " mgtpezy"), col.width)
	case rss:
		return pad.Cut(pad.Short(p.Resident, 4, " mgtpezy"), col.width)
	case stat:
		return pad.Cut(p.Status(), col.width)
	}
	return pad.Int(int64(number), col.width)
}

// short writes seconds in five characters: "12:34", "12h34", "12d03", "1234d".
func short(seconds uint64) string {
	n := int64(seconds)
	switch {
	case n < 60*60:
		return pad.Int(n/60, 2) + ":" + pad.Zero(n%60, 2)
	case n < 24*60*60:
		return pad.Int(n/3600, 2) + "h" + pad.Zero(n/60%60, 2)
	case n < 100*24*60*60:
		return pad.Int(n/86400, 2) + "d" + pad.Zero(n/3600%24, 2)
	}
	return pad.Int(n/86400, 4) + "d"
}
