package shell

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type varFlags uint8

const (
	isSet varFlags = 1 << iota
	exported
	readOnly
)

type variable struct {
	value string
	flags varFlags
}

// variables are a shell's variables over those of the shell that it is a subshell
// of, which rests while the subshell runs.
type variables struct {
	own    map[string]*variable
	parent *variables
}

// get returns the variable, or nil. It may belong to a parent: don't change it.
func (v *variables) get(name string) *variable {
	for ; v != nil; v = v.parent {
		if x := v.own[name]; x != nil {
			return x
		}
	}
	return nil
}

// change returns the shell's own variable, made if there is none.
func (v *variables) change(name string) *variable {
	x := v.own[name]
	if x != nil {
		return x
	}
	x = &variable{}
	if up := v.parent.get(name); up != nil {
		*x = *up
	}
	if v.own == nil {
		v.own = map[string]*variable{}
	}
	v.own[name] = x
	return x
}

// all returns the names of all variables, sorted.
func (v *variables) all() []string {
	var names []string
	for x := v; x != nil; x = x.parent {
		for name := range x.own {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lookup returns a variable's value and whether it is set.
func (sh *shell) lookup(name string) (string, bool) {
	x := sh.vars.get(name)
	if x == nil {
		return "", false
	}
	if x.flags&isSet == 0 {
		return sh.computed(name)
	}
	return x.value, true
}

// computed are the variables that change by themselves: they are there, but not set.
func (sh *shell) computed(name string) (string, bool) {
	if x := sh.vars.get(name); x == nil || x.value != computedMark {
		return "", false
	}
	switch name {
	case "LINENO":
		return strconv.Itoa(sh.line - sh.lineBase), true
	case "RANDOM":
		return strconv.Itoa(sh.random()), true
	case "EPOCHSECONDS":
		return strconv.FormatInt(time.Now().Unix(), 10), true
	case "EPOCHREALTIME":
		now := time.Now()
		micro := strconv.Itoa(now.Nanosecond()/1000 + 1000000)
		return strconv.FormatInt(now.Unix(), 10) + "." + micro[1:], true
	}
	return "", false
}

// computedMark is the value of a variable that is computed.
const computedMark = "\x00computed"

func (sh *shell) computeVariables() {
	for _, name := range [...]string{"LINENO", "RANDOM", "EPOCHSECONDS", "EPOCHREALTIME"} {
		sh.vars.change(name).value = computedMark
	}
}

// random returns the next of a sequence of numbers of 15 bits.
func (sh *shell) random() int {
	s := sh.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seed == 0 {
		s.seed = uint64(time.Now().UnixNano()) ^ uint64(sh.pid)<<32 | 1
	}
	// xorshift64*
	s.seed ^= s.seed >> 12
	s.seed ^= s.seed << 25
	s.seed ^= s.seed >> 27
	return int(s.seed * 2685821657736338717 >> 49)
}

// value is lookup without the question.
func (sh *shell) value(name string) string {
	v, _ := sh.lookup(name)
	return v
}

// set gives a variable a value, in a builtin or an assignment. It fails if it is
// read only.
func (sh *shell) set(name, value string) {
	sh.setFlags(name, value, 0)
}

func (sh *shell) setFlags(name, value string, flags varFlags) {
	x := sh.vars.change(name)
	if x.flags&readOnly != 0 {
		sh.fail(name + ": is read only")
	}
	if sh.opt(optAllExport) {
		flags |= exported
	}
	if x.value == computedMark && name == "RANDOM" {
		n, _ := strconv.ParseUint(value, 10, 32)
		sh.shared.mu.Lock()
		sh.shared.seed = n<<1 | 1
		sh.shared.mu.Unlock()
		return
	}
	x.value = value
	x.flags |= isSet | flags
	if x.flags&exported != 0 {
		sh.envKnown = false
	}
	sh.changed(name, value)
}

// changed does what the change of some variables entails.
func (sh *shell) changed(name, value string) {
	switch name {
	case "IFS":
		sh.ifs = value
	case "PATH":
		sh.forgetCommands()
	case "OPTIND":
		sh.optPos = 0
		sh.optInd = max(1, atoi(value))
	}
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// unset removes a variable.
func (sh *shell) unset(name string) {
	x := sh.vars.get(name)
	if x == nil {
		return
	}
	if x.flags&readOnly != 0 {
		sh.fail(name + ": is read only")
	}
	if x.flags&exported != 0 {
		sh.envKnown = false
	}
	if sh.vars.parent == nil && sh.locals == nil {
		delete(sh.vars.own, name)
	} else {
		*sh.vars.change(name) = variable{}
	}
	if name == "IFS" {
		sh.ifs = " \t\n"
	} else {
		sh.changed(name, "")
	}
}

// environ returns the exported variables as KEY=VALUE; nobody changes it.
func (sh *shell) environ() []string {
	if sh.envKnown {
		return sh.env
	}
	var env []string
	for _, name := range sh.vars.all() {
		if x := sh.vars.get(name); x.flags&(isSet|exported) == isSet|exported {
			env = append(env, name+"="+x.value)
		}
	}
	sh.env, sh.envKnown = env, true
	return env
}

// with adds assignments to an environment.
func with(env []string, assigns []string) []string {
	if len(assigns) == 0 {
		return env
	}
	out := make([]string, 0, len(env)+len(assigns))
next:
	for _, e := range env {
		for _, a := range assigns {
			name, _, _ := strings.Cut(a, "=")
			if len(e) > len(name) && e[len(name)] == '=' && e[:len(name)] == name {
				continue next
			}
		}
		out = append(out, e)
	}
	for i, a := range assigns {
		name, _, _ := strings.Cut(a, "=")
		again := slices.ContainsFunc(assigns[i+1:], func(b string) bool {
			return strings.HasPrefix(b, name+"=")
		})
		if !again {
			out = append(out, a)
		}
	}
	return out
}

// saved is a variable as it was before it became local.
type saved struct {
	name string
	was  *variable // nil: there was none
	// optInd and optPos are those of getopts, when name is OPTIND.
	optInd, optPos int
}

// localize saves a variable for the end of the function or command.
func (sh *shell) localize(name string) {
	s := saved{name: name, optInd: sh.optInd, optPos: sh.optPos}
	if x := sh.vars.get(name); x != nil {
		was := *x
		s.was = &was
	}
	sh.locals = append(sh.locals, s)
}

// restore brings back the variables saved since mark.
func (sh *shell) restore(mark int) {
	for len(sh.locals) > mark {
		s := sh.locals[len(sh.locals)-1]
		sh.locals = sh.locals[:len(sh.locals)-1]
		x := sh.vars.change(s.name)
		if x.flags&exported != 0 || s.was != nil && s.was.flags&exported != 0 {
			sh.envKnown = false
		}
		if s.was == nil {
			*x = variable{}
		} else {
			*x = *s.was
		}
		switch {
		case s.name == "OPTIND":
			sh.optInd, sh.optPos = s.optInd, s.optPos
		case s.name == "IFS" && x.flags&isSet == 0:
			sh.ifs = " \t\n"
		case x.value != computedMark:
			sh.changed(s.name, x.value)
		}
	}
}

// importEnviron makes variables of the environment.
func (sh *shell) importEnviron(env []string) {
	for _, e := range env {
		name, value, ok := strings.Cut(e, "=")
		if !ok || nameLength(name) != len(name) {
			continue
		}
		x := sh.vars.change(name)
		*x = variable{value, isSet | exported}
	}
}

// setDefaults sets the variables that a shell starts with.
func (sh *shell) setDefaults() {
	sh.computeVariables()
	for _, d := range [...][2]string{
		{"IFS", " \t\n"}, {"PATH", defaultPath}, {"PS1", `\w \$ `}, {"PS2", "> "}, {"PS4", "+ "}, {"OPTIND", "1"},
	} {
		x := sh.vars.change(d[0])
		if x.flags&isSet == 0 || d[0] == "IFS" || d[0] == "OPTIND" {
			*x = variable{d[1], isSet}
		}
	}
	sh.ifs = " \t\n"
	*sh.vars.change("PPID") = variable{strconv.Itoa(syscall.Getppid()), isSet}
	if x := sh.vars.change("HOSTNAME"); x.flags&isSet == 0 {
		*x = variable{hostname(), isSet}
	}
	level := atoi(sh.value("SHLVL"))
	*sh.vars.change("SHLVL") = variable{strconv.Itoa(level + 1), isSet | exported}
	sh.envKnown = false
}

const defaultPath = "/sbin:/usr/sbin:/bin:/usr/bin"

func hostname() string {
	var u syscall.Utsname
	if syscall.Uname(&u) != nil {
		return ""
	}
	var name []byte
	for _, c := range u.Nodename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	return string(name)
}
