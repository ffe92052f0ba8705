package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
)

// drip is a source whose buffer gets a byte at a time, so that bits are given back again and again.
type drip struct {
	all        []byte
	r, w, step int
}

func (d *drip) Buffered() []byte { return d.all[d.r:d.w] }
func (d *drip) Discard(n int)    { d.r += n }

func (d *drip) Fill() error {
	if d.w == len(d.all) {
		return io.EOF
	}
	d.w = min(d.w+d.step, len(d.all))
	return nil
}

func (d *drip) Read(p []byte) (int, error) {
	if d.r == d.w {
		if err := d.Fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, d.Buffered())
	d.r += n
	return n, nil
}

func (d *drip) ReadByte() (byte, error) {
	var b [1]byte
	_, err := d.Read(b[:])
	return b[0], err
}

// TestDrip: however the input comes, the output is the same and the input stands behind the stream.
func TestDrip(t *testing.T) {
	text := bytes.Repeat([]byte("a hen and an egg, an egg and a hen. "), 3000)
	for i := range text {
		text[i] ^= byte(i * i >> 11 & 3)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step < 70; step++ {
		in := &drip{all: append(bytes.Clone(b.Bytes()), "behind"...), step: step}
		f := NewInflater(in)
		var got []byte
		for {
			p, err := f.Chunk()
			if err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			if p == nil {
				break
			}
			got = append(got, p...)
		}
		if rest := in.all[in.r:]; !bytes.Equal(got, text) || string(rest) != "behind" {
			t.Fatalf("step %d: %d bytes of %d, %q left", step, len(got), len(text), rest)
		}
	}
}
