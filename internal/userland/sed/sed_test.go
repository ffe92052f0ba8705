package sed

import (
	"bytes"
	"testing"

	"bantam/internal/userland/applet"
)

// edited runs a script on a text, as the shell would, and returns what it prints.
func edited(script, text string) string {
	out, errs := applet.Capture(), applet.Capture()

	new(applet.Call).Inside(&Applet, []string{"sed", "--", script}, nil, applet.Memory([]byte(text)), out, errs)
	return string(out.Captured())
}

func TestInside(t *testing.T) {
	if got := edited("$!d;s/b/c/", "a\nb\n"); got != "c\n" {
		t.Errorf("%q", got)
	}
}

// A script that ends on every input is found by its commands: none that write files, and
// no loop.
func FuzzSed(f *testing.F) {
	f.Add("2,/a\\|b/{s/\\(a\\)\\1*/<&\\1>/2g;N;P;D}", "a\naa\nb\n")
	f.Add("y/abc/def/;$!{H;x;G};l 5;=", "abc\n")
	f.Add("1~2i\\\n  x\\\ny\n0,/a/c z", "a\nb\n")
	f.Fuzz(func(t *testing.T, script, text string) {
		if len(script) > 100 || len(text) > 100 || bytes.ContainsAny([]byte(script), "rRwWtTbDf") {
			return
		}
		edited(script, text)
	})
}
