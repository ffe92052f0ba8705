package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

func squeeze(t testing.TB, open func(io.Writer) (io.WriteCloser, error), text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bzipped is "hello\n"; Go has no compressor for it.
const bzipped = "BZh91AY&SY\xc1\xc0\x80\xe2\x00\x00\x01A\x00\x00\x10\x02D\xa0\x000\xcd\x00\xc3F)\x97\x17rE8P\x90\xc1\xc0\x80\xe2"

func samples(t testing.TB) map[Format][]byte {
	return map[Format][]byte{
		Plain: []byte("hello\n"),
		Gzip:  squeeze(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, "hello\n"),
		Zstd:  squeeze(t, NewWriter, "hello\n"),
		XZ:    squeeze(t, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }, "hello\n"),
		Bzip2: []byte(bzipped),
	}
}

func TestFormatsByMagic(t *testing.T) {
	for format, b := range samples(t) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if r.Format != format || err != nil || string(got) != "hello\n" {
			t.Errorf("%s: read as %s: %q, %v", format, r.Format, got, err)
		}
	}
}

func TestCutShort(t *testing.T) {
	for format, b := range samples(t) {
		if format == Plain {
			continue
		}
		r, err := NewReader(bytes.NewReader(b[:len(b)-3]))
		if err == nil {
			_, err = io.ReadAll(r)
			r.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), "decompress "+format.String()) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestXZWithHugeDictionary(t *testing.T) {
	b := samples(t)[XZ]
	b[16] = 40
	if _, err := NewReader(bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), "128 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestAheadKeepsBytesAndError(t *testing.T) {
	text := strings.Repeat("0123456789", 300_000)
	broken := errors.New("broken")
	a := NewAhead(context.Background(), io.MultiReader(strings.NewReader(text), failing{broken}))
	defer a.Close()
	got, err := io.ReadAll(a)
	if string(got) != text || !errors.Is(err, broken) {
		t.Errorf("%d bytes, %v; want %d, %v", len(got), err, len(text), broken)
	}
}

func TestAheadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stuck, w := io.Pipe()
	defer w.Close()
	a := NewAhead(ctx, stuck)
	defer a.Close()
	cancel()
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzNewReader(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer r.Close()
		n, err := io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		if r.Format == Plain && (err != nil || n != int64(min(len(b), 1<<20))) {
			t.Errorf("plain: %d of %d bytes, %v", n, len(b), err)
		}
	})
}
