package number

import "testing"

func TestSigned(t *testing.T) {
	for _, c := range []struct {
		s     string
		want  int64
		wrong string
	}{
		{"5", 5, ""}, {"-20", -20, ""}, {"+5", 0, "invalid number '+5'"}, {"", 0, "invalid number ''"}, {"5x", 0, "invalid number '5x'"},
		{"21", 0, "number 21 is not in -20..20 range"}, {"99999999999999999999", 0, "number 99999999999999999999 is not in -20..20 range"},
	} {
		if n, wrong := Signed(c.s, -20, 20); n != c.want || wrong != c.wrong {
			t.Errorf("%q is %d %q", c.s, n, wrong)
		}
	}
}
