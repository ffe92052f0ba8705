package width

import "testing"

func TestString(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "äöü": 3, "日本": 4, "e\u0301": 1, "\xff\xff": 2, "\x01": 1, "🙂x": 3, "│─": 2} {
		if got := String(s); got != want {
			t.Errorf("%q takes %d columns, want %d", s, got, want)
		}
	}
	for i := 1; i < len(wide); i++ {
		if wide[i][0] <= wide[i-1][1] || wide[i][0] > wide[i][1] {
			t.Errorf("%x is out of order", wide[i])
		}
	}
}
