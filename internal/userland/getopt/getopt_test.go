package getopt

import (
	"strings"
	"testing"

	"bantam/internal/userland/applet"
)

func FuzzParse(f *testing.F) {
	f.Add("ab:c::", "one,two:", "-ab x --one --two=y -c")
	f.Add("a", "a", "-a --=")
	f.Fuzz(func(t *testing.T, short, longs, args string) {
		c := applet.Call{Out: applet.Capture(), Err: applet.Capture()}
		for _, alternative := range []bool{false, true} {
			p := parser{c: &c, short: short, alternative: alternative, quiet: true}
			p.addLong(longs)
			p.parse(strings.Split(args, " "))
		}
	})
}
