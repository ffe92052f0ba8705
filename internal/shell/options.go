package shell

// options are the shell's flags, a bit each.
type options uint32

const (
	optErrExit options = 1 << iota
	optNoGlob
	optIgnoreEOF
	optInteractive
	optMonitor
	optNoExec
	optStdin
	optCommand
	optXTrace
	optVerbose
	optNoClobber
	optAllExport
	optNotify
	optNoUnset
	optErrTrace
	optVi
	optPipeFail
)

// optionNames are in the order of the bits; a name of "" is no name for set -o.
var optionNames = [...]struct {
	letter byte
	name   string
}{
	{'e', "errexit"}, {'f', "noglob"}, {'I', "ignoreeof"}, {'i', ""}, {'m', "monitor"}, {'n', "noexec"},
	{'s', ""}, {'c', ""}, {'x', "xtrace"}, {'v', "verbose"}, {'C', "noclobber"}, {'a', "allexport"},
	{'b', "notify"}, {'u', "nounset"}, {'E', "errtrace"}, {0, "vi"}, {0, "pipefail"},
}

func (sh *shell) opt(o options) bool { return sh.options&o != 0 }

func (sh *shell) setOpt(o options, on bool) {
	if on {
		sh.options |= o
	} else {
		sh.options &^= o
	}
	if o == optMonitor {
		sh.setJobControl(on)
	}
}

// letters is $-.
func (sh *shell) letters() string {
	var s []byte
	for i, o := range optionNames {
		if o.letter != 0 && sh.options>>i&1 != 0 {
			s = append(s, o.letter)
		}
	}
	return string(s)
}

// setLetter turns the option of a letter on or off.
func (sh *shell) setLetter(c byte, on bool) {
	for i, o := range optionNames {
		if o.letter == c && c != 0 {
			sh.setOpt(1<<i, on)
			return
		}
	}
	sh.fail("illegal option " + sign(on) + string(rune(c)))
}

func sign(on bool) string {
	if on {
		return "-"
	}
	return "+"
}

// setName turns the option of a name on or off; it returns false for an unknown one.
func (sh *shell) setName(name string, on bool) bool {
	for i, o := range optionNames {
		if o.name == name && name != "" {
			sh.setOpt(1<<i, on)
			return true
		}
	}
	sh.complain("illegal option " + sign(on) + "o " + name)
	return false
}

// printOptions is set -o, and with asCommands set +o.
func (sh *shell) printOptions(asCommands bool) {
	out := sh.out()
	for i, o := range optionNames {
		on := sh.options>>i&1 != 0
		switch {
		case o.name == "":
		case asCommands:
			out.WriteString("set " + sign(on) + "o " + o.name + "\n")
		default:
			state := "off"
			if on {
				state = "on"
			}
			out.WriteString((o.name + "                ")[:16] + state + "\n")
		}
	}
}

// parseOptions reads set's or the shell's own options; it returns what follows them.
func (sh *shell) parseOptions(args []string, start bool) (rest []string, ok bool) {
	if !start && len(args) == 0 {
		return args, true
	}
	for len(args) > 0 {
		a := args[0]
		on := a != "" && a[0] == '-'
		if !on && (a == "" || a[0] != '+') {
			break
		}
		args = args[1:]
		switch {
		case a == "-":
			if !start {
				sh.setOpt(optXTrace, false)
				sh.setOpt(optVerbose, false)
				if len(args) > 0 {
					sh.args = args
				}
			}
			return args, true
		case a == "--":
			if !start {
				sh.args = args
				return nil, true
			}
			return args, true
		}
		for i := 1; i < len(a); i++ {
			switch c := a[i]; {
			case c == 'o':
				if len(args) == 0 {
					sh.printOptions(!on)
					return nil, true
				}
				if !sh.setName(args[0], on) {
					return nil, false
				}
				args = args[1:]
			case c == 'l' && start:
				sh.call.Login = on
			default:
				sh.setLetter(c, on)
			}
		}
	}
	return args, true
}
