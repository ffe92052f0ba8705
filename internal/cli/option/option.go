// Package option declares the options of a command and parses them as pflag
// does for docker: one declaration drives parsing, error texts and help.
package option

import (
	"strconv"
	"strings"
)

// Option is one option of a command.
type Option struct {
	Name  string // long name, without dashes
	Short byte   // short name or 0
	Type  string // docker's word for the value ("list"), "" for a switch
	Help  string
	Set   func(value string) error
}

// Set is the options of one command.
type Set struct {
	Options []Option
	// Interspersed lets options stand behind arguments. docker's run stops at the first argument: what follows belongs to the container.
	Interspersed bool
}

// UsageError is what the user got wrong on the command line.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }

// ErrHelp says that help was asked for.
var ErrHelp = &UsageError{Text: "help requested"}

// Parse sets the options found in args and returns the arguments.
func (s *Set) Parse(args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		var err error
		switch {
		case a == "--":
			return append(rest, args...), nil
		case len(a) < 2 || a[0] != '-':
			if !s.Interspersed {
				return append(append(rest, a), args...), nil
			}
			rest = append(rest, a)
		case a[1] == '-':
			args, err = s.long(a[2:], args)
		default:
			args, err = s.short(a[1:], args)
		}
		if err != nil {
			return rest, err
		}
	}
	return rest, nil
}

func (s *Set) find(name string) *Option {
	for i := range s.Options {
		if s.Options[i].Name == name {
			return &s.Options[i]
		}
	}
	return nil
}

func (s *Set) findShort(c byte) *Option {
	for i := range s.Options {
		if s.Options[i].Short == c {
			return &s.Options[i]
		}
	}
	return nil
}

func (s *Set) long(text string, args []string) ([]string, error) {
	name, value, has := strings.Cut(text, "=")
	if name == "" || name[0] == '-' {
		return nil, &UsageError{"bad flag syntax: --" + text}
	}
	o := s.find(name)
	switch {
	case o == nil && name == "help":
		return nil, ErrHelp
	case o == nil:
		return nil, &UsageError{"unknown flag: --" + name}
	case has:
	case o.Type == "":
		value = "true"
	case len(args) == 0:
		return nil, &UsageError{"flag needs an argument: --" + name}
	default:
		value, args = args[0], args[1:]
	}
	return args, o.set(value)
}

// short parses a cluster: -it, -mVALUE, -m=VALUE, -m VALUE.
func (s *Set) short(cluster string, args []string) ([]string, error) {
	for i := 0; i < len(cluster); i++ {
		o := s.findShort(cluster[i])
		left := cluster[i+1:]
		switch {
		case o == nil && cluster[i] == 'h':
			return nil, ErrHelp
		case o == nil:
			return nil, &UsageError{"unknown shorthand flag: " + quote(cluster[i]) + " in -" + cluster[i:]}
		case strings.HasPrefix(left, "="):
			return args, o.set(left[1:])
		case o.Type == "":
			if err := o.set("true"); err != nil {
				return nil, err
			}
			continue
		case left != "":
			return args, o.set(left)
		case len(args) == 0:
			return nil, &UsageError{"flag needs an argument: " + quote(cluster[i]) + " in -" + cluster[i:]}
		}
		return args[1:], o.set(args[0])
	}
	return args, nil
}

func quote(c byte) string { return "'" + string(rune(c)) + "'" }

func (o *Option) set(value string) error {
	err := o.Set(value)
	if err == nil {
		return nil
	}
	name := "--" + o.Name
	if o.Short != 0 {
		name = "-" + string(rune(o.Short)) + ", " + name
	}
	return &UsageError{"invalid argument " + strconv.Quote(value) + " for " + strconv.Quote(name) + " flag: " + err.Error()}
}

// Named is the option that a word names: --name, -n, or the last of -xyn, which may take its
// value from the next word. A word with its value in it names none.
func (s *Set) Named(word string) *Option {
	switch {
	case strings.HasPrefix(word, "--"):
		return s.find(word[2:])
	case len(word) < 2 || word[0] != '-':
		return nil
	}
	for i := 1; i < len(word)-1; i++ {
		if o := s.findShort(word[i]); o == nil || o.Type != "" {
			return nil
		}
	}
	return s.findShort(word[len(word)-1])
}
