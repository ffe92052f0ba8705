// Package glob matches file name patterns, as fnmatch(3) does. It takes time in
// proportion to pattern times name, however many stars there are, and no memory.
package glob

import "unicode/utf8"

// Flags change how Match compares.
type Flags uint8

const (
	// Pathname lets only a slash match a slash.
	Pathname Flags = 1 << iota
	// Period lets only a period match one at the start, or with Pathname after a slash.
	Period
	// Fold ignores the case of ASCII letters.
	Fold
	// NoEscape makes the backslash an ordinary character.
	NoEscape
	// LeadingDir is content if the pattern matches the name up to one of its slashes.
	LeadingDir
	// UTF8 lets "?" and a bracket take a whole character instead of a byte.
	UTF8
)

// Match says whether the pattern matches the whole name.
func Match(pattern, name string, flags Flags) bool {
	p, n := 0, 0
	// Where the last star stands, and the name's part that it took so far. Going back
	// to an earlier star never helps: it could only take more, which the last one can.
	star, took := -1, 0
	for {
		if p == len(pattern) && (n == len(name) || flags&LeadingDir != 0 && name[n] == '/') {
			return true
		}
		if p < len(pattern) && pattern[p] == '*' {
			if hidden(name, n, flags) {
				return false
			}
			p++
			star, took = p, n
			continue
		}
		if p < len(pattern) && n < len(name) {
			if dp, dn := one(pattern[p:], name, n, flags); dp > 0 {
				p += dp
				n += dn
				continue
			}
		}
		if star < 0 || took >= len(name) || name[took] == '/' && flags&Pathname != 0 {
			return false
		}
		took += size(name[took:], flags)
		p, n = star, took
	}
}

// hidden says whether a period stands there that only a period matches.
func hidden(name string, n int, flags Flags) bool {
	return flags&Period != 0 && n < len(name) && name[n] == '.' &&
		(n == 0 || flags&Pathname != 0 && name[n-1] == '/')
}

// size is the length of the first character.
func size(s string, flags Flags) int {
	if flags&UTF8 == 0 || s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// one matches the first element of the pattern, which is no star, and returns how
// much of the pattern and of the name that is; 0 if it doesn't match.
func one(pattern, name string, n int, flags Flags) (dp, dn int) {
	c, slash := name[n], name[n] == '/' && flags&Pathname != 0
	switch {
	case pattern[0] == '?':
		if slash || hidden(name, n, flags) {
			return 0, 0
		}
		return 1, size(name[n:], flags)
	case pattern[0] == '[':
		width := size(name[n:], flags)
		length, hit := bracket(pattern, rune1(name[n:n+width]), flags)
		if length > 0 {
			if !hit || slash || hidden(name, n, flags) {
				return 0, 0
			}
			return length, width
		}
	case pattern[0] == '\\' && flags&NoEscape == 0 && len(pattern) > 1:
		if fold(rune(pattern[1]), flags) == fold(rune(c), flags) {
			return 2, 1
		}
		return 0, 0
	}
	if fold(rune(pattern[0]), flags) == fold(rune(c), flags) {
		return 1, 1
	}
	return 0, 0
}

// rune1 is the only character of s; a byte that isn't UTF-8 has no other's number.
func rune1(s string) rune {
	if len(s) == 1 {
		return rune(s[0])
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func fold(r rune, flags Flags) rune {
	if flags&Fold != 0 && r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// bracket matches a bracket expression and returns its length, 0 if the pattern
// has no whole one there: then "[" is an ordinary character.
func bracket(pattern string, c rune, flags Flags) (length int, hit bool) {
	i, negated := 1, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negated = true
		i++
	}
	for first := true; i < len(pattern); first = false {
		switch {
		case pattern[i] == ']' && !first:
			return i + 1, hit != negated
		case pattern[i] == '/' && flags&Pathname != 0:
			return 0, false
		}
		if name, n := Class(pattern[i:]); n > 0 {
			hit = hit || inClass(name, c, flags)
			i += n
			continue
		}
		low, n := element(pattern[i:], flags)
		if n == 0 {
			return 0, false
		}
		i += n
		high := low
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			if high, n = element(pattern[i+1:], flags); n == 0 {
				return 0, false
			}
			i += 1 + n
		}
		hit = hit || between(low, c, high, flags)
	}
	return 0, false
}

// between compares with a range, in either case with Fold.
func between(low, c, high rune, flags Flags) bool {
	if low <= c && c <= high {
		return true
	}
	if l := c | 0x20; flags&Fold != 0 && l >= 'a' && l <= 'z' {
		return low <= l && l <= high || low <= l-0x20 && l-0x20 <= high
	}
	return false
}

// element reads one end of a range: a character, escaped or not, or [=c=] or [.c.].
func element(pattern string, flags Flags) (r rune, length int) {
	if len(pattern) >= 5 && pattern[0] == '[' && (pattern[1] == '=' || pattern[1] == '.') &&
		pattern[3] == pattern[1] && pattern[4] == ']' {
		return rune(pattern[2]), 5
	}
	if pattern[0] == '\\' && flags&NoEscape == 0 {
		if len(pattern) == 1 {
			return 0, 0
		}
		r, length = element(pattern[1:], flags|NoEscape)
		return r, length + 1
	}
	n := size(pattern, flags)
	return rune1(pattern[:n]), n
}

// Class returns the name of the character class "[:name:]" that s starts with, and its
// length there; 0 if it starts with none.
func Class(s string) (name string, length int) {
	if len(s) < 4 || s[0] != '[' || s[1] != ':' {
		return "", 0
	}
	i := 2
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	if i == 2 || i+1 >= len(s) || s[i] != ':' || s[i+1] != ']' {
		return "", 0
	}
	return s[2:i], i + 2
}

func inClass(name string, c rune, flags Flags) bool {
	if flags&Fold != 0 && (name == "upper" || name == "lower") {
		name = "alpha"
	}
	return c < utf8.RuneSelf && Is(name, byte(c))
}

// Is says whether the byte is in the class of that name ("alpha"), in the C locale. No
// byte is in a class that doesn't exist.
func Is(name string, c byte) bool {
	lower, upper, digit := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	switch name {
	case "alpha":
		return lower || upper
	case "alnum":
		return lower || upper || digit
	case "digit":
		return digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return c > ' ' && c < 0x7f && !lower && !upper && !digit
	case "print":
		return c >= ' ' && c < 0x7f
	case "graph":
		return c > ' ' && c < 0x7f
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "xdigit":
		return digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	return false
}
