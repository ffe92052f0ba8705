package engine

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	now := time.Unix(10_000, 0)
	for text, want := range map[string]time.Time{
		"":                     {},
		"42m":                  now.Add(-42 * time.Minute),
		"1h30m":                now.Add(-90 * time.Minute),
		"1136073845":           time.Unix(1136073845, 0),
		"1136073845.5":         time.Unix(1136073845, 5e8),
		"2013-01-02T13:23:37Z": time.Date(2013, 1, 2, 13, 23, 37, 0, time.UTC),
		"2013-01-02":           time.Date(2013, 1, 2, 0, 0, 0, 0, time.Local),
	} {
		if got, err := ParseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, bad := range []string{"x", "2013-13-02", "-5.x"} {
		if got, err := ParseTime(bad, now); err == nil {
			t.Errorf("ParseTime(%q) = %v, want an error", bad, got)
		}
	}
}
