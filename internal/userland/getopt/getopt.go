// Package getopt is the applet getopt.
package getopt

import (
	"strings"

	"bantam/internal/userland/applet"
)

// Applet is getopt.
var Applet = applet.Applet{
	Names: "getopt",
	Usage: "[OPTIONS] [--] OPTSTRING PARAMS\nOPTSTRING PARAMS",
	About: "Parse the options of a shell script and print them so that the shell can read them.",
	Options: `
-a, --alternative	long options may begin with a single -
-l, --longoptions LOPT[,...]	the long options
-n, --name PROGNAME	the name in error messages
-o, --options OPTSTRING	the short options
-q, --quiet	no error messages
-Q, --quiet-output	no output
-s, --shell SHELL	quote for sh, bash, csh or tcsh
-T, --test	exit with 4: this is not the old getopt
-u, --unquoted	don't quote
`,
	Notes: `
Example:

O=$(getopt -l bb: -- ab:c:: "$@") || exit 1
eval set -- "$O"
while true; do
	case "$1" in
	-a)	echo A; shift;;
	-b|--bb) echo "B:'$2'"; shift 2;;
	-c)	echo "C:'$2'"; shift 2;;
	--)	shift; break;;
	esac
done
`,
	Form:  applet.Leading,
	Dir:   "/usr/bin",
	Quick: true,
	Run:   run,
}

// long is a long option: as for short ones, colons say whether it has a value.
type long struct {
	name   string
	colons int
}

// parser parses the parameters.
type parser struct {
	c                    *applet.Call
	name                 string
	short                string
	longs                []long
	alternative          bool
	silent, quiet, plain bool
	shell                string
	inOrder, posix       bool
	rest                 []string
	status               int
}

func run(c *applet.Call) int {
	_, compatible := c.LookupEnv("GETOPT_COMPATIBLE")
	p := parser{
		c: c, name: c.Name, alternative: c.Has("a"), quiet: c.Has("q"), silent: c.Has("Q"),
		plain: c.Has("u"), shell: c.Value("s"),
	}
	switch p.shell {
	case "", "sh", "bash", "csh", "tcsh":
	default:
		return c.Complain("unknown shell '" + p.shell + "', assuming bash")
	}
	if c.Has("T") {
		if compatible {
			c.Out.Print(" --\n")
			return 0
		}
		return 4
	}
	if name, given := c.Given("n"); given {
		p.name = name
	}
	for _, list := range c.Values("l") {
		p.addLong(list)
	}
	args := c.Args
	old := !c.Dashed
	c.Each(func(string, string) { old = false })
	short, given := c.Given("o")
	if !given {
		if len(args) == 0 {
			if compatible {
				c.Out.Print(" --\n")
				return 0
			}
			return c.Complain("missing optstring argument")
		}
		short, args = args[0], args[1:]
		if compatible || old {
			// The old getopt, where nothing was quoted.
			p.plain = true
			short = strings.TrimLeft(short, "-+")
		}
	}
	_, p.posix = c.LookupEnv("POSIXLY_CORRECT")
	switch {
	case strings.HasPrefix(short, "+"):
		p.posix = true
	case strings.HasPrefix(short, "-"):
		p.inOrder = true
	}
	p.short = strings.TrimLeft(short, "+-")
	p.parse(args)
	return p.status
}

func (p *parser) addLong(list string) {
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		bare := strings.TrimRight(name, ":")
		p.longs = append(p.longs, long{bare, min(len(name)-len(bare), 2)})
	}
}

// complain tells what is wrong with the parameters.
func (p *parser) complain(text string) {
	p.status = 1
	if !p.quiet {
		p.c.Out.Flush()
		p.c.Err.WriteString(p.name + ": " + text + "\n")
	}
}

// quote prints a word with a space in front.
func (p *parser) quote(word string) {
	if p.silent {
		return
	}
	if p.plain {
		p.c.Out.Print(" ", word)
		return
	}
	p.c.Out.Print(" '")
	csh := strings.HasSuffix(p.shell, "csh")
	for i := range len(word) {
		b := word[i : i+1]
		switch {
		case b == "'":
			b = `'\''`
		case csh && b == "!":
			b = `'\!'`
		case csh && b == "\n":
			b = `\n`
		case csh && (b == " " || b == "\t"):
			b = `'\` + b + `'`
		}
		p.c.Out.Print(b)
	}
	p.c.Out.Print("'")
}

