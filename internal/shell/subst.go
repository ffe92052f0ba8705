package shell

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet"
)

// of returns the commands as text.
func (s *source) of(c command) string {
	if s.text == "" && c != nil {
		s.text = printed(c)
	}
	return s.text
}

// telling are words by which a subshell could see that it is none, or would do
// something to the whole process.
var telling = [...]string{"trap", "ulimit"}

// needsProcess says whether a subshell must be a process.
func (s *source) needsProcess(c command) bool {
	s.once.Do(func() {
		text := s.of(c)
		for _, t := range telling {
			if strings.Contains(text, t) {
				s.process = true
			}
		}
	})
	return s.process
}

// capture runs a command substitution and returns what it wrote.
func (sh *shell) capture(p *part) []byte {
	if p.body == nil {
		sh.substituted = 0
		return nil
	}
	out := collector()
	sub := sh.fork()
	sub.give(1, out.keep())
	sub.enter()
	sub.options &^= optMonitor | optErrExit
	if p.source.needsProcess(p.body) {
		sub.status = sub.foreground(sub.spawn(p.source.of(p.body), nil), nil)
	} else {
		sub.body(p.body)
	}
	sh.substituted = sub.join()
	return out.collected()
}

// processSubst starts <( ) or >( ) and returns the path of its pipe.
func (sh *shell) processSubst(p *part) string {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		sh.fail("can't create pipe: " + applet.Reason(err))
	}
	mine, its, number := ends[0], ends[1], 1
	if p.write {
		mine, its, number = ends[1], ends[0], 0
	}
	sub := sh.fork()
	sub.give(number, newFile(its))
	pid := sub.spawn(p.source.of(p.body), nil)
	sub.join()
	if pid.pid > 0 {
		sh.jobs.orphans = append(sh.jobs.orphans, pid.pid)
	}
	// The command that gets the path opens it under this number.
	n := 63
	for n > 10 && sh.file(n) != nil {
		n--
	}
	sh.replace(n, newFile(mine))
	return "/dev/fd/" + strconv.Itoa(n)
}
