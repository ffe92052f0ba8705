package number

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Second, "1.5": 1500 * time.Millisecond, ".25s": 250 * time.Millisecond, "2m": 2 * time.Minute,
		"1.5h": 90 * time.Minute, "1d": 24 * time.Hour, "99999999999999999999": 1<<63 - 1, "5.": 5 * time.Second,
	} {
		if d, wrong := Duration(s); d != want || wrong != "" {
			t.Errorf("%q is %v %q, want %v", s, d, wrong, want)
		}
	}
	for _, s := range []string{"", "s", ".", "x", "1x", "-1", "+1", "1.2.3", "1 ", "1ss"} {
		if d, wrong := Duration(s); wrong == "" {
			t.Errorf("%q is %v", s, d)
		}
	}
}
