package reference

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const sum = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestShortNames(t *testing.T) {
	for in, want := range map[string][2]string{
		"busybox":                       {"docker.io/library/busybox:latest", "busybox:latest"},
		"busybox:1":                     {"docker.io/library/busybox:1", "busybox:1"},
		"a/b":                           {"docker.io/a/b:latest", "a/b:latest"},
		"docker.io/busybox":             {"docker.io/library/busybox:latest", "busybox:latest"},
		"index.docker.io/library/x":     {"docker.io/library/x:latest", "x:latest"},
		"localhost/x":                   {"localhost/x:latest", "localhost/x:latest"},
		"localhost:5000/x:y":            {"localhost:5000/x:y", "localhost:5000/x:y"},
		"Host/x":                        {"Host/x:latest", "Host/x:latest"},
		"[::1]:80/x":                    {"[::1]:80/x:latest", "[::1]:80/x:latest"},
		"a.b/c__d/e.f---g@" + sum:       {"a.b/c__d/e.f---g@" + sum, "a.b/c__d/e.f---g@" + sum},
		"docker.io/library/a/b:V_1.2-3": {"docker.io/library/a/b:V_1.2-3", "library/a/b:V_1.2-3"},
	} {
		r, err := Parse(in)
		r = r.Tagged()
		if err != nil || r.String() != want[0] || r.Familiar() != want[1] {
			t.Errorf("%s: %s, %s, %v; want %v", in, r, r.Familiar(), err, want)
		}
	}
}

func TestInvalid(t *testing.T) {
	for _, in := range []string{
		"", ":", "a:", ":a", "a b", "a//b", "/a", "a/", "-a", "a-", "a..b", "a___b", "a:b c", "a@", "a@sha256:12",
		"a:-x", "a\x10", "a/\x10b", "a:\x11", "../a", "a/../b", "a.b:x/c", "[::1/x", "x:" + strings.Repeat("t", 129),
	} {
		if r, err := Parse(in); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v, %v; want %v", in, r, err, ErrInvalid)
		}
	}
	for in, want := range map[string]string{
		"docker.io/Busybox":                "repository name (library/Busybox) must be lowercase",
		strings.Repeat("a", 256):           "255 characters",
		strings.TrimPrefix(sum, "sha256:"): "64-byte hexadecimal",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

// FuzzParse: a name that is accepted reads the same from what is printed, and
// holds nothing that could lead out of a folder.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "a/b:c", "h:1/p@" + sum, "A/b", "[::1]/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			return
		}
		for _, text := range []string{r.String(), r.Familiar()} {
			if again, err := Parse(text); err != nil && len(text) != 64 || err == nil && again != r {
				t.Errorf("%q: printed as %q, read as %v, %v", s, text, again, err)
			}
		}
		parts := append(strings.Split(r.Domain+"/"+r.Path, "/"), r.Tag) // a tag may end with dots
		if slices.Contains(parts, "..") || slices.Contains(parts, ".") || strings.ContainsAny(r.String(), "%\x00 \n") {
			t.Errorf("%q: accepted as %q", s, r)
		}
	})
}
