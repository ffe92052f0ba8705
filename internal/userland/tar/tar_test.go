package tar

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
)

func members(data []byte) (names []string, err error) {
	r := reader{source: archive.NewSource(applet.Memory(data)), warn: func(string) {}}
	for {
		e, end, err := r.member()
		if err != nil || end {
			return names, err
		}
		if e == nil {
			continue
		}
		names = append(names, e.Name)
		if _, err := r.source.Copy(e.Size, func([]byte) error { return nil }); err != nil {
			return names, err
		}
	}
}

func sample(t testing.TB, format tar.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "a", Size: 5}, {Name: "d/", Typeflag: tar.TypeDir}, {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "a"},
		{Name: strings.Repeat("n/", 90) + "f"}, {Name: "h", Typeflag: tar.TypeLink, Linkname: "a"},
	} {
		h.Format = format
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write(make([]byte, h.Size))
	}
	w.Close()
	return b.Bytes()
}

func TestMembers(t *testing.T) {
	for _, f := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		names, err := members(sample(t, f))
		if err != nil || len(names) != 5 || names[4] != "h" || len(names[3]) != 181 {
			t.Errorf("%v: %q, %v", f, names, err)
		}
	}
}

func TestOctal(t *testing.T) {
	for text, want := range map[string]int64{
		"0000644\x00": 0o644, "   644 \x00": 0o644, "\x00\x00": 0, "\x80\x00\x00\x01": 1, "\xff\xff\xff\xfe": -2, "7777": 0o7777,
	} {
		if got, err := octal([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	if _, err := octal([]byte("12x4")); err != errOctal {
		t.Error(err)
	}
	for _, v := range []int64{0, 1, 0o7777777, 1 << 40, 1 << 60} {
		var field [12]byte
		putNumber(field[:], v)
		if got, err := octal(field[:]); err != nil || got != v {
			t.Errorf("%d: %d, %v", v, got, err)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		f.Add(sample(f, format))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// The sums would keep all changes out.
		for i := 0; i+blockSize <= len(data); i += blockSize {
			h := data[i : i+blockSize]
			sum := 8 * int(' ')
			for j, b := range h {
				if j < 148 || j >= 156 {
					sum += int(b)
				}
			}
			putNumber(h[148:155], int64(sum))
		}
		members(data)
	})
}
