package device

import (
	"errors"
	"strconv"
	"strings"
)

// List is what a v1 devices group holds: a default and the exceptions from it
// (Documentation/admin-guide/cgroup-v1/devices.rst). Exceptions with the same
// device are one.
type List struct {
	Allow      bool // the default
	Exceptions []Rule
}

// Exceptions reduces rules to a v1 list. The kernel silently ignores an
// exception from an exception (deny c 1:3 behind allow c *:*); that is an error here.
func Exceptions(rules []Rule) (*List, error) {
	l := &List{}
	for i := range rules {
		r := rules[i]
		if r.universal() {
			*l = List{Allow: r.Allow}
			continue
		}
		for _, k := range r.kinds() {
			r.Kind = k
			if err := l.apply(r); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// kinds: the kernel takes "a" for everything whatever else the line says, so
// that a narrower rule for any kind becomes one for each.
func (r *Rule) kinds() []Kind {
	if r.Kind == Any {
		return []Kind{Block, Char}
	}
	return []Kind{r.Kind}
}

func (l *List) apply(r Rule) error {
	if r.Allow != l.Allow {
		l.add(r)
		return nil
	}
	return l.remove(r)
}

func (l *List) add(r Rule) {
	for i := range l.Exceptions {
		if e := &l.Exceptions[i]; e.sameDevices(&r) {
			e.Access |= r.Access
			return
		}
	}
	l.Exceptions = append(l.Exceptions, r)
}

// remove takes back exceptions: all those that lie within r.
func (l *List) remove(r Rule) error {
	kept := l.Exceptions[:0]
	for _, e := range l.Exceptions {
		if e.Access&r.Access != 0 && e.meets(&r) {
			if !e.within(&r) {
				return errors.New("cgroup v1 can't " + verb(r.Allow) + " " + r.String() +
					" as an exception from the rule " + verb(e.Allow) + " " + e.String())
			}
			if e.Access &^= r.Access; e.Access == 0 {
				continue
			}
		}
		kept = append(kept, e)
	}
	l.Exceptions = kept
	return nil
}

func (r *Rule) sameDevices(o *Rule) bool {
	return r.Kind == o.Kind && r.Major == o.Major && r.Minor == o.Minor
}

// meets tells whether there is a device that both speak of.
func (r *Rule) meets(o *Rule) bool {
	return r.Kind == o.Kind &&
		(r.Major == Wild || o.Major == Wild || r.Major == o.Major) &&
		(r.Minor == Wild || o.Minor == Wild || r.Minor == o.Minor)
}

// within tells whether every device of r is one of o's.
func (r *Rule) within(o *Rule) bool {
	return r.Kind == o.Kind && (o.Major == Wild || o.Major == r.Major) && (o.Minor == Wild || o.Minor == r.Minor)
}

func verb(allow bool) string {
	if allow {
		return "allow"
	}
	return "deny"
}

// String is the rule as devices.allow and devices.deny take it.
func (r *Rule) String() string {
	b := make([]byte, 0, 24)
	b = append(b, "abc"[r.Kind], ' ')
	b = appendNumber(b, r.Major)
	b = append(b, ':')
	b = appendNumber(b, r.Minor)
	return string(b) + " " + r.Access.String()
}

// String is the access in letters, in the order of devices.list.
func (a Access) String() string {
	switch a & All {
	case All:
		return "rwm"
	case Read | Write:
		return "rw"
	case Read | Mknod:
		return "rm"
	case Write | Mknod:
		return "wm"
	case Read:
		return "r"
	case Write:
		return "w"
	case Mknod:
		return "m"
	}
	return ""
}

func appendNumber(b []byte, n int64) []byte {
	if n == Wild {
		return append(b, '*')
	}
	return strconv.AppendInt(b, n, 10)
}

// Everything is the rule that makes the kernel forget all exceptions.
func Everything(allow bool) Rule {
	return Rule{Allow: allow, Major: Wild, Minor: Wild, Access: All}
}

// Change returns the lines that turn one list into another, without a moment in
// which something that both allow is denied. From a list that allows by default
// there is no such way: devices.list does not show its exceptions.
func Change(from, to *List) []Rule {
	var lines []Rule
	if from.Allow || to.Allow {
		lines = append(lines, Everything(to.Allow))
		from = &List{Allow: to.Allow}
	}
	for _, e := range from.Exceptions {
		if e.Access &^= to.find(&e); e.Access != 0 {
			e.Allow = to.Allow
			lines = append(lines, e)
		}
	}
	for _, e := range to.Exceptions {
		if e.Access &^= from.find(&e); e.Access != 0 {
			e.Allow = !to.Allow
			lines = append(lines, e)
		}
	}
	return lines
}

// find returns the access of the exception for exactly these devices.
func (l *List) find(r *Rule) Access {
	for i := range l.Exceptions {
		if l.Exceptions[i].sameDevices(r) {
			return l.Exceptions[i].Access
		}
	}
	return 0
}

// ParseList reads devices.list.
func ParseList(text string) (*List, error) {
	l := &List{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "a ") {
			return &List{Allow: true}, nil
		}
		r, err := parseLine(line)
		if err != nil {
			return nil, errors.New("devices.list: line " + strconv.Quote(line) + ": " + err.Error())
		}
		l.add(r)
	}
	return l, nil
}

func parseLine(line string) (Rule, error) {
	r := Rule{Allow: true}
	kind, rest, _ := strings.Cut(line, " ")
	numbers, access, _ := strings.Cut(rest, " ")
	major, minor, ok := strings.Cut(numbers, ":")
	switch {
	case kind == "b":
		r.Kind = Block
	case kind == "c":
		r.Kind = Char
	default:
		ok = false
	}
	if !ok || access == "" {
		return r, errors.New("not KIND MAJOR:MINOR ACCESS")
	}
	var err error
	if r.Major, err = parseNumber(major); err != nil {
		return r, err
	}
	if r.Minor, err = parseNumber(minor); err != nil {
		return r, err
	}
	r.Access, err = parseAccess(access)
	return r, err
}

func parseNumber(s string) (int64, error) {
	if s == "*" {
		return Wild, nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return int64(n), err
}
