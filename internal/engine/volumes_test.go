package engine

import (
	"strings"
	"testing"
)

// Whatever stands behind -v and --mount, a destination is absolute, clean and not the root.
func FuzzVolumeOptions(f *testing.F) {
	for _, s := range []string{"/a:/b:ro,z", "vol:/b:nocopy,U", "/b", "type=volume,src=v0,dst=/x,volume-opt=o=a,volume-subpath=a/b", "type=image,src=i,dst=/x,image-subpath=..", "\"a\"\"\",x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := parseBind(s); err == nil && !goodPlace(m.Destination) {
			t.Errorf("-v %q goes to %q", s, m.Destination)
		}
		if strings.Contains(s, "bind") {
			return // may make the source
		}
		if m, err := parseMount(s); err == nil && !goodPlace(m.Destination) {
			t.Errorf("--mount %q goes to %q", s, m.Destination)
		}
	})
}

func goodPlace(p string) bool { return len(p) > 1 && p[0] == '/' && !strings.Contains(p+"/", "/../") }
