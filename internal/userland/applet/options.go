package applet

import "strings"

// The declaration of options is the text that --help prints, one option a line:
//
//	-a	every name, also those that begin with a dot
//	-n, --lines N	the first N lines
//	-i[SUFFIX]	an optional value, which must follow without a space
//	--color[=WHEN]	the same for a long name
//	-NUM	digits: -5 and -25 arrive as the option "NUM"
//
// What stands before the tab is the grammar: names separated by commas, then the
// name of the value if there is one. A line that doesn't start with "-" is only
// help. An option is asked for by its letter, or by its long name if it has no
// letter; further names of one option on its line are the same option.

// option is an option as it was given.
type option struct {
	key   string
	value string
}

// spec is a declared option, cut out of the declaration.
type spec struct {
	key      string // the name that the applet asks for
	value    bool   // takes a value
	optional bool   // and may be given without
}

// declared yields the declaration's lines one after the other.
func declared(options string, yield func(names, value string) bool) {
	for options != "" {
		var line string
		line, options, _ = strings.Cut(options, "\n")
		if !strings.HasPrefix(line, "-") {
			continue
		}
		names, _, _ := strings.Cut(line, "\t")
		value := ""
		// The value's name is the last word if that is no option's name.
		if i := strings.LastIndexByte(names, ' '); i >= 0 && names[i+1] != '-' {
			names, value = names[:i], names[i+1:]
		}
		if !yield(names, value) {
			return
		}
	}
}

// next takes the first name off the names of a line.
func next(names string) (name, rest string) {
	name, rest, _ = strings.Cut(names, ",")
	return name, strings.TrimLeft(rest, " ")
}

// match compares a name of the declaration with the wanted one.
func match(declared, want string) (hit, optional bool) {
	if i := strings.IndexByte(declared, '['); i > 0 {
		declared, optional = declared[:i], true
	}
	return declared == want, optional
}

// key is the name that the applet asks for: the letter if there is one.
func key(names string) string {
	name, rest := next(names)
	for rest != "" && strings.HasPrefix(name, "--") {
		var other string
		if other, rest = next(rest); !strings.HasPrefix(other, "--") {
			name = other
		}
	}
	if i := strings.IndexByte(name, '['); i > 0 {
		name = name[:i]
	}
	return strings.TrimLeft(name, "-")
}

// find looks an option up by its full name, dashes included.
func find(options, want string) (s spec, found bool) {
	declared(options, func(names, value string) bool {
		for rest := names; rest != ""; {
			var name string
			name, rest = next(rest)
			if hit, optional := match(name, want); hit {
				s = spec{key: key(names), value: value != "" || optional, optional: optional}
				found = true
				return false
			}
		}
		return true
	})
	return s, found
}

// findLong looks up a long name or an unambiguous beginning of one.
func findLong(options, want string) (s spec, full string, candidates int) {
	if s, ok := find(options, want); ok {
		return s, want, 1
	}
	declared(options, func(names, value string) bool {
		for rest := names; rest != ""; {
			var name string
			name, rest = next(rest)
			bare, _, optional := strings.Cut(name, "[")
			if strings.HasPrefix(bare, want) && strings.HasPrefix(bare, "--") {
				if candidates == 0 || key(names) != s.key {
					candidates++
				}
				s, full = spec{key: key(names), value: value != "" || optional, optional: optional}, bare
			}
		}
		return true
	})
	return s, full, candidates
}

// parse reads the arguments into c.options and c.Args. It returns what is wrong
// with them, in getopt's words, or "".
func (c *Call) parse(args []string) string {
	if form := c.Applet.Form; form == Plain || form == Literal {
		c.Args = args
		return ""
	}
	return c.parseAll(args)
}

// Reparse reads arguments that an applet of the form Plain has rearranged: options
// anywhere, as if its form were Permuted. ok is false if they are wrong, which it tells.
func (c *Call) Reparse(args []string) (ok bool) {
	wrong := c.parseAll(args)
	if wrong != "" {
		c.Err.WriteString(c.Name + ": " + wrong + "\n")
		c.UsageError("")
	}
	return wrong == ""
}

