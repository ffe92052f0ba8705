package glob

import (
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		flags         Flags
		want          bool
	}{
		{"", "", 0, true},
		{"", "a", 0, false},
		{"abc", "abc", 0, true},
		{"a?c", "abc", 0, true},
		{"a?c", "ac", 0, false},
		{"*", "", 0, true},
		{"*", "anything/at.all", 0, true},
		{"*.c", "x.c", 0, true},
		{"*.c", "x.c.d", 0, false},
		{"a*b*c", "aXbYbZc", 0, true},
		{"a*b*c", "aXbYbZ", 0, false},
		{"[abc]x", "bx", 0, true},
		{"[!abc]x", "bx", 0, false},
		{"[^abc]x", "dx", 0, true},
		{"[a-c-]", "-", 0, true},
		{"[]a]", "]", 0, true},
		{"[!]a]", "]", 0, false},
		{"[]-a]", "^", 0, true},
		{"[a-", "[a-", 0, true},
		{"[", "[", 0, true},
		{"[[:digit:]]", "5", 0, true},
		{"[[:digit:][:upper:]_]*", "_x", 0, true},
		{"[[:nothing:]]", "n", 0, false},
		{"[[=a=]b]", "a", 0, true},
		{"[[.-.]-/]", ".", 0, true},
		{`[\]]`, "]", 0, true},
		{`[\]`, `\`, NoEscape, true},
		{`\*`, "*", 0, true},
		{`\*`, "x", 0, false},
		{`\*`, `\x`, NoEscape, true},
		{`a\`, `a\`, 0, true},
		{"a*", "a/b", Pathname, false},
		{"a?b", "a/b", Pathname, false},
		{"a[/]b", "a/b", Pathname, false},
		{"a[/]b", "a/b", 0, true},
		{"*/*", "a/b", Pathname, true},
		{"*/*", "a/b/c", Pathname, false},
		{"*", ".x", Period, false},
		{"?x", ".x", Period, false},
		{"[.]x", ".x", Period, false},
		{".*", ".x", Period, true},
		{"*", "a/.x", Period, true},
		{"*/*", "a/.x", Period | Pathname, false},
		{"*/.*", "a/.x", Period | Pathname, true},
		{"ABC", "abc", Fold, true},
		{"[A-C]", "b", Fold, true},
		{"[a-c]", "B", Fold, true},
		{"[[:upper:]]", "b", Fold, true},
		{"abc", "abc/d", LeadingDir, true},
		{"*", "abc/d", LeadingDir | Pathname, true},
		{"ab", "abc/d", LeadingDir, false},
		{"?", "é", UTF8, true},
		{"?", "é", 0, false},
		{"[è-ê]", "é", UTF8, true},
		{"*é", "éé", UTF8, true},
		{"?", "\xff", UTF8, true},
	} {
		if got := Match(c.pattern, c.name, c.flags); got != c.want {
			t.Errorf("Match(%q, %q, %d) = %v", c.pattern, c.name, c.flags, got)
		}
	}
}

// A pattern of many stars is no denial of service.
func TestHostile(t *testing.T) {
	start := time.Now()
	if Match(strings.Repeat("a*", 5000)+"b", strings.Repeat("a", 20000), 0) {
		t.Error("matched")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a[!b-d]*?", "axyz", uint8(0))
	f.Add("[[:alpha:]", "a", uint8(0xff))
	f.Fuzz(func(t *testing.T, pattern, name string, flags uint8) {
		if len(pattern)+len(name) > 1000 {
			return
		}
		Match(pattern, name, Flags(flags))
		if f := Flags(flags) &^ (Pathname | Period | Fold); !strings.ContainsAny(pattern, `*?[\`) &&
			Match(pattern, name, f&^LeadingDir) != (pattern == name) {
			t.Errorf("%q is itself and nothing else, but not %q", pattern, name)
		}
	})
}
