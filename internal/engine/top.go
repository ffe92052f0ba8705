package engine

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/container/monitor"
)

// Processes are what docker top shows.
type Processes struct {
	Titles    []string
	Processes [][]string
}

// Top lists a container's processes as ps would on the host, with ps's options; none are
// -ef. The processes are read from /proc: neither the container nor the host needs a ps.
func (e *Engine) Top(name string, options []string) (*Processes, error) {
	columns, err := psColumns(options)
	if err != nil {
		return nil, &Invalid{err}
	}
	c, err := e.getRunning(name)
	if err != nil {
		return nil, err
	}
	pids, err := monitor.Pids(c.Record.ID, c.State.Cgroup)
	if err != nil {
		return nil, err
	}
	slices.Sort(pids)
	host := newPsHost()
	top := &Processes{}
	for _, col := range columns {
		top.Titles = append(top.Titles, col.title)
	}
	for _, pid := range pids {
		p, err := readProcess(pid)
		if errors.Is(err, os.ErrNotExist) {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		var row []string
		for _, col := range columns {
			row = append(row, col.value(host, p))
		}
		top.Processes = append(top.Processes, row)
	}
	e.containerEvent(c.Record, "top")
	return top, nil
}

// process is what /proc tells of one (proc_pid_stat(5)).
type process struct {
	pid  int
	stat []string // from field 3 on
	comm string
	args string
	uid  [2]string // effective, real
	gid  [2]string
}

func readProcess(pid int) (*process, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return nil, gone(err)
	}
	text := string(b)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return nil, errors.New("read " + dir + "/stat: no name in it")
	}
	p := &process{pid: pid, comm: text[open+1 : end], stat: strings.Fields(text[end+1:])}
	if len(p.stat) < 40 {
		return nil, errors.New("read " + dir + "/stat: fields are missing")
	}
	args, err := os.ReadFile(dir + "/cmdline")
	if err != nil {
		return nil, gone(err)
	}
	p.args = printable(strings.TrimRight(string(args), "\x00"))
	if p.args == "" {
		p.args = "[" + p.comm + "]"
	}
	return p, p.owner(dir)
}

// gone makes one error of those that a process gives that ends while it is looked at.
func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) || strings.HasSuffix(err.Error(), "no such process") {
		return os.ErrNotExist
	}
	return err
}

// owner reads Uid and Gid: real, effective, ...
func (p *process) owner(dir string) error {
	b, err := os.ReadFile(dir + "/status")
	if err != nil {
		return gone(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch {
		case len(f) < 3:
		case f[0] == "Uid:":
			p.uid = [2]string{f[2], f[1]}
		case f[0] == "Gid:":
			p.gid = [2]string{f[2], f[1]}
		}
	}
	return nil
}

// printable makes one line of a command line, which the container chooses.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return ' '
		case r < ' ' || r == 0x7f:
			return '?'
		}
		return r
	}, s)
}

// field is the number of a field as proc_pid_stat(5) counts them.
func (p *process) field(n int) int64 {
	v, _ := strconv.ParseInt(p.stat[n-3], 10, 64)
	return v
}

func (p *process) text(n int) string { return p.stat[n-3] }

// ticks are how many of the kernel's units of time a second has (USER_HZ).
const ticks = 100

// cpu is the time that it has used.
func (p *process) cpu() time.Duration {
	return time.Duration(p.field(14)+p.field(15)) * (time.Second / ticks)
}

// psHost is what the columns need of the host.
type psHost struct {
	now           time.Time
	boot          time.Time
	memory        int64
	users, groups map[string]string
}

func newPsHost() *psHost {
	h := &psHost{now: time.Now(), memory: memTotal(), users: idNames("/etc/passwd"), groups: idNames("/etc/group")}
	b, _ := os.ReadFile("/proc/stat")
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "btime "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			h.boot = time.Unix(n, 0)
		}
	}
	return h
}

// idNames reads NAME:x:ID:... lines.
func idNames(path string) map[string]string {
	names := map[string]string{}
	b, _ := os.ReadFile(path)
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(line, ":"); len(f) > 2 && names[f[2]] == "" {
			names[f[2]] = f[0]
		}
	}
	return names
}

// named gives an id its name.
func named(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return id
}

func (h *psHost) started(p *process) time.Time {
	return h.boot.Add(time.Duration(p.field(22)) * (time.Second / ticks))
}

func (h *psHost) elapsed(p *process) time.Duration { return max(h.now.Sub(h.started(p)), 0) }