// option prints an option and its value, if it can have one.
func (p *parser) option(name string, colons int, value string) {
	if !p.silent {
		p.c.Out.Print(" ", name)
	}
	if colons > 0 {
		p.quote(value)
	}
}

// parse goes through the parameters.
func (p *parser) parse(args []string) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			p.rest = append(p.rest, args...)
			args = nil
		case len(arg) < 2 || arg[0] != '-':
			if p.posix {
				p.rest = append(append(p.rest, arg), args...)
				args = nil
			} else if p.inOrder {
				p.quote(arg)
			} else {
				p.rest = append(p.rest, arg)
			}
		case strings.HasPrefix(arg, "--"):
			args = p.long(arg[2:], "--", args)
		case p.alternative && p.isLong(arg[1:]):
			args = p.long(arg[1:], "-", args)
		default:
			args = p.cluster(arg[1:], args)
		}
	}
	if p.silent {
		return
	}
	p.c.Out.Print(" --")
	for _, word := range p.rest {
		p.quote(word)
	}
	p.c.Out.Print("\n")
}

// candidates returns the long options that a name may stand for.
func (p *parser) candidates(name string) (found []long) {
	for _, l := range p.longs {
		if l.name == name {
			return []long{l}
		}
		if strings.HasPrefix(l.name, name) {
			found = append(found, l)
		}
	}
	return found
}

// ambiguous says whether it matters which of the options is meant: getopt_long(3)
// takes the first of several that are alike.
func ambiguous(found []long) bool {
	for _, l := range found {
		if l.colons != found[0].colons {
			return true
		}
	}
	return false
}

// isLong says whether -name is a long option: a letter that is a short one isn't.
func (p *parser) isLong(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	if _, known := p.colons(text[0]); known && len(text) == 1 {
		return false
	}
	if _, known := p.colons(text[0]); known {
		return len(p.candidates(name)) > 0
	}
	return len(text) > 1 || len(p.candidates(name)) > 0
}

// long reads a long option and its value.
func (p *parser) long(text, dashes string, args []string) []string {
	name, value, given := strings.Cut(text, "=")
	found := p.candidates(name)
	switch {
	case len(found) == 0:
		p.complain("unrecognized option '" + dashes + text + "'")
		return args
	case ambiguous(found):
		all := ""
		for _, l := range found {
			all += " '" + dashes + l.name + "'"
		}
		p.complain("option '" + dashes + text + "' is ambiguous; possibilities:" + all)
		return args
	}
	l := found[0]
	switch {
	case given && l.colons == 0:
		p.complain("option '" + dashes + l.name + "' doesn't allow an argument")
		return args
	case !given && l.colons == 1:
		if len(args) == 0 {
			p.complain("option '" + dashes + l.name + "' requires an argument")
			return args
		}
		value, args = args[0], args[1:]
	}
	p.option("--"+l.name, l.colons, value)
	return args
}

// colons says how many colons a short option has, and whether it is one.
func (p *parser) colons(letter byte) (n int, known bool) {
	i := strings.IndexByte(p.short, letter)
	if i < 0 || letter == ':' {
		return 0, false
	}
	for n < 2 && strings.HasPrefix(p.short[i+1+n:], ":") {
		n++
	}
	return n, true
}

// cluster reads short options.
func (p *parser) cluster(text string, args []string) []string {
	for i := 0; i < len(text); i++ {
		name := text[i : i+1]
		colons, known := p.colons(text[i])
		if !known {
			p.complain("invalid option -- '" + name + "'")
			continue
		}
		value := ""
		if colons > 0 {
			value = text[i+1:]
			i = len(text)
		}
		if colons == 1 && value == "" {
			if len(args) == 0 {
				p.complain("option requires an argument -- '" + name + "'")
				return args
			}
			value, args = args[0], args[1:]
		}
		p.option("-"+name, colons, value)
	}
	return args
}
