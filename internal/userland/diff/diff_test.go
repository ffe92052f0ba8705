package diff

import (
	"bytes"
	"math/rand"
	"testing"
)

// lcs is the length of the longest common subsequence, the slow way.
func lcs(a, b []int32) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			here := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			before = here
		}
	}
	return row[len(b)]
}

// sides makes two sides of texts and marks what changed.
func sides(d *differ, x, y []byte) (a, b *side) {
	a, b = &side{text: x}, &side{text: y}
	d.window(a, b)
	d.classify(a, b)
	d.match(a, b)
	a.settle()
	b.settle()
	return a, b
}

// rebuild checks that what didn't change is the same on both sides.
func rebuild(t *testing.T, x, y []byte, a, b *side) (kept int) {
	t.Helper()
	var u, v []byte
	for i, changed := range a.changed {
		if !changed {
			u = append(u, a.line(i)...)
			kept++
		}
	}
	for i, changed := range b.changed {
		if !changed {
			v = append(v, b.line(i)...)
		}
	}
	if !bytes.Equal(u, v) {
		t.Fatalf("%q and %q keep %q and %q", x, y, u, v)
	}
	return kept
}

func random(r *rand.Rand, letters int) []byte {
	var text []byte
	for range r.Intn(40) {
		text = append(text, byte('a'+r.Intn(letters)), '\n')
	}
	if r.Intn(4) == 0 {
		text = append(text, 'x')
	}
	return text
}

func TestMinimal(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 5000 {
		x, y := random(r, 1+r.Intn(6)), random(r, 1+r.Intn(6))
		d := &differ{context: 3, minimal: true}
		a, b := sides(d, x, y)
		if kept := rebuild(t, x, y, a, b); kept != lcs(a.class, b.class) {
			t.Fatalf("%q %q: %d lines kept, not %d", x, y, kept, lcs(a.class, b.class))
		}
	}
}

func TestLimit(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	var x, y []byte
	for range 20000 {
		x = append(x, byte('a'+r.Intn(26)), byte('a'+r.Intn(26)), '\n')
		y = append(y, byte('a'+r.Intn(26)), byte('a'+r.Intn(26)), '\n')
	}
	a, b := sides(&differ{}, x, y)
	rebuild(t, x, y, a, b)
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("b\nc"), uint8(3), uint8(0))
	f.Fuzz(func(t *testing.T, x, y []byte, context, how uint8) {
		d := &differ{context: int(context), fold: how&1 != 0, amount: how&2 != 0, space: how&4 != 0}
		a, b := sides(d, x, y)
		if how&7 == 0 {
			rebuild(t, x, y, a, b)
		}
	})
}
