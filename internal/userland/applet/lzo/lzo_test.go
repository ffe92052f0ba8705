package lzo

import (
	"bytes"
	"math/rand"
	"os"
	"testing"

	"bantam/internal/userland/applet"
)

func unpack(data []byte) ([]byte, error) {
	r := NewReader(applet.Memory(data))
	var got []byte
	for {
		p, err := r.Chunk()
		got = append(got, p...)
		if p == nil || err != nil {
			return got, err
		}
	}
}

func TestBoth(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	random := make([]byte, 700_000)
	r.Read(random)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	mixed := []byte{}
	for i := range 3000 {
		mixed = append(mixed, random[i*7:i*7+r.Intn(300)]...)
		mixed = append(mixed, mixed[r.Intn(len(mixed)+1):min(len(mixed), len(mixed))]...)
		mixed = mixed[:min(len(mixed), 400_000)]
	}
	for name, data := range map[string][]byte{
		"empty": {}, "one": {1}, "random": random, "zeros": make([]byte, 1_000_000), "program": self[:2_000_000], "mixed": mixed,
		"short": []byte("abcabcabcabcabc"), "long": append(bytes.Repeat([]byte("x"), 300), random[:300]...),
	} {
		for _, o := range []Options{{Level: 5}, {Level: 1, Packed: true}, {Level: 5, Unchecked: true}} {
			out := applet.Capture()
			if err := Compress(out, applet.Memory(data), o); err != nil {
				t.Fatal(err)
			}
			if got, err := unpack(out.Captured()); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(data), err)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	out := applet.Capture()
	Compress(out, applet.Memory([]byte("hello hello hello hello hello")), Options{Level: 5, Unchecked: true})
	f.Add(out.Captured())
	f.Fuzz(func(t *testing.T, data []byte) { unpack(data) })
}

func FuzzBlock(f *testing.F) {
	f.Add([]byte("hello hello hello hello hello hello hello"))
	f.Fuzz(func(t *testing.T, data []byte) {
		decompress(make([]byte, 1000), data)
		var c compressor
		got := make([]byte, len(data))
		if !decompress(got, c.compress(data)) || !bytes.Equal(got, data) {
			t.Fatal("not the same")
		}
	})
}
