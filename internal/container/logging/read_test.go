package logging

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// slowJSON is what encoding/json makes of a record.
func slowJSON(b []byte) (Entry, error) {
	var v struct {
		Log    string    `json:"log"`
		Stream string    `json:"stream"`
		Time   time.Time `json:"time"`
	}
	err := json.Unmarshal(b, &v)
	return Entry{Stream: v.Stream, Line: []byte(v.Log), Time: v.Time}, err
}

func sameAsSlow(t *testing.T, b []byte) (fast bool) {
	t.Helper()
	var e Entry
	if !parseJSON(b, &e) {
		return false
	}
	want, err := slowJSON(b)
	if err != nil || string(e.Line) != string(want.Line) || e.Stream != want.Stream || !e.Time.Equal(want.Time) {
		t.Fatalf("%q: got %q %s %v, want %q %s %v, %v", b, e.Line, e.Stream, e.Time, want.Line, want.Stream, want.Time, err)
	}
	return true
}

// Whatever a container prints is read the fast way again, and is what it was.
func TestParseJSON(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, line := range []string{"", "\n", "hello\n", "a \"quoted\" \\ line <&>\t\x00\x1b[0m\r\n", "grüße \u2028 漢字\n", string(all), strings.Repeat("long ", 4000)} {
		l := &jsonLog{file: &file{fd: -1}}
		if err := l.Add(&Entry{Stream: "stderr", Line: []byte(line), Time: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if !sameAsSlow(t, l.buf) {
			t.Errorf("%q is left to encoding/json", l.buf)
		}
	}
	for _, other := range []string{
		`{"log":"x\n","stream":"stdout","attrs":{"a":"b"},"time":"2024-01-02T03:04:05Z"}`, `{"log":"x\n","time":"2024-01-02T03:04:05Z"}`,
		`{"log":"x","stream":"stdout","time":"yesterday"}`, `{"log":"\ud83d\ude00","stream":"stdout","time":"2024-01-02T03:04:05Z"}`,
		`{"log":"x`, `{"log":"\`, `{"log":"\u12`, "{\"log\":\"\xff\",\"stream\":\"stdout\",\"time\":\"2024-01-02T03:04:05Z\"}", "",
	} {
		if sameAsSlow(t, []byte(other)) {
			t.Errorf("%q is read the fast way", other)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"log":"a\u00e4\\ \"b\"\n","stream":"stdout","time":"2024-01-02T03:04:05.123456789Z"}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) { sameAsSlow(t, b) })
}

func BenchmarkDecodeJSON(b *testing.B) {
	line := []byte(`{"log":"this is a log line of a usual length, which has about eighty characters in it ...\n","stream":"stdout","time":"2024-01-02T03:04:05.123456789Z"}` + "\n")
	b.Run("fast", func(b *testing.B) {
		var e Entry
		b.SetBytes(int64(len(line)))
		for range b.N {
			if decodeJSON(line, &e) != nil {
				b.Fatal("not decoded")
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for range b.N {
			if _, err := slowJSON(line); err != nil {
				b.Fatal(err)
			}
		}
	})
}
