package mdev

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/modes"
	"bantam/internal/userland/applet/regex"
	"bantam/internal/userland/applet/users"
)

// rule is a line of mdev.conf.
type rule struct {
	line     int
	on       bool // the rules behind it are looked at, too
	when     []condition
	variable string        // that the pattern is for, the device's name if empty
	pattern  *regex.Regexp // nil matches everything
	numbered bool          // the rule is for numbers of devices
	major    int
	minor    [2]int
	uid, gid uint32
	mode     uint32
	alias    string // with its first letter: > = !
	command  string // with its first letter: @ $ *
}

// condition is a variable that must match.
type condition struct {
	name    string
	pattern *regex.Regexp
}

// readRules reads the configuration. What it doesn't say is a rule for everything.
func (w *work) readRules() {
	if in, err := applet.Open(configuration); err == nil {
		defer in.Close()
		for n := 1; ; n++ {
			line, ok := in.Line()
			if !ok {
				break
			}
			text := strings.Trim(string(line), " \t\r")
			if text == "" || text[0] == '#' {
				continue
			}
			r, wrong := parseRule(text)
			if wrong != "" {
				w.complain(wrong+" line "+strconv.Itoa(n), nil)
				continue
			}
			r.line = n
			w.rules = append(w.rules, r)
		}
	}
	w.rules = append(w.rules, rule{mode: 0o660})
}

// field cuts the next field off a line.
func field(s string) (f, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// parseRule reads a line: [-][VAR=REGEX;]...NAME USER:GROUP MODE [>|=ALIAS|!] [COMMAND].
func parseRule(text string) (r rule, wrong string) {
	name, rest := field(text)
	owner, rest := field(rest)
	mode, rest := field(rest)
	if mode == "" {
		return r, "bad"
	}
	name, r.on = strings.CutPrefix(name, "-")
	for {
		variable, after, found := strings.Cut(name, "=")
		pattern, next, end := strings.Cut(after, ";")
		if !found || !end || !isName(variable) {
			break
		}
		re, err := regex.Compile(pattern, regex.Extended)
		if err != nil {
			return r, "bad regex on"
		}
		r.when, name = append(r.when, condition{variable, re}), next
	}
	if wrong := r.device(name); wrong != "" {
		return r, wrong
	}
	var unknown string
	if r.uid, r.gid, unknown = users.Owner(owner); unknown != "" || !strings.Contains(owner, ":") {
		return r, "unknown user/group '" + owner + "' on"
	}
	var ok bool
	if r.mode, ok = modes.Parse(mode, 0o660, func() uint32 { return 0 }); !ok {
		return r, "bad mode on"
	}
	if rest != "" && strings.IndexByte(">=!", rest[0]) >= 0 {
		r.alias, rest = field(rest)
	}
	if rest != "" && strings.IndexByte("$@*", rest[0]) < 0 {
		return r, "bad"
	}
	r.command = rest
	return r, ""
}

// device reads what the rule is for.
func (r *rule) device(name string) (wrong string) {
	if numbers, found := strings.CutPrefix(name, "@"); found {
		major, minors, ok := strings.Cut(numbers, ",")
		low, high, more := strings.Cut(minors, "-")
		if !more {
			high = low
		}
		a, err := strconv.Atoi(major)
		b, err2 := strconv.Atoi(low)
		c, err3 := strconv.Atoi(high)
		if !ok || err != nil || err2 != nil || err3 != nil || a < 0 {
			return "bad @maj,min on"
		}
		r.numbered, r.major, r.minor = true, a, [2]int{b, c}
		return ""
	}
	if variable, found := strings.CutPrefix(name, "$"); found {
		if r.variable, name, found = strings.Cut(variable, "="); !found {
			return "bad $envvar=regex on"
		}
	}
	var err error
	if r.pattern, err = regex.Compile(name, regex.Extended); err != nil {
		return "bad regex on"
	}
	return ""
}

// matches says whether the rule is for the device. subject is what its pattern
// matched, and slots where its groups are in that.
func (w *work) matches(r *rule, name string, major, minor int) (subject string, slots [20]int, ok bool) {
	for i := range slots {
		slots[i] = -1
	}
	for _, c := range r.when {
		v, set := w.lookup(c.name)
		if !set || !c.pattern.Match([]byte(v), 0) {
			return "", slots, false
		}
	}
	if r.numbered {
		return name, slots, major == r.major && minor >= r.minor[0] && minor <= r.minor[1]
	}
	subject = name
	if r.variable != "" {
		var set bool
		if subject, set = w.lookup(r.variable); !set {
			return "", slots, false
		}
	}
	if r.pattern == nil {
		return subject, slots, true
	}
	ok = r.pattern.Find([]byte(subject), 0, slots[:], 0) && slots[0] == 0 && slots[1] == len(subject)
	return subject, slots, ok
}

// expand replaces %0 to %9 by what the groups matched.
func expand(alias, subject string, slots *[20]int) string {
	var s []byte
	for i := 0; i < len(alias); i++ {
		if alias[i] == '%' && i+1 < len(alias) && alias[i+1] >= '0' && alias[i+1] <= '9' {
			if g := 2 * int(alias[i+1]-'0'); slots[g] >= 0 {
				s = append(s, subject[slots[g]:slots[g+1]]...)
				i++
				continue
			}
		}
		s = append(s, alias[i])
	}
	return string(s)
}
