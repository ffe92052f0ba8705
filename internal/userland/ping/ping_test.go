package ping

import (
	"testing"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 7, 0, 1, 1, 2, 3, 4}, false)
	f.Add([]byte{129, 0, 0, 0, 0, 7, 0, 1}, true)
	f.Fuzz(func(t *testing.T, b []byte, six bool) {
		if len(b) < headerSize {
			return
		}
		p := &ping{
			Call: &applet.Call{Applet: &Applet, In: applet.Memory(nil), Out: applet.Capture(), Err: applet.Capture()},
			raw:  true, id: 7, begin: time.Now(), least: -1,
		}
		p.to.IP = socket.V4(1)
		if six {
			p.to.IP = socket.From(make([]byte, 16))
		}
		first, second := p.unpack(b, p.to.IP, 1), p.unpack(b, p.to.IP, 1)
		if first != second || first && (p.received != 1 || p.repeats != 1) {
			t.Error(first, second, p.received, p.repeats)
		}
	})
}
