package registry

import (
	"net/http"
	"strings"
)

// Challenge is one way to authenticate that a server offers (RFC 9110, 11.6.1).
type Challenge struct {
	Scheme     string // lower case: "bearer", "basic"
	Parameters map[string]string
}

const maxParameters = 32

// challenges reads every WWW-Authenticate header. What does not follow the grammar ends
// the header it stands in.
func challenges(h http.Header) []Challenge {
	var list []Challenge
	for _, line := range h.Values("WWW-Authenticate") {
		list = append(list, ParseChallenge(line)...)
	}
	return list
}

// ParseChallenge reads one header, which may hold several challenges.
func ParseChallenge(line string) []Challenge {
	var list []Challenge
	for rest := line; ; {
		rest = strings.TrimLeft(rest, " \t,")
		scheme, after := token(rest)
		if scheme == "" {
			return list
		}
		c := Challenge{Scheme: strings.ToLower(scheme), Parameters: map[string]string{}}
		rest = strings.TrimLeft(after, " \t")
		for len(c.Parameters) < maxParameters {
			name, value, left, ok := parameter(rest)
			if !ok {
				break
			}
			c.Parameters[strings.ToLower(name)] = value
			rest = strings.TrimLeft(left, " \t")
			if !strings.HasPrefix(rest, ",") {
				break
			}
			rest = strings.TrimLeft(rest, " \t,")
		}
		list = append(list, c)
	}
}

// parameter reads NAME=VALUE or NAME="VALUE".
func parameter(s string) (name, value, rest string, ok bool) {
	name, rest = token(s)
	rest = strings.TrimLeft(rest, " \t")
	if name == "" || !strings.HasPrefix(rest, "=") {
		return "", "", s, false
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	if strings.HasPrefix(rest, `"`) {
		value, rest, ok = quoted(rest[1:])
		return name, value, rest, ok
	}
	value, rest = token(rest)
	return name, value, rest, value != ""
}

// quoted reads up to the closing quote; a backslash takes the next byte as it is.
func quoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// token reads the bytes that need no quotes.
func token(s string) (word, rest string) {
	n := 0
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	return s[:n], s[n:]
}

func isTokenByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$%&'*+-.^_`|~:/", c) >= 0
}
