package printable

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct {
		name, want string
		width      int
	}{
		{"", "", 0}, {"plain", "plain", 5}, {"a\nb\x7f", "a?b?", 4}, {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 4},
		{"\xe2\x82\xac", "?", 1}, {"\x80\xc3", "??", 2}, {"\xc3x", "?x", 2}, {"\xf8\x88\x80\x80\x80!", "?!", 2}, {"\xc2\x85", "?", 1},
	} {
		if got, width := Name(c.name); got != c.want || width != c.width {
			t.Errorf("%q: %q, %d", c.name, got, width)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("\xf8\x88\x80")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []byte(first(Name(s))) {
			if c < ' ' || c == 0x7f {
				t.Errorf("%q", s)
			}
		}
	})
}

func first(s string, _ int) string { return s }
