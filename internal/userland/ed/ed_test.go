package ed

import (
	"strings"
	"testing"

	"bantam/internal/userland/applet"
)

// edit runs a script on lines and returns the buffer.
func edit(lines, script string) (buffer, printed string) {
	out := applet.Capture()
	e := &editor{c: &applet.Call{In: applet.Memory([]byte(script)), Out: out, Err: out}, silent: true}
	for _, s := range strings.Fields(lines) {
		e.lines = append(e.lines, &line{s})
	}
	e.dot = len(e.lines)
	for !e.quit {
		s, ok := e.next()
		if !ok {
			break
		}
		if e.run(s) != "" {
			out.Print("?")
		}
	}
	for _, l := range e.lines {
		buffer += l.text + " "
	}
	return strings.TrimSpace(buffer), string(out.Captured())
}

func TestEdit(t *testing.T) {
	for _, c := range []struct{ lines, script, buffer, printed string }{
		{"a b c", "1d\n", "b c", ""},
		{"a b c", "2,3m0\n", "b c a", ""},
		{"a b c", "1m$\nu\n", "a b c", ""},
		{"a b c", "1,2t$\n=\n.=\n", "a b c a b", "5\n5\n"},
		{"aXb c", "1s/X/\\\n/\n", "a b c", ""},
		{"abab", "s/\\(a\\)\\(b\\)/\\2&\\1/gp\n", "babababa", "babababa\n"},
		{"aaa", "s/a/x/2\n", "axa", ""},
		{"a1 b a2", "g/a/s/a/x/\n", "x1 b x2", ""},
		{"a1 b a2", "v/a/d\n", "a1 a2", ""},
		{"a b c", "/a/;+1p\n'z\n?b?=\n", "a b c", "a\nb\n?2\n"},
		{"a b c", "1,2j\n", "ab c", ""},
		{"a b", "2ka\n0a\nx\n.\n'ap\n", "x a b", "b\n"},
		{"a b c", "1,$c\nz\n.\n", "z", ""},
		{"a b c", "9p\n,n\n-p\n", "a b c", "?1\ta\n2\tb\n3\tc\nb\n"},
		{"a b c", "g/b/i\\\nx\\\n.\n", "a x b c", ""},
	} {
		if buffer, printed := edit(c.lines, c.script); buffer != c.buffer || printed != c.printed {
			t.Errorf("%q of %q: %q %q, want %q %q", c.script, c.lines, buffer, printed, c.buffer, c.printed)
		}
	}
}

func FuzzEdit(f *testing.F) {
	f.Add("1,2d\ns/a/b/g\ng/x/m0\n")
	f.Add("/[^]a]/,$j\n1t.\nu\nz3\n")
	f.Fuzz(func(t *testing.T, script string) {
		if strings.ContainsAny(script, "!rweEW") {
			return // they use files and commands
		}
		edit("a b c aa", script)
	})
}
