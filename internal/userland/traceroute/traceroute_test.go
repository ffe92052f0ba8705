package traceroute

import (
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

func FuzzExamine(f *testing.F) {
	quoted := append(append([]byte{0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17}, make([]byte, 10)...), 0, 7, 0x82, 0x9b, 0, 10, 0, 0)
	f.Add(append(append(append([]byte{0x45}, make([]byte, 19)...), 11, 0, 0, 0, 0, 0, 0, 0), quoted...), false, false)
	f.Add([]byte{129, 0, 0, 0, 0, 7, 0, 1}, true, true)
	f.Fuzz(func(t *testing.T, p []byte, six, echo bool) {
		x := &trace{Call: &applet.Call{Applet: &Applet, Out: applet.Capture()}, port: 33434, id: 7, echo: echo}
		x.to.IP = socket.V4(1)
		if six {
			x.to.IP = socket.From(make([]byte, 16))
		}
		x.examine(p, 1)
	})
}
