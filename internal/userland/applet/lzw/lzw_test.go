package lzw

import (
	"bytes"
	"math/rand"
	"os/exec"
	"testing"

	"bantam/internal/userland/applet"
)

// compress is compress(1) without a limit of its ratio: it clears when the table is full.
func compress(data []byte, most uint) []byte {
	out := []byte{0x1f, 0x9d, byte(most) | 128}
	table := map[string]int{}
	free, bits := 257, uint(9)
	var group []byte
	var acc, n uint
	pad := func() {
		for n > 0 || len(group)%int(bits) != 0 {
			group = append(group, byte(acc))
			acc >>= 8
			n -= min(n, 8)
		}
		out = append(out, group...)
		group, acc, n = nil, 0, 0
	}
	put := func(code int) {
		acc |= uint(code) << n
		for n += bits; n >= 8; n -= 8 {
			group = append(group, byte(acc))
			acc >>= 8
		}
	}
	lookup := func(s []byte) (int, bool) {
		if len(s) == 1 {
			return int(s[0]), true
		}
		code, ok := table[string(s)]
		return code, ok
	}
	for i := 0; i < len(data); {
		j := i + 1
		for j < len(data) {
			if _, ok := lookup(data[i : j+1]); !ok {
				break
			}
			j++
		}
		code, _ := lookup(data[i:j])
		put(code)
		if j < len(data) && free < 1<<most {
			table[string(data[i:j+1])] = free
			free++
		}
		// The decoder is one entry behind.
		if free > 1<<bits && bits < most {
			pad()
			bits++
		} else if free == 1<<most && rand.Intn(5000) == 0 {
			put(clearCode)
			pad()
			table, free, bits = map[string]int{}, 257, 9
		}
		i = j
	}
	if n > 0 {
		group = append(group, byte(acc))
	}
	return append(out, group...)
}

func TestReader(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var text, random []byte
	for len(text) < 400_000 {
		text = append(text, "the quick brown fox jumps over the lazy dog"[r.Intn(40):]...)
		random = append(random, byte(r.Intn(256)), byte(r.Intn(4)))
	}
	for name, data := range map[string][]byte{"a": []byte("a"), "run": bytes.Repeat([]byte("a"), 100_000), "text": text, "random": random, "empty": {}} {
		for _, most := range []uint{9, 12, 16} {
			packed := compress(data, most)
			in := NewReader(applet.Memory(packed))
			var got []byte
			for {
				p, err := in.Chunk()
				got = append(got, p...)
				if err != nil {
					t.Errorf("%s %d: %v", name, most, err)
				}
				if p == nil || err != nil {
					break
				}
			}
			if !bytes.Equal(got, data) {
				t.Errorf("%s %d: %d bytes of %d", name, most, len(got), len(data))
			}
			cmd := exec.Command("gzip", "-dc")
			cmd.Stdin = bytes.NewReader(packed)
			if out, err := cmd.Output(); err == nil && !bytes.Equal(out, data) {
				t.Errorf("%s %d: gzip reads something else", name, most)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(compress([]byte("hello hello hello hello"), 16))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(applet.Memory(data))
		for range 100 {
			if p, err := r.Chunk(); p == nil || err != nil {
				break
			}
		}
	})
}
