package arping

import (
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

func FuzzAnswers(f *testing.F) {
	x := &arping{Call: &applet.Call{Applet: &Applet, Out: applet.Capture()}, own: make([]byte, 6), other: make([]byte, 6)}
	x.source, x.target = socket.V4(1), socket.V4(2)
	f.Add(x.packet(), true)
	f.Add(x.packet()[:27], false)
	f.Fuzz(func(t *testing.T, p []byte, probe bool) {
		x.probe = probe
		if x.answers(p) && len(p) < arpSize {
			t.Errorf("%x", p)
		}
	})
}
