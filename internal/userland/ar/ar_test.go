package ar

import (
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
)

func FuzzMembers(f *testing.F) {
	f.Add([]byte("!<arch>\na/              0           0     0     100644  2         `\nx\n"))
	f.Add([]byte("!<arch>\n//                                              4         `\nab/\n/0              0           0     0     100644  0         `\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{source: archive.NewSource(applet.Memory(data))}
		if r.begin() != nil {
			return
		}
		for {
			if e, err := r.member(); e == nil || err != nil {
				return
			}
		}
	})
}
