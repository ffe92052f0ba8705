package encoding

import (
	"bytes"
	"testing"

	"bantam/internal/userland/applet"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte("begin 644 x\n#86)C\n`\nend\n"))
	f.Add([]byte("begin-base64 644 x\nYWJj\n====\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decode := range []func(*applet.Out, *applet.In) string{uuText, baseText} {
			decode(applet.Capture(), applet.Memory(bytes.Clone(data)))
		}
		begin(string(data))
		for _, b := range []*base{{standard, 6, 3, 4}, {letters, 5, 5, 8}} {
			text := applet.Capture()
			b.encode(text, applet.Memory(bytes.Clone(data)), 76)
			back := applet.Capture()
			d := decoder{base: b}
			d.prepare()
			if !d.copy(back, applet.Memory(text.Captured())) || !bytes.Equal(back.Captured(), data) {
				t.Errorf("%q isn't %q", back.Captured(), data)
			}
			(&decoder{base: b, ignore: true}).copy(applet.Capture(), applet.Memory(bytes.Clone(data)))
		}
	})
}
