package proc

import (
	"bytes"

	"bantam/internal/userland/applet"
)

// ByName returns the processes with that name as BusyBox's pidof and killall find
// them: by the kernel's name of the process, by the base of its first argument,
// or by the file that it executes, whole if the name has a slash first.
func ByName(name string) ([]int, error) {
	s, err := Open()
	if err != nil {
		return nil, err
	}
	var pids []int
	for p := s.Next(); p != nil; p = s.Next() {
		if p.named(name) {
			pids = append(pids, p.Pid)
		}
	}
	return pids, nil
}

func (p *Process) named(name string) bool {
	args := p.Args(1023)
	first, rest, more := bytes.Cut(args, []byte{0})
	if p.commIs(name, rest, more) || len(args) > 0 && applet.Base(string(first)) == name {
		return true
	}
	exe := p.Exe()
	if exe == "" {
		return false
	}
	if name != "" && name[0] == '/' {
		return exe == name
	}
	return applet.Base(exe) == name
}

// commLength is as long as the kernel's names may be; longer ones are cut.
const commLength = 15

// commIs compares the kernel's name. If that was cut, it may be that of a script, whose
// name is the second argument.
func (p *Process) commIs(name string, rest []byte, more bool) bool {
	if p.Comm != name[:min(len(name), commLength)] {
		return false
	}
	if len(p.Comm) < commLength {
		return true
	}
	second, _, _ := bytes.Cut(rest, []byte{0})
	return more && len(rest) > 0 && applet.Base(string(second)) == name
}
