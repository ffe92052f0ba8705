package tr

import "testing"

func FuzzSet(f *testing.F) {
	for _, s := range []string{"a-z", "[:alpha:]", "[=a=]", `\n-\177`, "[a-", "[:", `\`, "-", "a-\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		bytes, ok := set(s)
		if !ok && bytes != nil {
			t.Errorf("%q: a wrong set has bytes", s)
		}
		if in := complement(bytes); len(in) > 256 {
			t.Errorf("%q: a complement of %d", s, len(in))
		}
	})
}
