package option

import (
	"strings"
	"testing"
)

// Whatever the words, parsing ends, and what it leaves are words that were given.
func FuzzParse(f *testing.F) {
	f.Add("-it --name x image -x")
	f.Add("-m=1g --env A --")
	f.Fuzz(func(t *testing.T, line string) {
		var g got
		words := strings.Split(line, " ")
		rest, err := set(&g, true).Parse(words)
		if err != nil {
			return
		}
		given := map[string]bool{}
		for _, w := range words {
			given[w] = true
		}
		for _, r := range rest {
			if !given[r] {
				t.Errorf("%q left %q, which was not given", line, r)
			}
		}
	})
}
