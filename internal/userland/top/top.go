// Package top is the applet top.
package top

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/proc"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/term"
	"bantam/internal/userland/applet/users"
)

// Applet is top.
var Applet = applet.Applet{
	Names: "top",
	Usage: "[-bmH] [-n COUNT] [-d SECONDS]",
	About: "Show the processes that use the processors most, again and again.",
	Options: `
-b	batch mode: all of them, without a terminal
-n N	end after N times
-d SEC	how long to wait between them (5)
-m	the memory that they use
-H	threads
`,
	Notes: `
Keys:
	N/M/P/T	sort by pid, memory, processor, time
	S	memory, sorted by one column after the other
	R	in reverse
	H	threads
	C,1	each processor
	Q,^C	end
	arrows, page keys	scroll
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  run,
}

// task is a process or a thread in one sample.
type task struct {
	pid, parent int
	uid         uint32
	status      string
	comm        string
	cpu         int
	size        uint64
	ticks, used uint64    // all in all, and since the last sample
	memory      [7]uint64 // in the mode for it
}

// The columns of memory.
const (
	memSize = iota
	memWritable
	memResident
	memShared
	memDirty
	memSharedDirty
	memStack
)

// What is sorted by.
const (
	byPid = iota
	byMemory
	byCPU
	byTime
)

// monitor is one session.
type monitor struct {
	c        *applet.Call
	keys     term.Reader
	cooked   *term.Modes
	batch    bool
	eof      bool // no keys any more
	done     bool
	interval time.Duration

	memory  bool
	threads bool
	single  bool // each processor
	order   [3]int
	reverse bool
	field   int // of memory to sort by
	scroll  int

	tasks     []task
	before    map[int]uint64
	used      uint64 // of all tasks
	now, last []proc.Times
	names     users.Names
	out       *applet.Out
	lines     int
	width     int
}

func run(c *applet.Call) int {
	// Options may be given without dashes, as "top d 1", which makes the values look like
	// options.
	args := append([]string(nil), c.Args...)
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			args[i] = "-" + arg
		}
	}
	if !c.Reparse(args) {
		return 1
	}
	m := &monitor{c: c, batch: c.Has("b"), memory: c.Has("m"), threads: c.Has("H"), interval: 5 * time.Second}
	m.order = [3]int{byCPU, byMemory, byTime}
	if word, given := c.Given("d"); given {
		var wrong string
		if m.interval, wrong = number.Duration(strings.TrimPrefix(word, "-")); wrong != "" {
			return c.Complain(wrong)
		}
	}
	times := -1
	if word, given := c.Given("n"); given {
		n, err := strconv.ParseUint(strings.TrimPrefix(word, "-"), 10, 31)
		if err != nil {
			return c.Complain("invalid number '" + strings.TrimPrefix(word, "-") + "'")
		}
		times = int(n)
	}
	if status := m.terminal(); status != 0 {
		return status
	}
	m.input(0)
	for !m.done && m.sample() {
		m.display()
		if times--; times == 0 || c.Out.Err() != nil {
			break
		}
		m.input(m.interval)
	}
	c.Out.Print("\n")
	c.Out.Flush()
	m.restore()
	return 0
}

// terminal makes the keys arrive one by one.
func (m *monitor) terminal() int {
	if m.eof = m.batch; m.batch {
		return 0
	}
	if cooked, err := term.Get(0); err == nil {
		m.cooked = cooked
		raw := *cooked
		raw.Lflag &^= unix.ICANON | unix.ECHO | unix.ECHONL | unix.ISIG
		raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
		term.SetNow(0, &raw)
	}
	fd, err := signals.Pipe(syscall.SIGWINCH, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err != nil {
		return m.c.Warn("pipe", err)
	}
	m.keys = term.Reader{Fd: 0, Signals: fd, Watch: true}
	return 0
}

func (m *monitor) restore() {
	if m.cooked != nil {
		term.SetNow(0, m.cooked)
	}
}

// input waits for the interval, or for a key that wants another screen.
func (m *monitor) input(wait time.Duration) {
	if m.eof {
		time.Sleep(wait)
		return
	}
	interval := int(min(wait.Milliseconds(), math.MaxInt32))
	for ms := interval; ; ms = 0 {
		key, err := m.keys.Key(ms)
		for err == nil && m.scrolled(key) {
			// The same sample, from another line on.
			m.display()
			key, err = m.keys.Key(interval)
		}
		if err != nil {
			m.eof = true
			return
		}
		if key == term.Timeout || !m.press(key) || m.done {
			return
		}
	}
}

// press does what a key is for; false wants the screen to be shown anew.
func (m *monitor) press(key rune) (more bool) {
	if key == term.Signal {
		m.signal()
		return false
	}
	if m.cooked != nil && key > 0 && (key == rune(m.cooked.Cc[unix.VINTR]) || key == rune(m.cooked.Cc[unix.VEOF])) {
		m.done = true
		return false
	}
	if key < 0 {
		return false
	}
	switch key | 0x20 {
	case 'q':
		m.done = true
	case 'n':
		m.sortBy(byPid, byMemory, byCPU)
	case 'm':
		m.sortBy(byMemory, byCPU, byTime)
	case 'p':
		m.sortBy(byCPU, byMemory, byTime)
	case 't':
		m.sortBy(byTime, byMemory, byCPU)
	case 'h':
		m.threads = !m.threads
		m.before = nil
	case 's':
		m.memory = true
		m.field = (m.field + 1) % len(task{}.memory)
	case 'r':
		m.reverse = !m.reverse
	case 'c', '1':
		m.single = !m.single
	default:
		return false
	}
	return !m.done
}

func (m *monitor) sortBy(order ...int) {
	m.memory = false
	copy(m.order[:], order)
}

// scrolled moves the list if the key is for that.
func (m *monitor) scrolled(key rune) bool {
	half := m.lines / 2
	switch key {
	case term.Up:
		m.scroll--
	case term.Down:
		m.scroll++
	case term.PageUp:
		m.scroll -= half
	case term.PageDown:
		m.scroll += half
	case term.Home:
		m.scroll = 0
	case term.End:
		m.scroll = len(m.tasks) - half
	default:
		return false
	}
	m.scroll = max(min(m.scroll, len(m.tasks)-1), 0)
	return true
}

// signal looks at the new size, or ends with the terminal restored.
func (m *monitor) signal() {
	var b [1]byte
	syscall.Read(m.keys.Signals, b[:])
	if b[0] == byte(syscall.SIGWINCH) {
		return
	}
	m.restore()
	signals.Default(syscall.Signal(b[0]))
	applet.Die(syscall.Signal(b[0]))
	m.done = true
}

// sample reads all processes and what they did since the last time; the first time
// it does so twice.
func (m *monitor) sample() bool {
	first := m.before == nil && !m.memory
	if !m.read() {
		return false
	}
	if first {
		time.Sleep(100 * time.Millisecond)
		if !m.read() {
			return false
		}
	}
	sort.Sort(m)
	m.scroll = max(min(m.scroll, len(m.tasks)-1), 0)
	return true
}

func (m *monitor) read() bool {
	s, err := proc.Open()
	if err != nil {
		m.c.Warn("can't open '/proc'", err)
		return false
	}
	s.Threads = m.threads && !m.memory
	m.tasks, m.used = m.tasks[:0], 0
	ticks := make(map[int]uint64, len(m.before))
	for p := s.Next(); p != nil; p = s.Next() {
		t := task{pid: p.Pid, parent: p.Parent, uid: p.Uid, status: p.Status(), comm: p.Comm, cpu: p.CPU, size: p.Size, ticks: p.User + p.System}
		if m.memory {
			if !t.measure() {
				continue // the kernel's own
			}
		} else {
			if old, seen := m.before[p.Pid]; seen && t.ticks > old {
				t.used = t.ticks - old
				m.used += t.used
			}
			ticks[p.Pid] = t.ticks
		}
		m.tasks = append(m.tasks, t)
	}
	if len(m.tasks) == 0 {
		m.c.Complain("no process info in /proc")
		return false
	}
	m.before = ticks
	m.last, m.now = m.now, proc.Processors()
	return true
}

// measure adds the process's memory up; false if it has none.
func (t *task) measure() bool {
	readOnly := uint64(0)
	proc.Mappings(t.pid, func(g *proc.Mapping) {
		if !strings.HasPrefix(g.Name, "/dev/") || g.Name == "/dev/zero" {
			if len(g.Mode) > 1 && g.Mode[1] == 'w' {
				t.memory[memWritable] += g.Size
			} else if len(g.Mode) > 1 && g.Mode[1] == '-' {
				readOnly += g.Size
			}
		}
		if g.Name == "[stack]" {
			t.memory[memStack] += g.Size
		}
		shared := g.SharedClean + g.SharedDirty
		t.memory[memShared] += shared
		t.memory[memResident] += g.PrivateClean + g.PrivateDirty + shared
		t.memory[memDirty] += g.PrivateDirty + g.SharedDirty
		t.memory[memSharedDirty] += g.SharedDirty
	})
	t.memory[memSize] = t.memory[memWritable] + readOnly
	return t.memory[memSize] > 0
}

// Len, Swap and Less are sort.Interface's.
func (m *monitor) Len() int { return len(m.tasks) }

func (m *monitor) Swap(i, j int) { m.tasks[i], m.tasks[j] = m.tasks[j], m.tasks[i] }

func (m *monitor) Less(i, j int) bool {
	a, b := &m.tasks[i], &m.tasks[j]
	if m.reverse {
		a, b = b, a
	}
	if m.memory {
		if a.memory[m.field] != b.memory[m.field] {
			return a.memory[m.field] > b.memory[m.field]
		}
		return a.memory[memDirty] > b.memory[memDirty]
	}
	for _, by := range m.order {
		if x, y := a.key(by), b.key(by); x != y {
			return x > y
		}
	}
	return a.pid < b.pid
}

func (t *task) key(by int) uint64 {
	switch by {
	case byPid:
		return uint64(t.pid)
	case byMemory:
		return t.size
	case byCPU:
		return t.used
	}
	return t.ticks
}
