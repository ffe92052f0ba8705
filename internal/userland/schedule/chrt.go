package schedule

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
)

// Chrt is chrt.
var Chrt = applet.Applet{
	Names: "chrt",
	Usage: "-m | -p [PRIO] PID | [-rfobi] PRIO PROG ARGS",
	About: "Change or show the scheduling class and priority of a process.",
	Options: `
-m	the lowest and highest priorities
-p	of the process PID
-r	class SCHED_RR (default)
-f	class SCHED_FIFO
-o	class SCHED_OTHER
-b	class SCHED_BATCH
-i	class SCHED_IDLE
`,
	Form: applet.Leading,
	Dir:  "/usr/bin",
	Run:  chrt,
}

const resetOnFork = 0x40000000

func policyName(policy int) string {
	names := strings.Fields("OTHER FIFO RR BATCH ISO IDLE DEADLINE")
	if policy < len(names) {
		return names[policy]
	}
	return strconv.Itoa(policy)
}

func bounds(policy int) (low, high int, ok bool) {
	l, _, e1 := syscall.Syscall(unix.SYS_SCHED_GET_PRIORITY_MIN, uintptr(policy), 0, 0)
	h, _, e2 := syscall.Syscall(unix.SYS_SCHED_GET_PRIORITY_MAX, uintptr(policy), 0, 0)
	return int(l), int(h), e1 == 0 && e2 == 0
}

func showBounds(c *applet.Call, policy int) {
	low, high, ok := bounds(policy)
	if !ok {
		c.Out.Print("SCHED_", policyName(policy), " not supported\n")
		return
	}
	c.Out.Print("SCHED_", policyName(policy), " min/max priority\t: ", strconv.Itoa(low), "/", strconv.Itoa(high), "\n")
}

func chrt(c *applet.Call) int {
	if c.Has("m") {
		for _, policy := range []int{0, 1, 2, 3, 5} {
			showBounds(c, policy)
		}
		return 0
	}
	policy := 2
	if last := c.Last("r", "f", "o", "b", "i"); last != "" {
		policy = strings.Index("ofrb-i", last)
	}
	switch {
	case len(c.Args) == 0, !c.Has("p") && len(c.Args) == 1:
		return c.UsageError("")
	case c.Has("p"):
		return chrtPid(c, policy)
	}
	runtime.LockOSThread()
	if status := setPolicy(c, 0, policy, c.Args[0]); status != 0 {
		return status
	}
	return c.Exec(c.Args[1:])
}

func chrtPid(c *applet.Call, policy int) int {
	word := c.Args[0]
	if len(c.Args) > 1 {
		word = c.Args[1]
	}
	pid, wrong := number.Signed(word, 1, 1<<31-1)
	if wrong != "" {
		return c.Complain(wrong)
	}
	if status := showPolicy(c, int(pid), "current"); status != 0 || len(c.Args) == 1 {
		return status
	}
	if status := setPolicy(c, int(pid), policy, c.Args[0]); status != 0 {
		return status
	}
	return showPolicy(c, int(pid), "new")
}

func setPolicy(c *applet.Call, pid, policy int, word string) int {
	low, high, _ := bounds(policy)
	n, wrong := number.Signed(word, int64(low), int64(high))
	if wrong != "" {
		return c.Complain(wrong)
	}
	priority := int32(n)
	_, _, e := syscall.Syscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(pid), uintptr(policy), uintptr(unsafe.Pointer(&priority)))
	if e != 0 {
		return c.Warn("can't set pid "+strconv.Itoa(pid)+"'s policy", e)
	}
	return 0
}

func showPolicy(c *applet.Call, pid int, when string) int {
	id := strconv.Itoa(pid)
	policy, _, e := syscall.Syscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(pid), 0, 0)
	if e != 0 {
		return c.Warn("can't get pid "+id+"'s policy", e)
	}
	c.Out.Print("pid ", id, "'s ", when, " scheduling policy: SCHED_", policyName(int(policy&^resetOnFork)), "\n")
	var priority int32
	_, _, e = syscall.Syscall(unix.SYS_SCHED_GETPARAM, uintptr(pid), uintptr(unsafe.Pointer(&priority)), 0)
	if e != 0 {
		return c.Warn("can't get pid "+id+"'s attributes", e)
	}
	c.Out.Print("pid ", id, "'s ", when, " scheduling priority: ", strconv.Itoa(int(priority)), "\n")
	return 0
}
