package shell

import "strings"

type builtinFlags uint8

const (
	posixSpecial     builtinFlags = 1 << iota // POSIX's special builtins
	takesAssignments                          // NAME=value arguments are assignments
	isApplet                                  // an applet of the table does it
	plainBuiltin                              // changes nothing, needs nothing
	quietBuiltin                              // reads nothing and comes to its end
	isLocal
)

// builtin is a command of the shell's own. What it runs stands in call: functions in
// the table would make it depend on itself.
type builtin struct {
	name  string
	flags builtinFlags
}

// builtins are sorted by name, as help lists them.
var builtins = [...]builtin{
	{name: ".", flags: posixSpecial},
	{name: ":", flags: posixSpecial | plainBuiltin | quietBuiltin},
	{name: "[", flags: isApplet | quietBuiltin},
	{name: "[[", flags: isApplet | quietBuiltin},
	{name: "alias", flags: takesAssignments | quietBuiltin},
	{name: "bg"},
	{name: "break", flags: posixSpecial},
	{name: "cd"},
	{name: "chdir"},
	{name: "command"},
	{name: "continue", flags: posixSpecial},
	{name: "echo", flags: isApplet | quietBuiltin},
	{name: "eval", flags: posixSpecial},
	{name: "exec", flags: posixSpecial},
	{name: "exit", flags: posixSpecial},
	{name: "export", flags: posixSpecial | takesAssignments | quietBuiltin},
	{name: "false", flags: plainBuiltin | quietBuiltin},
	{name: "fg"},
	{name: "getopts"},
	{name: "hash"},
	{name: "help", flags: quietBuiltin},
	{name: "history"},
	{name: "jobs", flags: quietBuiltin},
	{name: "kill"},
	{name: "let"},
	{name: "local", flags: posixSpecial | takesAssignments | isLocal},
	{name: "printf", flags: isApplet | quietBuiltin},
	{name: "pwd", flags: quietBuiltin},
	{name: "read"},
	{name: "readonly", flags: posixSpecial | takesAssignments | quietBuiltin},
	{name: "return", flags: posixSpecial},
	{name: "set", flags: posixSpecial | quietBuiltin},
	{name: "shift", flags: posixSpecial},
	{name: "source", flags: posixSpecial},
	{name: "test", flags: isApplet | quietBuiltin},
	{name: "times", flags: posixSpecial},
	{name: "trap", flags: posixSpecial},
	{name: "true", flags: plainBuiltin | quietBuiltin},
	{name: "type", flags: quietBuiltin},
	{name: "ulimit"},
	{name: "umask"},
	{name: "unalias"},
	{name: "unset", flags: posixSpecial},
	{name: "wait"},
}

// findBuiltin returns the builtin of that name, or nil.
func findBuiltin(name string) *builtin {
	low, high := 0, len(builtins)
	for low < high {
		middle := (low + high) / 2
		switch c := strings.Compare(builtins[middle].name, name); {
		case c == 0:
			return &builtins[middle]
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil
}

// call runs the builtin.
func (b *builtin) call(sh *shell, args []string) int {
	switch b.name {
	case ":", "true":
		return 0
	case "false":
		return 1
	case ".", "source":
		return sourceCmd(sh, args)
	case "alias":
		return aliasCmd(sh, args)
	case "bg", "fg":
		return fgCmd(sh, args)
	case "break", "continue":
		return breakCmd(sh, args)
	case "cd", "chdir":
		return cdCmd(sh, args)
	case "command":
		return commandCmd(sh, args)
	case "eval":
		return evalCmd(sh, args)
	case "exec":
		return execCmd(sh, args)
	case "exit":
		return exitCmd(sh, args)
	case "export", "readonly":
		return exportCmd(sh, args)
	case "getopts":
		return getoptsCmd(sh, args)
	case "hash":
		return hashCmd(sh, args)
	case "help":
		return helpCmd(sh)
	case "history":
		return historyCmd(sh)
	case "jobs":
		return jobsCmd(sh, args)
	case "kill":
		return killCmd(sh, args)
	case "let":
		return letCmd(sh, args)
	}
	return b.callMore(sh, args)
}

func (b *builtin) callMore(sh *shell, args []string) int {
	switch b.name {
	case "local":
		return localCmd(sh, args)
	case "pwd":
		return pwdCmd(sh, args)
	case "read":
		return readCmd(sh, args)
	case "return":
		return returnCmd(sh, args)
	case "set":
		return setCmd(sh, args)
	case "shift":
		return shiftCmd(sh, args)
	case "times":
		return timesCmd(sh)
	case "trap":
		return trapCmd(sh, args)
	case "type":
		return typeCmd(sh, args)
	case "ulimit":
		return ulimitCmd(sh, args)
	case "umask":
		return umaskCmd(sh, args)
	case "unalias":
		return unaliasCmd(sh, args)
	case "unset":
		return unsetCmd(sh, args)
	case "wait":
		return waitCmd(sh, args)
	}
	return 127
}

// flagsOf reads the letters of options that take no value; letters behind a colon do
// take one.
func (sh *shell) flagsOf(args []string, letters string, each func(c byte, value string)) []string {
	args = args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		cluster := args[0][1:]
		args = args[1:]
		if cluster == "-" {
			break
		}
		for i := 0; i < len(cluster); i++ {
			at := strings.IndexByte(letters, cluster[i])
			if at < 0 || cluster[i] == ':' {
				sh.fail("illegal option -" + cluster[i:i+1])
			}
			if at+1 == len(letters) || letters[at+1] != ':' {
				each(cluster[i], "")
				continue
			}
			value := cluster[i+1:]
			if value == "" {
				if len(args) == 0 {
					sh.fail("no arg for -" + cluster[i:i+1] + " option")
				}
				value, args = args[0], args[1:]
			}
			each(cluster[i], value)
			break
		}
	}
	return args
}
