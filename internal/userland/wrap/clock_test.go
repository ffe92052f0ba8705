package wrap

import "testing"

func TestClock(t *testing.T) {
	for ms, want := range map[int64]string{0: "0m 0.00s", 1234: "0m 1.23s", 61999: "1m 1.99s", 3723000: "1h 2m 03s"} {
		if got := clock(ms); got != want {
			t.Errorf("%d is %s, want %s", ms, got, want)
		}
	}
}
