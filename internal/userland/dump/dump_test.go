package dump

import "testing"

func FuzzFormat(f *testing.F) {
	for _, s := range []string{`16/1 "%02x|""\n"`, `"%07.7_ax " 8/2 "%04x " "\n"`, `2/4 "%#-10x%%" 1/8 "%e"`, `"%_Ad %3_u%s"`, `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		units, _ := parseFormat(s)
		for _, u := range units {
			for _, p := range u.pieces {
				if p.kind != 0 && p.size < 1<<17 && p.width < 1<<17 && p.kind != 'a' && p.kind != 'A' {
					p.spread(p.value(make([]byte, p.size)))
				}
			}
		}
	})
}
