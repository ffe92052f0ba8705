package lzma

import (
	"bytes"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet"
)

func samples(t testing.TB) map[string][]byte {
	r := rand.New(rand.NewSource(1))
	random := make([]byte, 300_000)
	r.Read(random)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	mixed := append(append(bytes.Repeat([]byte("abcdefgh"), 30_000), random[:200_000]...), self[:300_000]...)
	return map[string][]byte{
		"empty": {}, "one": {7}, "random": random, "zeros": make([]byte, 3_000_000),
		"program": self[:700_000], "mixed": mixed, "text": []byte(strings.Repeat("hello, hello! ", 10)),
	}
}

func pack(t testing.TB, data []byte, options ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		testenv.Skip(t, "xz", "it is not installed")
	}
	cmd := exec.Command("xz", append([]string{"-c"}, options...)...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(options, err)
	}
	return out
}

func TestXZ(t *testing.T) {
	all := samples(t)
	for _, options := range []string{
		"-0", "-6", "-C none", "-C crc32", "-C sha256", "--block-size=100000", "-T2 --block-size=70000",
		"--x86 --lzma2", "--powerpc --lzma2", "--ia64 --lzma2", "--arm --lzma2", "--armthumb --lzma2", "--sparc --lzma2",
		"--arm64 --lzma2", "--delta=dist=4 --lzma2", "--delta=dist=256 --x86 --lzma2", "--x86=start=16 --lzma2",
		"--lzma2=lc=0,lp=4,pb=0", "--lzma2=lc=4,lp=0,pb=4", "--lzma2=dict=4096",
	} {
		for name, data := range all {
			if name != "mixed" && name != "program" && options != "-6" {
				continue
			}
			packed := pack(t, data, strings.Fields(options)...)
			got, err := testenv.Chunks(NewXZ(applet.Memory(packed)).Chunk)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s %s: %d bytes of %d, %v", name, options, len(got), len(data), err)
			}
		}
	}
}

func TestLZMA(t *testing.T) {
	for name, data := range samples(t) {
		for _, options := range []string{"--format=lzma -1", "--format=lzma -6", "--format=lzma --lzma1=lc=1,lp=2,pb=1,dict=4096"} {
			packed := pack(t, data, strings.Fields(options)...)
			for _, known := range []bool{false, true} {
				p := bytes.Clone(packed)
				if known {
					for i := range 8 {
						p[5+i] = byte(len(data) >> (8 * i))
					}
				}
				got, err := testenv.Chunks(NewReader(applet.Memory(p)).Chunk)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s %s: %d bytes of %d, %v", name, options, len(got), len(data), err)
				}
			}
		}
	}
}

func TestStreams(t *testing.T) {
	one := pack(t, []byte("hello "))
	two := append(append(append(bytes.Clone(one), 0, 0, 0, 0), one...), "garbage"...)
	if got, err := testenv.Chunks(NewXZ(applet.Memory(two)).Chunk); string(got) != "hello hello " || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for n := range one {
		if _, err := testenv.Chunks(NewXZ(applet.Memory(one[:n])).Chunk); err == nil {
			t.Fatalf("no error after %d bytes", n)
		}
		bad := bytes.Clone(one)
		bad[n] ^= 0x10
		if got, err := testenv.Chunks(NewXZ(applet.Memory(bad)).Chunk); err == nil {
			t.Fatalf("no error with a wrong byte %d: %q", n, got)
		}
	}
}

func FuzzXZ(f *testing.F) {
	f.Add(pack(f, []byte("hello hello hello")))
	f.Add(pack(f, samples(f)["program"][:3000], "--x86", "--lzma2"))
	f.Add(pack(f, samples(f)["mixed"][:3000], "--delta", "--lzma2", "--check=none"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := NewXZ(applet.Memory(data))
		for range 100 {
			if p, err := x.Chunk(); p == nil || err != nil {
				break
			}
		}
	})
}

func FuzzLZMA(f *testing.F) {
	f.Add(pack(f, []byte("hello hello hello"), "--format=lzma"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(applet.Memory(data))
		for range 100 {
			if p, err := r.Chunk(); p == nil || err != nil {
				break
			}
		}
	})
}
