package shell

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
)

// stateMark as the first argument says that the shell continues another one, whose
// state is in the file of the descriptor in the second: records that end with NUL, a
// letter and then the content.
const stateMark = "\x01state"

// spawn starts this program to run commands as a subshell of this shell in a process.
func (sh *shell) spawn(text string, l *launch) started {
	fd, err := unix.MemfdCreate("sh", unix.MFD_CLOEXEC)
	if err == nil {
		err = applet.WriteFd(fd, sh.state(text))
	}
	if err != nil {
		return started{status: sh.cannotRun("sh", err)}
	}
	defer syscall.Close(fd)
	syscall.Seek(fd, 0, 0)
	attr := syscall.ProcAttr{Env: sh.environ(), Files: sh.descriptors(), Sys: &syscall.SysProcAttr{}}
	number := len(attr.Files)
	attr.Files = append(attr.Files, uintptr(fd))
	restore := func() {}
	if sh.jobControl() {
		attr.Sys.Setpgid = true
		if l != nil {
			attr.Sys.Pgid = l.pgrp
		}
	} else if l != nil && l.background {
		restore = sh.shared.sig.ignoreKeys()
	}
	sh.flushFiles()
	pid, err := fork(applet.Self, []string{"sh", stateMark, strconv.Itoa(number)}, &attr)
	restore()
	if err != nil {
		return started{status: sh.cannotRun("sh", err)}
	}
	return started{pid: pid}
}

// state writes the state of the shell with the commands to run.
func (sh *shell) state(text string) []byte {
	var r records
	for _, name := range sh.vars.all() {
		x := sh.vars.get(name)
		if x.flags == 0 {
			continue
		}
		r.add('v', string(rune('0'+x.flags))+name+"="+x.value)
	}
	for _, f := range sh.funcs.all() {
		r.add('f', printed(f))
	}
	for name, value := range sh.aliases {
		r.add('a', name+"="+value)
	}
	for _, a := range sh.args {
		r.add('p', a)
	}
	for _, t := range sh.traps.list {
		if t.action == "" {
			r.number('t', t.signal)
		}
	}
	for _, t := range sh.traps.parents {
		r.add('T', strconv.Itoa(t.signal)+"="+t.action)
	}
	r.add('0', sh.name0)
	r.number('o', int(sh.options&^(optMonitor|optInteractive)))
	for i, n := range [...]int{sh.pid, sh.lastBg, sh.status, sh.line, sh.optInd, sh.optPos, sh.calls, sh.tested} {
		r.number("$!slijne"[i], n)
	}
	r.add('m', sh.command)
	r.add('d', sh.dir)
	r.add('c', text)
	return r
}

// records are a state being written.
type records []byte

func (r *records) add(letter byte, text string) {
	*r = append(append(append(*r, letter), text...), 0)
}

func (r *records) number(letter byte, n int) { r.add(letter, strconv.Itoa(n)) }

// resume takes over the state and returns the commands.
func (sh *shell) resume(fd int) (text string, ok bool) {
	data, err := applet.ReadAll(fd)
	if err != nil {
		return "", false
	}
	syscall.Close(fd)
	sh.setFile(fd, nil)
	p := &parser{}
	for rest := string(data); rest != ""; {
		var record string
		record, rest, _ = strings.Cut(rest, "\x00")
		if record == "" {
			continue
		}
		letter, value := record[0], record[1:]
		switch letter {
		case 'c':
			text = value
		case 'f':
			p = &parser{src: value, internal: true}
			if f, _ := p.parseLine(); f != nil {
				if fn, ok := f.(*function); ok {
					sh.funcs.set(fn.name, fn)
				}
			}
		default:
			sh.resumeRecord(letter, value)
		}
	}
	return text, true
}

func (sh *shell) resumeRecord(letter byte, value string) {
	name, rest, _ := strings.Cut(value, "=")
	n := atoi(value)
	switch letter {
	case 'v':
		x := sh.vars.change(name[1:])
		*x = variable{rest, varFlags(value[0] - '0')}
		if name[1:] == "IFS" {
			sh.ifs = rest
			if x.flags&isSet == 0 {
				sh.ifs = " \t\n"
			}
		}
	case 'a':
		sh.setAlias(name, rest)
	case 'p':
		sh.args = append(sh.args, value)
	case 't':
		sh.setTrap(n, new(string))
	case 'T':
		sh.traps.parents = append(sh.traps.parents, trap{atoi(name), rest})
	case '0':
		sh.name0 = value
	case '$':
		sh.pid = n
	case '!':
		sh.lastBg = n
	case 'o':
		sh.options = options(n)
	case 's':
		sh.status = n
	case 'l':
		sh.line = n
	case 'i':
		sh.optInd = n
	case 'j':
		sh.optPos = n
	case 'n':
		sh.calls = n
	case 'e':
		sh.tested = n
	case 'm':
		sh.command = value
	case 'd':
		sh.dir = value
	}
}
