package bzip2

import (
	"bytes"
	"compress/bzip2"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"slices"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

func samples(t testing.TB) map[string][]byte {
	r := rand.New(rand.NewSource(1))
	random := make([]byte, 300_000)
	r.Read(random)
	few := make([]byte, 350_000)
	for i := range few {
		few[i] = "ab"[r.Intn(2)]
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	runs := []byte{}
	for i := range 600 {
		runs = append(runs, bytes.Repeat([]byte{byte(i)}, i)...)
	}
	return map[string][]byte{
		"empty": {}, "one": {7}, "two": {1, 0}, "random": random, "few": few, "zeros": make([]byte, 3_000_000),
		"program": self[:1_500_000], "runs": runs, "periods": bytes.Repeat([]byte("abcde"), 40_000), "banana": []byte("banana"),
	}
}

func TestTransform(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 3000 {
		p := make([]byte, 1+r.Intn(30))
		for i := range p {
			p[i] = byte(r.Intn(3))
		}
		if r.Intn(3) == 0 {
			p = bytes.Repeat(p, 3)
		}
		rotations := make([]string, len(p))
		for i := range p {
			rotations[i] = string(p[i:]) + string(p[:i])
		}
		slices.Sort(rotations)
		last := make([]byte, len(p))
		origin := new(scratch).transform(p, last)
		if rotations[origin] != string(p) {
			t.Fatalf("%q: origin %d", p, origin)
		}
		for i, s := range rotations {
			if s[len(s)-1] != last[i] {
				t.Fatalf("%q: %q", p, last)
			}
		}
	}
}

func TestBoth(t *testing.T) {
	for name, data := range samples(t) {
		for _, level := range []int{1, 9} {
			out := applet.Capture()
			if err := Compress(out, applet.Memory(data), level); err != nil {
				t.Fatal(err)
			}
			packed := out.Captured()
			if got, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(packed))); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: compress/bzip2: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
			if got, err := testenv.Chunks(NewReader(applet.Memory(packed)).Chunk); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
			if _, err := exec.LookPath("bzip2"); err != nil {
				continue
			}
			cmd := exec.Command("bzip2", "-c", "-"+string(rune('0'+level)))
			cmd.Stdin = bytes.NewReader(data)
			theirs, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := testenv.Chunks(NewReader(applet.Memory(theirs)).Chunk); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, bzip2 -%d: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
			if len(packed) > len(theirs)*102/100+10 {
				t.Errorf("%s, level %d: %d bytes, bzip2 has %d", name, level, len(packed), len(theirs))
			}
		}
	}
}

func TestCut(t *testing.T) {
	out := applet.Capture()
	Compress(out, applet.Memory(samples(t)["program"][:5000]), 1)
	for n := range len(out.Captured()) {
		if _, err := testenv.Chunks(NewReader(applet.Memory(out.Captured()[:n])).Chunk); err == nil {
			t.Fatalf("no error after %d bytes", n)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, data := range samples(f) {
		out := applet.Capture()
		Compress(out, applet.Memory(data[:min(len(data), 1000)]), 1)
		f.Add(out.Captured())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := testenv.Chunks(NewReader(applet.Memory(bytes.Clone(data))).Chunk)
		want, wantErr := io.ReadAll(bzip2.NewReader(bytes.NewReader(data)))
		// compress/bzip2 takes incomplete codes for errors.
		if wantErr == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
		}
	})
}

func FuzzCompress(f *testing.F) {
	f.Add([]byte("abracadabra"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out := applet.Capture()
		Compress(out, applet.Memory(bytes.Clone(data)), 1)
		got, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(out.Captured())))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatal(err)
		}
	})
}
