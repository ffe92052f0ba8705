package pad

import "testing"

func TestShort(t *testing.T) {
	for _, c := range []struct {
		n     uint64
		width int
		want  string
	}{
		{0, 4, "   0"}, {9999, 4, "9999"}, {10000, 4, "9.7m"}, {102400, 4, "100m"}, {10240, 4, " 10m"},
		{1 << 40, 4, "1.0p"}, {99999, 5, "99999"}, {100000, 5, "97.6m"}, {1 << 20, 5, "1024m"},
	} {
		if got := Short(c.n, c.width, " mgtpezy"); got != c.want {
			t.Errorf("Short(%d, %d) = %q, want %q", c.n, c.width, got, c.want)
		}
	}
}

func TestFill(t *testing.T) {
	for _, c := range [][2]string{
		{Left("ab", 4), "  ab"}, {Right("ab", 4), "ab  "}, {Left("abc", 2), "abc"}, {Cut("abc", 2), "ab"},
		{Cut("abc", 9), "abc"}, {Int(-5, 4), "  -5"}, {Zero(7, 2), "07"}, {Fixed(5, 2), "0.05"}, {Fixed(1234, 2), "12.34"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
	if len(Spaces(200)) != 200 {
		t.Error("200 spaces")
	}
}
