package schedule

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Taskset is taskset.
var Taskset = applet.Applet{
	Names: "taskset",
	Usage: "[-ap] [HEXMASK | -c LIST] { PID | PROG ARGS }",
	About: "Set or show the processors that a process may use.",
	Options: `
-p	of the running process PID
-a	of all its threads
-c	a list of processors instead of a mask: 0,3,5-7,8-15:2
`,
	Form:    applet.Leading,
	Dir:     "/usr/bin",
	AtLeast: 1,
	Run:     taskset,
}

// mask is a set of processors.
type mask []uint64

func (m mask) has(n int) bool { return m[n/64]>>(n%64)&1 != 0 }

func (m mask) set(n int) {
	if n < len(m)*64 {
		m[n/64] |= 1 << (n % 64)
	}
}

// affinity reads a process's mask, in a buffer that grows until the kernel is content.
func affinity(pid int) (mask, error) {
	for size := 1; ; size *= 2 {
		m := make(mask, size)
		n, _, e := syscall.RawSyscall(unix.SYS_SCHED_GETAFFINITY, uintptr(pid), uintptr(size*8), uintptr(unsafe.Pointer(&m[0])))
		if e == 0 {
			return m[:max(int(n)/8, 1)], nil
		}
		if e != syscall.EINVAL || size > 1<<12 {
			return nil, e
		}
	}
}

func taskset(c *applet.Call) int {
	if !c.Has("p") {
		if len(c.Args) == 1 {
			return c.UsageError("")
		}
		runtime.LockOSThread()
		if status := setAffinity(c, 0, c.Args[0]); status != 0 {
			return status
		}
		return c.Exec(c.Args[1:])
	}
	word, set := c.Args[0], ""
	if len(c.Args) > 1 {
		word, set = c.Args[1], c.Args[0]
	}
	if c.Has("a") {
		if entries, err := applet.ReadDir("/proc/" + word + "/task"); err == nil {
			status := 0
			for _, e := range entries {
				status |= tasksetPid(c, e.Name, set)
			}
			return status
		}
	}
	return tasksetPid(c, word, set)
}

func tasksetPid(c *applet.Call, word, set string) int {
	// 0 would be taskset itself.
	pid, wrong := number.Signed(word, 1, math.MaxInt32)
	if wrong != "" {
		return c.Complain(wrong)
	}
	if status := showAffinity(c, int(pid), "current"); status != 0 || set == "" {
		return status
	}
	if status := setAffinity(c, int(pid), set); status != 0 {
		return status
	}
	return showAffinity(c, int(pid), "new")
}

func showAffinity(c *applet.Call, pid int, when string) int {
	m, err := affinity(pid)
	if err != nil {
		return c.Warn("can't get pid "+strconv.Itoa(pid)+"'s affinity", err)
	}
	kind, text := " affinity mask: ", m.hex()
	if c.Has("c") {
		kind, text = " affinity list: ", m.list()
	}
	c.Out.Print("pid ", strconv.Itoa(pid), "'s ", when, kind, text, "\n")
	return 0
}

func (m mask) hex() string {
	text := ""
	for _, word := range m {
		digits := strconv.FormatUint(word, 16)
		text = strings.Repeat("0", 16-len(digits)) + digits + text
	}
	if text = strings.TrimLeft(text, "0"); text == "" {
		return "0"
	}
	return text
}

func (m mask) list() string {
	text := ""
	for n := 0; n < len(m)*64; n++ {
		if !m.has(n) {
			continue
		}
		if text != "" {
			text += ","
		}
		text += strconv.Itoa(n)
		first := n
		for n+1 < len(m)*64 && m.has(n+1) {
			n++
		}
		if n > first {
			text += "-" + strconv.Itoa(n)
		}
	}
	return text
}

func setAffinity(c *applet.Call, pid int, word string) int {
	m, err := affinity(pid)
	if err != nil {
		return c.Warn("can't get pid "+strconv.Itoa(pid)+"'s affinity", err)
	}
	clear(m)
	good := false
	if c.Has("c") {
		good = m.parseList(word)
	} else {
		good = m.parseHex(word)
	}
	if !good {
		return c.Complain("bad affinity '" + word + "'")
	}
	_, _, e := syscall.RawSyscall(unix.SYS_SCHED_SETAFFINITY, uintptr(pid), uintptr(len(m)*8), uintptr(unsafe.Pointer(&m[0])))
	if e != 0 {
		return c.Warn("can't set pid "+strconv.Itoa(pid)+"'s affinity", e)
	}
	return 0
}

// parseHex reads a mask of any length. Bits for processors that can't be are dropped.
func (m mask) parseHex(word string) bool {
	if len(word) > 1 && word[0] == '0' && word[1]|0x20 == 'x' {
		word = word[2:]
	}
	for i := range len(word) {
		digit, err := strconv.ParseUint(word[len(word)-1-i:len(word)-i], 16, 8)
		if err != nil {
			return false
		}
		for bit := range 4 {
			if digit>>bit&1 != 0 {
				m.set(i*4 + bit)
			}
		}
	}
	return true
}

// parseList reads a list like "1,3,5-7,8-15:2".
func (m mask) parseList(word string) bool {
	for more := true; more; {
		var item string
		item, word, more = strings.Cut(word, ",")
		item, stride, strided := strings.Cut(item, ":")
		low, high, ranged := strings.Cut(item, "-")
		if !ranged {
			high = low
		}
		if !strided {
			stride = "1"
		}
		from, err1 := strconv.ParseUint(low, 10, 31)
		to, err2 := strconv.ParseUint(high, 10, 31)
		step, err3 := strconv.ParseUint(stride, 10, 30)
		if err1 != nil || err2 != nil || err3 != nil || from > to || step == 0 || strided && !ranged {
			return false
		}
		for ; from <= to && from < uint64(len(m)*64); from += step {
			m.set(int(from))
		}
	}
	return true
}
