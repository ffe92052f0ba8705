package deflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"math/rand"
	"os"
	"testing"

	"bantam/internal/compress/inflate"
	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

// samples are contents of different kinds.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	random := make([]byte, 600_000)
	r := rand.New(rand.NewSource(1))
	r.Read(random)
	few := make([]byte, 700_000)
	for i := range few {
		few[i] = "ab"[r.Intn(2)]
	}
	var skewed []byte
	for i := range 30 {
		skewed = append(skewed, bytes.Repeat([]byte{byte(i)}, 1<<min(i, 16))...)
	}
	r.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	var words []byte
	for len(words) < 800_000 {
		words = append(words, "the quick brown fox jumps over a lazy dog of mine and then it sleeps"[r.Intn(60):]...)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	periods := []byte{}
	for p := 1; p < 20; p++ {
		periods = append(periods, bytes.Repeat(random[:p], 1000/p+300)...)
	}
	return map[string][]byte{
		"empty": {}, "one": {7}, "random": random, "few": few, "skewed": skewed, "words": words,
		"zeros": make([]byte, 1_000_000), "program": self[:1_000_000], "periods": periods,
	}
}

func TestReader(t *testing.T) {
	for name, data := range samples(t) {
		for level := -2; level <= 9; level++ {
			var b bytes.Buffer
			w, _ := gzip.NewWriterLevel(&b, level)
			w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
			w.Write(data[:len(data)/2])
			w.Flush()
			w.Write(data[len(data)/2:])
			w.Close()
			got, err := testenv.Chunks(inflate.NewReader(applet.Memory(b.Bytes())).Chunk)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
		}
	}
}

func TestReaderCut(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(samples(t)["words"][:20000])
	w.Close()
	for n := range b.Len() {
		if _, err := testenv.Chunks(inflate.NewReader(applet.Memory(b.Bytes()[:n])).Chunk); err == nil {
			t.Fatalf("no error after %d bytes", n)
		}
	}
	twice := append(bytes.Clone(b.Bytes()), b.Bytes()...)
	if got, err := testenv.Chunks(inflate.NewReader(applet.Memory(append(twice, "trailing"...))).Chunk); len(got) != 40000 || err != nil {
		t.Error(len(got), err)
	}
}

func FuzzInflate(f *testing.F) {
	for _, data := range samples(f) {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 6)
		w.Write(data[:min(len(data), 5000)])
		w.Close()
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := applet.Memory(bytes.Clone(data))
		got, err := testenv.Chunks(inflate.NewInflater(in).Chunk)
		source := bytes.NewReader(data)
		want, wantErr := io.ReadAll(flate.NewReader(source))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v, and compress/flate says %v", err, wantErr)
		}
		if err == nil && (!bytes.Equal(got, want) || len(in.Buffered()) != source.Len()) {
			t.Fatalf("%d bytes, and compress/flate has %d; left %d and %d", len(got), len(want), len(in.Buffered()), source.Len())
		}
	})
}

func pack(t *testing.T, data []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewGzip(&out, level)
	_, err := w.ReadFrom(bytes.NewReader(data))
	if e := w.Close(); err != nil || e != nil {
		t.Fatal(err, e)
	}
	return out.Bytes()
}

func TestWriter(t *testing.T) {
	for name, data := range samples(t) {
		for level := 1; level <= 9; level++ {
			packed := pack(t, data, level)
			r, err := gzip.NewReader(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
			var b bytes.Buffer
			w, _ := gzip.NewWriterLevel(&b, level)
			w.Write(data)
			w.Close()
			if len(packed) > b.Len()*6/5+100 {
				t.Errorf("%s, level %d: %d bytes, and compress/flate has %d", name, level, len(packed), b.Len())
			}
		}
	}
}

func FuzzGzip(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data[:min(len(data), 3000)], 6)
	}
	f.Fuzz(func(t *testing.T, data []byte, level int) {
		r, err := gzip.NewReader(bytes.NewReader(pack(t, data, 1+int(uint(level)%9))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
			t.Fatal(len(got), err)
		}
	})
}
