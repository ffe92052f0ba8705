package patch

import (
	"bytes"
	"testing"

	"bantam/internal/userland/applet"
)

func FuzzHunks(f *testing.F) {
	f.Add([]byte("--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n+b\n c\n\\ No newline at end of file\n"), "a\nc")
	f.Add([]byte("@@ -0,0 +1 @@\n+x"), "")
	f.Fuzz(func(t *testing.T, diff []byte, old string) {
		p := patch{in: applet.Memory(bytes.Clone(diff))}
		file := parse(old)
		for n := 1; ; n++ {
			h := p.hunk(n)
			if h == nil {
				if _, ok := p.next(); !ok {
					break
				}
				continue
			}
			file.reversed(h)
			file.apply(h)
			h.turn()
		}
		_ = file.string()
	})
}

func TestTextKeeps(t *testing.T) {
	for _, s := range []string{"", "\n", "a", "a\n", "a\n\nb", "\n\n"} {
		if got := parse(s).string(); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
