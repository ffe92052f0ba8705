package cpio

import (
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
)

func FuzzHeader(f *testing.F) {
	zeros := "00000000000000000000000000000000000000000000000000000000"
	f.Add([]byte("070701000000010000A1FF" + zeros[:32] + "00000003" + zeros[:32] + "0000000200000000a\x00abc\x00"))
	f.Add([]byte("070701" + zeros + zeros[:32] + "0000000B00000000TRAILER!!!\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := archive.NewSource(applet.Memory(data))
		for {
			e, _, _, err := readHeader(s)
			if e == nil || err != nil || s.Skip(e.Size) != nil {
				return
			}
		}
	})
}
