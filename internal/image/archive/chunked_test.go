package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

func gzipOf(t testing.TB, level int, parts ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		w, err := gzip.NewWriterLevel(&b, level)
		if err == nil {
			w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
			_, err = w.Write(p)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// mixed is text and noise.
func mixed(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		if b[i] = "abcdefgh"[r.IntN(8)]; i/1000%3 == 0 {
			b[i] = byte(r.Uint32())
		}
	}
	return b
}

// TestGunzip: every kind of block, several members, and readers that give as little as they may.
func TestGunzip(t *testing.T) {
	data := mixed(400_000)
	for level := -2; level <= 9; level++ {
		b := gzipOf(t, level, data[:1], data[1:100_000], nil, data[100_000:])
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
			if got, err := io.ReadAll(newGunzip(r)); err != nil || !bytes.Equal(got, data) {
				t.Errorf("level %d: %d bytes of %d, %v", level, len(got), len(data), err)
			}
		}
	}
}

// TestGunzipWrong: what is cut, changed or followed by something is an error.
func TestGunzipWrong(t *testing.T) {
	b := gzipOf(t, 6, mixed(3000))
	for n := range b {
		if _, err := io.ReadAll(newGunzip(bytes.NewReader(b[:n]))); err == nil {
			t.Fatalf("the first %d bytes of %d are no error", n, len(b))
		}
	}
	sum := bytes.Clone(b)
	sum[len(sum)-8] ^= 1
	if _, err := io.ReadAll(newGunzip(bytes.NewReader(sum))); err == nil {
		t.Error("a wrong checksum is no error")
	}
	if _, err := io.ReadAll(newGunzip(bytes.NewReader(append(bytes.Clone(b), 0, 0, 0)))); !errors.Is(err, errTrailing) {
		t.Errorf("what follows: %v", err)
	}
	broken := errors.New("broken")
	if _, err := io.ReadAll(newGunzip(io.MultiReader(bytes.NewReader(b[:900]), iotest.ErrReader(broken)))); !errors.Is(err, broken) {
		t.Errorf("a source that fails: %v", err)
	}
}

// FuzzGunzip: the same as the standard library's.
func FuzzGunzip(f *testing.F) {
	for level := range 3 {
		f.Add(gzipOf(f, level*4, mixed(5000)))
		f.Add(gzipOf(f, level*4, []byte("a"), bytes.Repeat([]byte("abc"), 2000)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := io.ReadAll(io.LimitReader(newGunzip(bytes.NewReader(b)), 1<<22))
		z, bad := gzip.NewReader(bytes.NewReader(b))
		var want []byte
		if bad == nil {
			want, bad = io.ReadAll(io.LimitReader(z, 1<<22))
		}
		if bad == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%d bytes, %v; the standard library has %d", len(got), err, len(want))
		}
	})
}
