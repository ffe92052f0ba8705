package svlogd

import "testing"

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, line string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "anything\n", true}, {"abc", "abc", true}, {"abc", "abcd", false},
		{"+a", "aaa", true}, {"+a", "", false}, {"+a", "aab", false}, {"+", "a", false}, {"*b", "aab", true},
		{"*b", "aabb", false}, {"-*pid*", "2005-12-18_09:13:50.97618 tcpsvd: info: pid 1977", false},
		{"*: *: pid *", "tcpsvd: info: pid 1977 from 10.4.1.14\n", true},
	} {
		if got := matches(c.pattern, []byte(c.line)); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.line, got)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("*: +ab*", "x: aab")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		matches(pattern, []byte(line))
		(&logdir{}).setting(append([]byte(pattern), 's')[0], line)
	})
}
