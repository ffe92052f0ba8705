// Package ifupdown is the applets ifup and ifdown.
package ifupdown

import (
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/glob"
)

const options = `
-a	Configure all interfaces
-i FILE	Use FILE instead of /etc/network/interfaces
-n	Dry run
	(note: doesn't disable mappings)
-m	Don't run any mappings
-v	Print what is about to be done
-f	Force configuration
`

// Up is ifup.
var Up = applet.Applet{
	Names: "ifup", Usage: "[-nmvf] [-i FILE] -a | IFACE...", About: "Configure network interfaces.",
	Options: options, Dir: "/sbin",
	Run: func(c *applet.Call) int { return run(c, true) },
}

// Down is ifdown.
var Down = applet.Applet{
	Names: "ifdown", Usage: "[-nmvf] [-i FILE] -a | IFACE...", About: "Deconfigure network interfaces.",
	Options: options, Dir: "/sbin",
	Run: func(c *applet.Call) int { return run(c, false) },
}

const statePath = "/var/run/ifstate"

// work is one use of the applets.
type work struct {
	*applet.Call
	up     bool
	file   *file
	failed bool
}

func run(c *applet.Call, up bool) int {
	if c.Has("a") == (len(c.Args) > 0) {
		return c.UsageError("")
	}
	path := "/etc/network/interfaces"
	if p, given := c.Given("i"); given {
		path = p
	}
	w := &work{Call: c, up: up, file: &file{}}
	if !w.file.read(c, path, 0) {
		return 1
	}
	names := c.Args
	if c.Has("a") {
		names = w.file.auto
	}
	for _, name := range names {
		w.interfaceNamed(name)
	}
	if w.failed {
		return 1
	}
	return 0
}

// interfaceNamed configures one interface: PHYSICAL or PHYSICAL=LOGICAL.
func (w *work) interfaceNamed(name string) {
	physical, logical, given := strings.Cut(name, "=")
	if !given {
		logical = physical
	}
	if !w.Has("f") {
		switch configured := readState().find(physical) >= 0; {
		case w.up && configured:
			w.Complain("interface " + physical + " already configured")
			return
		case !w.up && !configured:
			w.Complain("interface " + physical + " not configured")
			return
		}
	}
	if w.up && !w.Has("m") {
		logical = w.mapped(physical, logical)
	}
	found, ok := false, true
	for i := range w.file.interfaces {
		if d := w.file.interfaces[i]; d.name == logical {
			found = true
			d.name = physical
			if !w.configure(d, logical) {
				ok, w.failed = false, true
			}
		}
	}
	if w.Has("v") {
		w.Out.Print("\n")
	}
	switch {
	case !found && !w.Has("f"):
		w.Complain("ignoring unknown interface " + logical)
		w.failed = true
	case !w.Has("n"):
		w.remember(physical, logical, w.up && ok)
	}
}

// mapped asks the scripts of the mappings for the logical name.
func (w *work) mapped(physical, logical string) string {
	for _, m := range w.file.mappings {
		for _, pattern := range m.patterns {
			if !glob.Match(pattern, logical, 0) {
				continue
			}
			if w.Has("v") {
				w.Out.Print("Running mapping script ", m.script, " on ", logical, "\n")
			}
			if name := w.runMapping(m, physical); name != "" {
				logical = name
			} else {
				logical = physical
			}
			break
		}
	}
	return logical
}

// runMapping runs a script with the interface's name as its argument and the lines
// "map" on its input, and returns the first line that it writes.
func (w *work) runMapping(m mapping, physical string) string {
	var in, out [2]int
	if syscall.Pipe2(in[:], syscall.O_CLOEXEC) != nil {
		return ""
	}
	if syscall.Pipe2(out[:], syscall.O_CLOEXEC) != nil {
		syscall.Close(in[0])
		syscall.Close(in[1])
		return ""
	}
	pid, err := w.Start([]string{m.script, physical}, [3]int{in[0], out[1], 2}, nil)
	syscall.Close(in[0])
	syscall.Close(out[1])
	if err != nil {
		w.Warn("can't execute '"+m.script+"'", err)
		syscall.Close(in[1])
		syscall.Close(out[0])
		return ""
	}
	for _, line := range m.lines {
		applet.WriteFd(in[1], []byte(line+"\n"))
	}
	syscall.Close(in[1])
	text, _ := applet.ReadAll(out[0])
	syscall.Close(out[0])
	if applet.Wait(pid) != 0 {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, " \t\r")
}