func (c *Call) parseAll(args []string) string {
	var operands []string
	for len(args) > 0 {
		arg := args[0]
		switch {
		case arg == "--":
			c.Dashed = true
			c.Args = append(operands, args[1:]...)
			return ""
		case len(arg) < 2 || arg[0] != '-':
			if c.Applet.Form == Leading {
				c.Args = args
				return ""
			}
			operands = append(operands, arg)
			args = args[1:]
		default:
			used, wrong := 0, ""
			if arg[1] == '-' {
				used, wrong = c.parseLong(args)
			} else {
				used, wrong = c.parseShort(args)
			}
			if wrong != "" {
				return wrong
			}
			args = args[used:]
		}
	}
	c.Args = operands
	return ""
}

// parseLong reads one --name, --name=value or --name value.
func (c *Call) parseLong(args []string) (used int, wrong string) {
	name, value, given := strings.Cut(args[0], "=")
	s, full, candidates := findLong(c.Applet.Options, name)
	switch {
	case name == "--help" && candidates != 1:
		c.wantsHelp = true
		return 1, ""
	case candidates == 0:
		return 0, "unrecognized option '" + args[0] + "'"
	case candidates > 1:
		return 0, "option '" + name + "' is ambiguous"
	case given && !s.value:
		return 0, "option '" + full + "' doesn't allow an argument"
	case !given && s.value && !s.optional:
		if len(args) == 1 {
			return 0, "option '" + full + "' requires an argument"
		}
		c.options = append(c.options, option{s.key, args[1]})
		return 2, ""
	}
	c.options = append(c.options, option{s.key, value})
	return 1, ""
}

// parseShort reads one cluster of letters, the last of which may take a value.
func (c *Call) parseShort(args []string) (used int, wrong string) {
	arg := args[0]
	for i := 1; i < len(arg); i++ {
		if digits := c.digits(arg[i:]); digits > 0 {
			c.options = append(c.options, option{"NUM", arg[i : i+digits]})
			i += digits - 1
			continue
		}
		s, found := find(c.Applet.Options, "-"+arg[i:i+1])
		switch {
		case !found:
			return 0, "invalid option -- '" + arg[i:i+1] + "'"
		case !s.value:
			c.options = append(c.options, option{s.key, ""})
			continue
		case i+1 < len(arg) || s.optional:
			c.options = append(c.options, option{s.key, arg[i+1:]})
			return 1, ""
		case len(args) == 1:
			return 0, "option requires an argument -- '" + arg[i:i+1] + "'"
		}
		c.options = append(c.options, option{s.key, args[1]})
		return 2, ""
	}
	return 1, ""
}

// digits returns how many digits s starts with if the applet declares -NUM and
// doesn't declare the first digit as an option.
func (c *Call) digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 {
		return 0
	}
	if _, declares := find(c.Applet.Options, "-"+s[:1]); declares {
		return 0
	}
	if _, declares := find(c.Applet.Options, "-NUM"); !declares {
		return 0
	}
	return n
}

// Has says whether the option was given.
//
//go:noinline
func (c *Call) Has(key string) bool { return c.Count(key) > 0 }

// Count says how often the option was given: -vvv is 3.
//
//go:noinline
func (c *Call) Count(key string) int {
	n := 0
	for _, o := range c.options {
		if o.key == key {
			n++
		}
	}
	return n
}

// Value returns the value of the option's last use, "" if there is none.
//
//go:noinline
func (c *Call) Value(key string) string {
	value, _ := c.Given(key)
	return value
}

// Given returns the value of the option's last use and whether there was one.
//
//go:noinline
func (c *Call) Given(key string) (value string, given bool) {
	for _, o := range c.options {
		if o.key == key {
			value, given = o.value, true
		}
	}
	return value, given
}

// Values returns the values of all uses of the option, in order.
//
//go:noinline
func (c *Call) Values(key string) []string {
	var values []string
	for _, o := range c.options {
		if o.key == key {
			values = append(values, o.value)
		}
	}
	return values
}

// Last returns which of the options was given last, "" for none of them: for
// options that undo each other, as -H, -L and -P do.
//
//go:noinline
func (c *Call) Last(keys ...string) string {
	for i := len(c.options) - 1; i >= 0; i-- {
		for _, key := range keys {
			if c.options[i].key == key {
				return key
			}
		}
	}
	return ""
}

// Each calls f for every option in the order in which they were given, for
// options whose order matters (sed -e and -f, ip, sort -k).
//
//go:noinline
func (c *Call) Each(f func(key, value string)) {
	for _, o := range c.options {
		f(o.key, o.value)
	}
}
