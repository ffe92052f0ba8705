package unzip

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"bantam/internal/userland/applet"
)

func FuzzArchive(f *testing.F) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"a", "d/b"} {
		file, err := w.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		file.Write([]byte("hello hello hello"))
	}
	w.Close()
	f.Add(b.Bytes(), true)
	f.Add([]byte("PK\x03\x04\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00axPK\x01\x02"), false)
	path := filepath.Join(f.TempDir(), "a.zip")
	f.Fuzz(func(t *testing.T, data []byte, file bool) {
		in := applet.Memory(data)
		if file {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var err error
			if in, err = applet.Open(path); err != nil {
				t.Fatal(err)
			}
		}
		var r reader
		r.open(in)
		defer r.close()
		c := &applet.Call{Out: applet.Capture(), Err: applet.Capture()}
		for range 100 {
			m, err := r.next()
			if m == nil || err != nil {
				return
			}
			left := 1 << 20
			r.data(c, m, func(p []byte) error {
				left -= len(p)
				return nil
			})
			r.skip(m)
		}
	})
}