// configure brings one definition up or down.
func (w *work) configure(d definition, logical string) bool {
	commands := methodCommands(&d, w.up)
	var expanded []string
	for _, c := range commands {
		text, ok := expand(c, &d)
		if !ok {
			w.Complain("don't have all variables for " + logical + "/" + d.family)
			return false
		}
		expanded = append(expanded, text)
	}
	mode, phases := "start", [2][2]string{{"pre-up", "pre-up"}, {"post-up", "up"}}
	if !w.up {
		mode, phases = "stop", [2][2]string{{"pre-down", "down"}, {"post-down", "post-down"}}
	}
	w.setEnvironment(&d, mode, phases[0][0])
	if !w.hooks(&d, phases[0][1]) {
		return false
	}
	ok := true
	for _, text := range expanded {
		if text == pause {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if text != "" && !w.shell(text) {
			ok = false
		}
	}
	if !ok {
		return false
	}
	w.setEnvironment(&d, mode, phases[1][0])
	return w.hooks(&d, phases[1][1])
}

// hooks runs the commands of the definition for a phase, and the folder's.
func (w *work) hooks(d *definition, phase string) bool {
	for _, o := range d.options {
		if o.name == phase && !w.shell(o.value) {
			return false
		}
	}
	return w.shell("run-parts /etc/network/if-" + phase + ".d")
}

// shell runs a command, or only prints it.
func (w *work) shell(text string) bool {
	if w.Has("n") || w.Has("v") {
		w.Out.Print(text, "\n")
	}
	if w.Has("n") {
		return true
	}
	name := w.Getenv("SHELL")
	if name == "" {
		name = "/bin/sh"
	}
	status, ok := 127, false
	environ := w.Environ()
	pid, err := w.Start([]string{name, "-c", text}, [3]int{w.In.Fd(), w.Out.Fd(), w.Err.Fd()}, nil)
	w.SetEnviron(environ)
	if err == nil {
		status = applet.Wait(pid)
		ok = status == 0
	}
	return ok
}

// isHook says whether an option is a command for a phase.
func isHook(name string) bool {
	return name == "up" || name == "down" || name == "pre-up" || name == "post-down"
}

// setEnvironment makes the environment of the commands: only what is said here.
func (w *work) setEnvironment(d *definition, mode, phase string) {
	path, shell := w.Getenv("PATH"), w.Getenv("SHELL")
	var env []string
	for _, o := range d.options {
		if !isHook(o.name) {
			env = append(env, "IF_"+variable(o.name)+"="+o.value)
		}
	}
	env = append(env, "IFACE="+d.name, "ADDRFAM="+d.family, "METHOD="+d.method, "MODE="+mode, "PHASE="+phase)
	if path != "" {
		env = append(env, "PATH="+path)
	}
	if shell != "" {
		env = append(env, "SHELL="+shell)
	}
	w.SetEnviron(env)
}

// variable turns an option's name into a variable's.
func variable(name string) string {
	var b []byte
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z':
			b = append(b, c&^0x20)
		case c == '-' || c == '_':
			b = append(b, '_')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

// state is the lines "PHYSICAL=LOGICAL" of the interfaces that are up.
type state []string

func readState() state { return strings.Fields(applet.ReadString(statePath)) }

func (s state) find(physical string) int {
	for i, line := range s {
		if strings.HasPrefix(line, physical+"=") {
			return i
		}
	}
	return -1
}

// remember writes the state anew. The new file's existence is the lock; one that
// stays for half a second was left behind.
func (w *work) remember(physical, logical string, up bool) {
	path := statePath + ".new"
	fd, err := -1, error(nil)
	for i := range 31 {
		fd, err = applet.OpenFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o666)
		if err != syscall.EEXIST {
			break
		}
		time.Sleep(time.Duration(i) * time.Millisecond)
	}
	if err == syscall.EEXIST {
		fd, err = applet.OpenFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, 0o666)
	}
	if err != nil {
		w.CantOpen(path, err)
		w.failed = true
		return
	}
	s := readState()
	i := s.find(physical)
	switch line := physical + "=" + logical; {
	case up && i >= 0:
		s[i] = line
	case up:
		s = append(s, line)
	case i >= 0:
		s = append(s[:i], s[i+1:]...)
	}
	for _, line := range s {
		if err == nil {
			err = applet.WriteFd(fd, []byte(line+"\n"))
		}
	}
	syscall.Close(fd)
	if err == nil {
		err = syscall.Rename(path, statePath)
	}
	if err != nil {
		w.Warn(statePath, err)
		w.failed = true
	}
}
