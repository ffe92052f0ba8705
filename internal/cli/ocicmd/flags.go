package ocicmd

import (
	"errors"
	"strconv"
	"strings"
)

// flag is one option. Its declaration drives parsing and help alike.
type flag struct {
	name  string
	short string // one letter, or empty
	value string // what the help calls its value; empty: a switch
	help  string
	set   func(value string) error
}

// flags are the options of a command. As in runc, -x and --x are the same, and so are
// "--x v" and "--x=v".
type flags struct {
	list []flag
	// stop ends the options at the first argument: what follows belongs to the container.
	stop bool
	// any passes over options: the command refuses whatever is asked.
	any bool
}

// errHelp says that help was asked for.
var errHelp = errors.New("help")

// parse sets the options in args and returns what is left.
func (f *flags) parse(args []string) (rest []string, err error) {
	for len(args) > 0 {
		a := args[0]
		if a == "--" {
			return append(rest, args[1:]...), nil
		}
		if len(a) < 2 || a[0] != '-' {
			if f.stop {
				return append(rest, args...), nil
			}
			rest, args = append(rest, a), args[1:]
			continue
		}
		if args, err = f.one(a, args[1:]); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (f *flags) one(a string, args []string) ([]string, error) {
	name, value, has := strings.Cut(strings.TrimPrefix(a[1:], "-"), "=")
	o := f.find(name)
	switch {
	case o == nil && (name == "help" || name == "h"):
		return nil, errHelp
	case o == nil && f.any:
		return args, nil
	case o == nil:
		return nil, errors.New("flag provided but not defined: -" + name)
	case has:
	case o.value == "":
		value = "true"
	case len(args) == 0:
		return nil, errors.New("flag needs an argument: -" + name)
	default:
		value, args = args[0], args[1:]
	}
	if err := o.set(value); err != nil {
		return nil, errors.New("invalid value " + strconv.Quote(value) + " for flag -" + name + ": " + err.Error())
	}
	return args, nil
}

func (f *flags) find(name string) *flag {
	for i := range f.list {
		if o := &f.list[i]; o.name == name || o.short == name && name != "" {
			return o
		}
	}
	return nil
}

func boolean(to *bool, name, short, help string) flag {
	return flag{name, short, "", help, func(v string) (err error) { *to, err = strconv.ParseBool(v); return err }}
}

func text(to *string, name, short, value, help string) flag {
	return flag{name, short, value, help, func(v string) error { *to = v; return nil }}
}

func list(to *[]string, name, short, value, help string) flag {
	return flag{name, short, value, help, func(v string) error { *to = append(*to, v); return nil }}
}

func number(to *int, name, help string) flag {
	return flag{name, "", "N", help, func(v string) (err error) {
		if *to, err = strconv.Atoi(v); err == nil && *to < 0 {
			err = errors.New("it is negative")
		}
		return err
	}}
}

// describe lists the options for the help.
func (f *flags) describe() string {
	width := 0
	for i := range f.list {
		width = max(width, len(f.list[i].title()))
	}
	var b strings.Builder
	for i := range f.list {
		t := f.list[i].title()
		b.WriteString("   " + t + strings.Repeat(" ", width-len(t)+3) + f.list[i].help + "\n")
	}
	return b.String()
}

func (o *flag) title() string {
	t := "--" + o.name
	if o.short != "" {
		t += ", -" + o.short
	}
	if o.value != "" {
		t += " " + o.value
	}
	return t
}
