package escape

import "testing"

func TestExpand(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "abc", `a\nb`: "a\nb", `\`: `\`, `\\`: `\`, `\q`: `\q`, `\101\60`: "A0",
		`\1234`: "S4", `\x41g`: "Ag", `\x`: `\x`, `\777`: "?7", `\0`: "\x00", `\e[`: "\x1b[", `\x414`: "A4",
	} {
		if got := Expand(in); got != want {
			t.Errorf("Expand(%q) = %q, want %q", in, got, want)
		}
	}
}
