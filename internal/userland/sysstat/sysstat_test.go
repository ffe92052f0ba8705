package sysstat

import "testing"

func TestHundredths(t *testing.T) {
	for _, c := range []struct {
		n, total uint64
		want     string
	}{{1, 3, "  33.33"}, {0, 0, "   0.00"}, {2, 2, " 100.00"}, {1, 10000, "   0.01"}} {
		if got := hundredths(c.n, c.total, 7); got != c.want {
			t.Errorf("%d of %d: %q", c.n, c.total, got)
		}
	}
}

func TestNumbered(t *testing.T) {
	all := []source{{"1", []uint64{3, 4}}, {"NMI", []uint64{100, 100}}, {"27", []uint64{5, 6}}}
	if numbered(all, 1) != 10 || numbered(all, 2) != 0 {
		t.Error(numbered(all, 1))
	}
	if named("a 1\nab 2\nb 3", "ab ") != 2 || named("a 1", "b ") != 0 {
		t.Error("named")
	}
}
