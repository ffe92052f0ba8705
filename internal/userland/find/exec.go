package find

import (
	"strings"

	"bantam/internal/userland/applet"
)

// mostBytes is how much goes on one command line of -exec +: what is safe everywhere,
// as in GNU's find.
const mostBytes = 128 << 10

// command is an -exec or -ok.
type command struct {
	argv   []string
	ask    bool
	many   bool // ends in +
	invert bool
	paths  []string
	size   int
}

// command reads the command up to ; or +.
func (p *parser) command(word string) *command {
	x := &command{ask: word == "-ok"}
	for i, arg := range p.args {
		if arg != ";" && (arg != "+" || x.ask) {
			continue
		}
		x.argv, x.many = p.args[:i], arg == "+"
		p.args = p.args[i+1:]
		if i == 0 {
			break
		}
		if x.many && strings.Count(strings.Join(x.argv, "\x00"), "{}") != 1 {
			p.fail("only one '{}' allowed for -exec +")
		}
		p.f.commands = append(p.f.commands, x)
		return x
	}
	p.fail(word + " requires an argument")
	return x
}

// add runs the command for a file, or notes the file for later.
func (x *command) add(f *finder, path string) bool {
	if !x.many {
		argv := make([]string, len(x.argv))
		for i, arg := range x.argv {
			argv[i] = strings.ReplaceAll(arg, "{}", path)
		}
		return x.run(f, argv)
	}
	x.paths = append(x.paths, path)
	x.size += len(path) + 9
	return x.size < mostBytes || x.flush(f)
}

// flush runs the command for the noted files.
func (x *command) flush(f *finder) bool {
	argv := make([]string, 0, len(x.argv)+len(x.paths))
	for _, arg := range x.argv {
		if !strings.Contains(arg, "{}") {
			argv = append(argv, arg)
			continue
		}
		for _, path := range x.paths {
			argv = append(argv, strings.Replace(arg, "{}", path, 1))
		}
	}
	x.paths, x.size = nil, 0
	return x.run(f, argv)
}

func (x *command) run(f *finder, argv []string) bool {
	if x.ask {
		f.c.Out.Flush()
		for _, arg := range argv {
			f.c.Err.Print(arg, " ")
		}
		f.c.Err.Print("?")
		f.c.Err.Flush()
		if !applet.Yes(f.c.In) {
			return false
		}
	}
	status, err := f.c.Spawn(argv)
	if err != nil {
		f.c.Warn(argv[0], err)
		return false
	}
	return status == 0
}
