package shell

import (
	"strings"

	"bantam/internal/userland/applet/glob"
)

// plainPattern returns the text that a pattern without active characters stands for.
func plainPattern(pattern string) (string, bool) {
	if strings.IndexByte(pattern, '\\') < 0 {
		return pattern, !strings.ContainsAny(pattern, "*?[")
	}
	var out []byte
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*' || c == '?' || c == '[':
			return "", false
		case c == '\\' && i+1 < len(pattern):
			i++
		}
		out = append(out, pattern[i])
	}
	return string(out), true
}

// trimLeft returns where what remains after ${value#pattern} begins.
func trimLeft(value, pattern string, long bool) int {
	if text, ok := plainPattern(pattern); ok {
		if strings.HasPrefix(value, text) {
			return len(text)
		}
		return 0
	}
	if pattern[0] == '*' {
		if text, ok := plainPattern(pattern[1:]); ok {
			i := strings.Index(value, text)
			if long {
				i = strings.LastIndex(value, text)
			}
			return max(i+len(text), 0) * b2i(i >= 0)
		}
	}
	if long {
		for n := len(value); n > 0; n-- {
			if glob.Match(pattern, value[:n], 0) {
				return n
			}
		}
		return 0
	}
	for n := 0; n <= len(value); n++ {
		if glob.Match(pattern, value[:n], 0) {
			return n
		}
	}
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// trimRight returns where what remains after ${value%pattern} ends.
func trimRight(value, pattern string, long bool) int {
	if text, ok := plainPattern(pattern); ok {
		if strings.HasSuffix(value, text) {
			return len(value) - len(text)
		}
		return len(value)
	}
	if last := len(pattern) - 1; pattern[last] == '*' {
		if text, ok := plainPattern(pattern[:last]); ok && !strings.HasSuffix(pattern, "\\*") {
			i := strings.LastIndex(value, text)
			if long {
				i = strings.Index(value, text)
			}
			if i >= 0 {
				return i
			}
			return len(value)
		}
	}
	if long {
		for n := 0; n <= len(value); n++ {
			if glob.Match(pattern, value[n:], 0) {
				return n
			}
		}
		return len(value)
	}
	for n := len(value); n >= 0; n-- {
		if glob.Match(pattern, value[n:], 0) {
			return n
		}
	}
	return len(value)
}

// replaceAll is ${value/pattern/replacement}, of all matches or of the first.
func replaceAll(value, pattern, replacement string, all bool) string {
	if pattern == "" {
		return value
	}
	if text, ok := plainPattern(pattern); ok {
		n := 1
		if all {
			n = -1
		}
		return strings.Replace(value, text, replacement, n)
	}
	var out strings.Builder
	for from := 0; from <= len(value); {
		n := longest(value[from:], pattern)
		if n < 0 {
			if pattern[0] == '*' || from == len(value) {
				out.WriteString(value[from:])
				break
			}
			out.WriteByte(value[from])
			from++
			continue
		}
		out.WriteString(replacement)
		from += n
		if !all || from == len(value) {
			out.WriteString(value[from:])
			break
		}
		if n == 0 {
			out.WriteByte(value[from])
			from++
		}
	}
	return out.String()
}

// longest is the length of the longest beginning of s that matches, -1 for none.
func longest(s, pattern string) int {
	if c := pattern[0]; c != '*' && c != '?' && c != '[' && c != '\\' && (s == "" || s[0] != c) {
		return -1
	}
	if pattern[len(pattern)-1] == '*' && !strings.HasSuffix(pattern, "\\*") {
		if glob.Match(pattern, s, 0) {
			return len(s)
		}
		return -1
	}
	for n := len(s); n >= 0; n-- {
		if glob.Match(pattern, s[:n], 0) {
			return n
		}
	}
	return -1
}
