package shell

import (
	"slices"
	"strings"
)

func sortStrings(list []string) { slices.Sort(list) }

// alias returns what an alias stands for.
func (sh *shell) alias(name string) (string, bool) {
	if len(sh.aliases) == 0 {
		return "", false
	}
	value, ok := sh.aliases[name]
	return value, ok
}

// setAlias replaces the map as a whole: subshells share it.
func (sh *shell) setAlias(name, value string) {
	m := make(map[string]string, len(sh.aliases)+1)
	for k, v := range sh.aliases {
		m[k] = v
	}
	m[name] = value
	sh.aliases = m
}

func aliasCmd(sh *shell, args []string) int {
	if len(args) == 1 {
		var names []string
		for name := range sh.aliases {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			sh.out().Print(name, "=", quoted(sh.aliases[name]), "\n")
		}
		return 0
	}
	status := 0
	for _, a := range args[1:] {
		name, value, assigned := "", "", false
		if a != "" {
			name, value, assigned = strings.Cut(a[1:], "=")
			name = a[:1] + name
		}
		if assigned {
			sh.setAlias(name, value)
			continue
		}
		value, ok := sh.alias(a)
		if !ok {
			sh.file(2).errors().Print("alias: ", a, " not found\n")
			status = 1
			continue
		}
		sh.out().Print(a, "=", quoted(value), "\n")
	}
	return status
}

func unaliasCmd(sh *shell, args []string) int {
	rest := sh.flagsOf(args, "a", func(byte, string) { sh.aliases = nil })
	status := 0
	for _, name := range rest {
		if _, ok := sh.alias(name); !ok {
			sh.file(2).errors().Print("unalias: ", name, " not found\n")
			status = 1
			continue
		}
		m := map[string]string{}
		for k, v := range sh.aliases {
			if k != name {
				m[k] = v
			}
		}
		sh.aliases = m
	}
	return status
}

// exportCmd is export and readonly.
func exportCmd(sh *shell, args []string) int {
	flag := exported
	if args[0] == "readonly" {
		flag = readOnly
	}
	print, remove := false, false
	rest := sh.flagsOf(args, "pn", func(c byte, _ string) {
		print = print || c == 'p'
		remove = remove || c == 'n'
	})
	if len(rest) == 0 || print {
		sh.printFlagged(args[0], flag)
		return 0
	}
	for _, a := range rest {
		name, value, assigned := strings.Cut(a, "=")
		if nameLength(name) != len(name) || name == "" {
			sh.fail(name + ": bad variable name")
		}
		if assigned {
			sh.set(name, value)
		}
		x := sh.vars.change(name)
		if remove && flag == exported {
			x.flags &^= exported
		} else {
			x.flags |= flag
		}
		sh.envKnown = false
	}
	return 0
}

// printFlagged prints what was exported or made read only.
func (sh *shell) printFlagged(word string, flag varFlags) {
	for _, name := range sh.vars.all() {
		x := sh.vars.get(name)
		switch {
		case x.flags&flag == 0:
		case x.flags&isSet == 0:
			sh.out().Print(word, " ", name, "\n")
		default:
			sh.out().Print(word, " ", name, "=", quotedValue(x.value), "\n")
		}
	}
}

// quotedValue is a value in single quotes; quotes in it stand in double ones.
func quotedValue(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			if s != "" || b.Len() == 0 {
				b.WriteString("'" + s + "'")
			}
			return b.String()
		}
		if i > 0 {
			b.WriteString("'" + s[:i] + "'")
		}
		n := 1
		for i+n < len(s) && s[i+n] == '\'' {
			n++
		}
		b.WriteString("\"" + s[i:i+n] + "\"")
		s = s[i+n:]
		if s == "" {
			return b.String()
		}
	}
}

// printVariables is set without arguments.
func (sh *shell) printVariables() {
	for _, name := range sh.vars.all() {
		if x := sh.vars.get(name); x.flags&isSet != 0 {
			sh.out().Print(name, "=", quotedValue(x.value), "\n")
		} else if x.value == computedMark {
			sh.out().Print(name, "=", quotedValue(sh.value(name)), "\n")
		}
	}
}

