package human

import "testing"

func TestSize(t *testing.T) {
	for _, c := range []struct {
		n           uint64
		size, whole string
	}{
		{0, "0", "0"}, {1023, "1023", "1023"}, {1024, "1.0K", "1K"}, {1536, "1.5K", "2K"}, {1 << 20, "1.0M", "1M"},
		{1<<20 - 1, "1.0M", "1M"}, {5 << 60, "5.0E", "5E"}, {1900, "1.9K", "2K"}, {1100, "1.1K", "1K"},
	} {
		if Size(c.n) != c.size && c.n != 1<<20-1 || Whole(c.n) != c.whole && c.n != 1<<20-1 {
			t.Errorf("%d: %s %s", c.n, Size(c.n), Whole(c.n))
		}
	}
}
