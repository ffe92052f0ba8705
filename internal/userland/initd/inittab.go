package initd

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
)

// The kinds of actions, in the order of their names.
const (
	sysinit    = 1 << iota // first, waited for
	wait                   // after them, waited for
	once                   // after them, not waited for
	respawn                // and started again when they end
	askfirst               // the same, once Enter is pressed
	ctrlaltdel             // on SIGINT
	shutdown               // before everything is killed
	restart                // instead of init, on SIGQUIT
)

const kinds = "sysinit wait once respawn askfirst ctrlaltdel shutdown restart"

// action is a line of inittab.
type action struct {
	kind         int // 0: it is no longer in inittab
	tty, command string
	pid          int
	// ask waits for Enter while it is set.
	ask *question
}

const inittab = "/etc/inittab"

// load reads inittab, or makes what stands for it.
func (s *system) load() {
	data, err := applet.ReadFile(inittab)
	if err != nil {
		s.defaults()
		return
	}
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if tty, kind, command, ok := parse(line); ok {
			s.add(kind, command, tty)
		} else {
			s.message(toLog|toConsole, "Bad inittab entry at line "+strconv.Itoa(i+1))
		}
	}
}

// parse reads TTY:RUNLEVELS:ACTION:COMMAND.
func parse(line string) (tty string, kind int, command string, ok bool) {
	f := strings.SplitN(line, ":", 4)
	if len(f) < 4 || f[3] == "" {
		return "", 0, "", false
	}
	for i, name := range strings.Fields(kinds) {
		if f[2] == name {
			kind = 1 << i
		}
	}
	tty = f[0]
	if tty != "" {
		tty = "/dev/" + strings.TrimPrefix(tty, "/dev/")
	}
	return tty, kind, f[3], kind != 0
}

// defaults is what BusyBox does without an inittab.
func (s *system) defaults() {
	s.add(sysinit, "/etc/init.d/rcS", "")
	s.add(askfirst, loginShell, "")
	s.add(askfirst, loginShell, "/dev/tty2")
	s.add(askfirst, loginShell, "/dev/tty3")
	s.add(askfirst, loginShell, "/dev/tty4")
	s.add(ctrlaltdel, "reboot", "")
	s.add(shutdown, "umount -a -r", "")
	s.add(shutdown, "swapoff -a", "")
	s.add(restart, "init", "")
}

const loginShell = "-/bin/sh"

// add puts an action at the end. One that is there with the same command and
// terminal keeps its process and moves to the end.
func (s *system) add(kind int, command, tty string) {
	a := &action{command: command, tty: tty}
	for i, old := range s.actions {
		if old.command == command && old.tty == tty {
			s.actions = append(s.actions[:i], s.actions[i+1:]...)
			a = old
			break
		}
	}
	a.kind = kind
	s.actions = append(s.actions, a)
}

// reload reads inittab again. Processes that are no longer in it live on.
func (s *system) reload() {
	s.message(toLog, "reloading "+inittab)
	for _, a := range s.actions {
		a.kind = 0
	}
	s.load()
	kept := s.actions[:0]
	for _, a := range s.actions {
		if a.ask != nil && a.kind&askfirst == 0 {
			a.ask.cancel()
			a.ask = nil
		}
		if a.kind&^sysinit != 0 || a.pid != 0 {
			kept = append(kept, a)
		}
	}
	s.actions = kept
}

// argv is how a command is executed: by the shell if there is something in it for
// the shell, by words if not. A "-" before it asks for a login shell.
func argv(command string) (file string, args []string) {
	plain, dash := strings.CutPrefix(command, "-")
	if strings.ContainsAny(plain, "~`!$^&*()=|\\{}[];\"'<>?") {
		shell := loginShell
		if !dash {
			shell = shell[1:]
		}
		return loginShell[1:], []string{shell, "-c", "exec " + plain}
	}
	args = strings.FieldsFunc(command, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(args) == 0 {
		return "", nil
	}
	return strings.TrimPrefix(args[0], "-"), args
}

// shell runs a script without #! as the shell does.
func (s *system) shell(file string, args []string) (string, []string) {
	shell, err := s.Resolve("sh")
	if err != nil {
		shell = "/bin/sh"
	}
	return shell, append([]string{"sh", file}, args[1:]...)
}