func localCmd(sh *shell, args []string) int {
	if sh.calls == 0 {
		sh.fail("not in a function")
	}
	for _, a := range args[1:] {
		name, value, assigned := strings.Cut(a, "=")
		if name == "-" {
			sh.locals = append(sh.locals, saved{name: "-", optInd: int(sh.options)})
			continue
		}
		if nameLength(name) != len(name) || name == "" {
			sh.fail(name + ": bad variable name")
		}
		if slices.ContainsFunc(sh.locals[sh.frame:], func(s saved) bool { return s.name == name }) {
			if assigned {
				sh.set(name, value)
			}
			continue
		}
		sh.localize(name)
		if assigned {
			sh.set(name, value)
		} else if x := sh.vars.change(name); x.flags&readOnly == 0 && x.value != computedMark {
			exp := x.flags & exported
			*x = variable{flags: exp}
			sh.envKnown = sh.envKnown && exp == 0
			if name == "IFS" {
				sh.ifs = " \t\n"
			}
		}
	}
	return 0
}

func unsetCmd(sh *shell, args []string) int {
	var what byte
	rest := sh.flagsOf(args, "vf", func(c byte, _ string) { what = c })
	for _, name := range rest {
		if what != 'f' {
			if n := nameLength(name); n == 0 || n != len(name) {
				sh.fail(name + ": bad variable name")
			}
			sh.unset(name)
			continue
		}
		if sh.funcs.get(name) != nil {
			sh.funcs.set(name, nil)
		}
	}
	return 0
}

// getoptsCmd is getopts OPTSTRING NAME [ARG...].
func getoptsCmd(sh *shell, args []string) int {
	if len(args) < 3 {
		sh.fail("usage: getopts optstring var [arg]")
	}
	params := sh.args
	if len(args) > 3 {
		params = args[3:]
	}
	letters, name := args[1], args[2]
	if sh.optInd > len(params)+1 {
		sh.optInd, sh.optPos = 1, 0
	}
	c, done := sh.nextOption(letters, params)
	if done {
		sh.unset("OPTARG")
	}
	sh.setIndex()
	sh.set(name, string(c))
	return b2i(done)
}

// setIndex puts the index into OPTIND without resetting anything.
func (sh *shell) setIndex() {
	pos := sh.optPos
	sh.set("OPTIND", itoa(int64(sh.optInd)))
	sh.optPos = pos
}

// nextOption finds the next option of the parameters. The index goes on as soon as a
// parameter is begun: that is the one before it, while optPos is in it.
func (sh *shell) nextOption(letters string, params []string) (c []byte, done bool) {
	if sh.optPos == 0 || sh.optInd < 2 || sh.optInd > len(params)+1 || sh.optPos >= len(params[sh.optInd-2]) {
		sh.optPos = 0
		if sh.optInd > len(params) {
			return []byte{'?'}, true
		}
		p := params[sh.optInd-1]
		if len(p) < 2 || p[0] != '-' {
			return []byte{'?'}, true
		}
		sh.optInd++
		if p == "--" {
			return []byte{'?'}, true
		}
		sh.optPos = 1
	}
	p := params[sh.optInd-2]
	letter := p[sh.optPos]
	sh.optPos++
	at := strings.IndexByte(letters, letter)
	takes := at >= 0 && at+1 < len(letters) && letters[at+1] == ':'
	rest := p[sh.optPos:]
	if rest == "" || takes {
		sh.optPos = 0
	}
	silent := strings.HasPrefix(letters, ":")
	switch {
	case at < 0 || letter == ':':
		return sh.badOption(silent, '?', "Illegal option -", letter), false
	case !takes:
		sh.unset("OPTARG")
	case rest != "":
		sh.set("OPTARG", rest)
	case sh.optInd > len(params):
		return sh.badOption(silent, ':', "No arg for -", letter), false
	default:
		sh.set("OPTARG", params[sh.optInd-1])
		sh.optInd++
	}
	return []byte{letter}, false
}

// badOption tells about a wrong option, unless the string began with a colon.
func (sh *shell) badOption(silent bool, code byte, text string, letter byte) []byte {
	if sh.value("OPTERR") == "0" && !silent {
		sh.unset("OPTARG")
		return []byte{'?'}
	}
	if silent {
		sh.set("OPTARG", string([]byte{letter}))
		return []byte{code}
	}
	sh.unset("OPTARG")
	text += string([]byte{letter})
	if code == ':' {
		text += " option"
	}
	sh.file(2).errors().WriteString(text + "\n")
	return []byte{'?'}
}
