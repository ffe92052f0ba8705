package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
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

// bzipped is "hello\n"; Go has no compressor for it. xzed is the same as xz(1) makes it.
const bzipped = "BZh91AY&SY\xc1\xc0\x80\xe2\x00\x00\x01A\x00\x00\x10\x02D\xa0\x000\xcd\x00\xc3F)\x97\x17rE8P\x90\xc1\xc0\x80\xe2"

const xzed = "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x05\x68\x65\x6c\x6c\x6f\x0a\x00\x00\x00\xa5\x60\x97\xf1\x94\xf6\xfd\xe0\x00\x01\x1e\x06\xc1\x2f\xa4\x1d\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a"

func samples(t testing.TB) map[Format][]byte {
	return map[Format][]byte{
		Plain: []byte("hello\n"),
		Gzip:  squeeze(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, "hello\n"),
		Zstd:  squeeze(t, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }, "hello\n"),
		XZ:    []byte(xzed),
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
		for n := MagicLen; n < len(b); n++ {
			if _, err := read(b[:n]); err == nil || err.Error() != "decompress "+format.String()+": the stream is cut short: unexpected EOF" {
				t.Errorf("%s, %d of %d bytes: %v", format, n, len(b), err)
			}
		}
	}
}

// read is what a stream decompresses to.
func read(b []byte) (string, error) {
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	return string(got), err
}

// TestFollowed: another stream behind the first belongs to it, as do the zeros that xz allows there; anything else is an error.
func TestFollowed(t *testing.T) {
	for format, b := range samples(t) {
		if format == Plain {
			continue
		}
		if got, err := read(append(bytes.Clone(b), b...)); err != nil || got != "hello\nhello\n" {
			t.Errorf("%s, twice: %q, %v", format, got, err)
		}
		for name, rest := range map[string]string{"text": "trailing data", "one byte": "x", "zeros": strings.Repeat("\x00", 512)} {
			got, err := read(append(bytes.Clone(b), rest...))
			switch {
			case format == XZ && name == "zeros":
				if err != nil || got != "hello\n" {
					t.Errorf("%s, %s: %q, %v", format, name, got, err)
				}
			case name == "one byte" && errors.Is(err, io.ErrUnexpectedEOF): // it could have been another stream
			case err == nil || err.Error() != "decompress "+format.String()+": something else follows the end of the stream":
				t.Errorf("%s, %s: %q, %v", format, name, got, err)
			}
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
