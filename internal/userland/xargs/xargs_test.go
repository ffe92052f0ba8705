package xargs

import (
	"testing"

	"bantam/internal/userland/applet"
)

func FuzzQuoted(f *testing.F) {
	f.Add([]byte("a 'b c' \"d\" \\e\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := applet.Memory(data)
		for range len(data) + 1 {
			word, ok, wrong := quoted(in, 1000)
			if !ok || wrong != "" {
				return
			}
			if word == "" {
				t.Errorf("%q: an empty word", data)
			}
		}
		t.Errorf("%q: no end", data)
	})
}
