package shell

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"bantam/internal/linux/initial"
	"bantam/internal/userland/applet"
)

// limits are ulimit's, in the order of -a.
var limits = [...]struct {
	letter   byte
	resource int
	shift    uint
	text     string
}{
	{'c', unix.RLIMIT_CORE, 9, "core file size (blocks)"},
	{'d', unix.RLIMIT_DATA, 10, "data seg size (kb)"},
	{'e', unix.RLIMIT_NICE, 0, "scheduling priority"},
	{'f', unix.RLIMIT_FSIZE, 9, "file size (blocks)"},
	{'i', unix.RLIMIT_SIGPENDING, 0, "pending signals"},
	{'l', unix.RLIMIT_MEMLOCK, 10, "max locked memory (kb)"},
	{'m', unix.RLIMIT_RSS, 10, "max memory size (kb)"},
	{'n', unix.RLIMIT_NOFILE, 0, "open files"},
	{'q', unix.RLIMIT_MSGQUEUE, 0, "POSIX message queues (bytes)"},
	{'r', unix.RLIMIT_RTPRIO, 0, "real-time priority"},
	{'s', unix.RLIMIT_STACK, 10, "stack size (kb)"},
	{'t', unix.RLIMIT_CPU, 0, "cpu time (seconds)"},
	{'u', unix.RLIMIT_NPROC, 0, "max user processes"},
	{'v', unix.RLIMIT_AS, 10, "virtual memory (kb)"},
	{'x', unix.RLIMIT_LOCKS, 0, "file locks"},
}

const (
	hardLimit = 1
	softLimit = 2
)

// limitRequest is a limit to be shown, or set.
type limitRequest struct {
	letter byte
	value  string
	given  bool
}

// limitRequests reads ulimit's arguments. Like BusyBox it finds -H and -S wherever
// they stand first. wrong is a letter that is no option.
func limitRequests(args []string) (list []limitRequest, kind int, all bool, wrong string) {
	for i := 1; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			list = append(list, limitRequest{'f', a, true})
			continue
		}
		for n := 1; n < len(a); n++ {
			switch a[n] {
			case 'H':
				kind |= hardLimit
				continue
			case 'S':
				kind |= softLimit
				continue
			case 'a':
				all = true
				continue
			}
			if limitOf(a[n]) < 0 {
				return nil, 0, false, a[n : n+1]
			}
			r := limitRequest{letter: a[n]}
			switch {
			case n+1 < len(a):
				r.value, r.given = a[n+1:], true
			case i+1 < len(args) && !strings.HasPrefix(args[i+1], "-"):
				i++
				r.value, r.given = args[i], true
			}
			list = append(list, r)
			break
		}
	}
	return list, kind, all, ""
}

// ulimitCmd is ulimit [-HSa] [-LETTER [VALUE]]...
func ulimitCmd(sh *shell, args []string) int {
	list, kind, all, wrong := limitRequests(args)
	if wrong != "" {
		sh.file(2).errors().Print("ulimit: invalid option -- '", wrong, "'\n")
		return 1
	}
	if kind == 0 {
		kind = hardLimit | softLimit
	}
	if all {
		for i := range limits {
			sh.printLimit(i, kind, true)
		}
		return 0
	}
	if len(list) == 0 {
		list = []limitRequest{{letter: 'f'}}
	}
	for _, r := range list {
		i := limitOf(r.letter)
		if !r.given {
			sh.printLimit(i, kind, len(list) > 1)
		} else if !sh.setLimit(i, kind, r.value) {
			return 1
		}
	}
	return 0
}

func limitOf(letter byte) int {
	for i, l := range limits {
		if l.letter == letter {
			return i
		}
	}
	return -1
}

func (sh *shell) printLimit(i, kind int, named bool) {
	l := &limits[i]
	if named {
		text := l.text
		for len(text) < 32 {
			text += " "
		}
		sh.out().Print(text, "(-", string([]byte{l.letter}), ") ")
	}
	r := sh.limit(l.resource)
	n := r.Max
	if kind&softLimit != 0 {
		n = r.Cur
	}
	if n == unix.RLIM_INFINITY {
		sh.out().WriteString("unlimited\n")
		return
	}
	sh.out().Print(strconv.FormatUint(n>>l.shift, 10), "\n")
}

// limit is what commands get: of open files that isn't what the shell itself has, until
// it has been set.
func (sh *shell) limit(resource int) unix.Rlimit {
	var r unix.Rlimit
	unix.Getrlimit(resource, &r)
	if start, known := initial.Files(); known && resource == unix.RLIMIT_NOFILE && !sh.shared.limited && r.Max == start.Max {
		r.Cur = start.Cur
	}
	return r
}

func (sh *shell) setLimit(i, kind int, value string) bool {
	l := &limits[i]
	n := uint64(unix.RLIM_INFINITY)
	if value != "unlimited" {
		var err error
		if n, err = strconv.ParseUint(value, 10, 63); err != nil {
			sh.complain("invalid number '" + value + "'")
			return false
		}
		n <<= l.shift
	}
	if sh.parent != nil {
		option := " -HS"
		switch kind {
		case hardLimit:
			option = " -H"
		case softLimit:
			option = " -S"
		}
		sh.limits += "ulimit" + option + " -" + string([]byte{l.letter}) + " " + value + "; "
		return true
	}
	r := sh.limit(l.resource)
	if kind&hardLimit != 0 {
		r.Max = n
	}
	if kind&softLimit != 0 {
		r.Cur = n
	}
	if err := unix.Prlimit(0, l.resource, &r, nil); err != nil {
		sh.complain("error setting limit: " + applet.Reason(err))
		return false
	}
	sh.shared.limited = true
	return true
}
