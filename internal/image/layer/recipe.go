package layer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// # Recipes
//
// A tar file can't be made again from what was unpacked of it: the order of entries,
// the form of the headers, padding and many names of one file get lost, and with them the
// digest. A recipe is the tar file without the contents of its regular files. With the
// unpacked folder it gives the tar file back, byte by byte, so that a layer needs no
// second copy on the disk.
//
//	"bantam recipe 1 SIZE TAR\n"  bytes of the regular files and of the tar file, 20 digits each
//	zstd( segment ... )
//	segment: 'R' LENGTH BYTES       bytes of the tar file
//	         'F' SIZE LENGTH NAME   the content of a file, SIZE bytes
//	         'M' NUMBER LENGTH NAME what stood at NAME was displaced and is NUMBER now
//
// Numbers are unsigned varints. An archive may have several entries of one name; the
// later one displaces the earlier one, which is moved to a second folder that has numbers
// as names, for its content is still a part of the tar file.

const (
	recipeHead = "bantam recipe 1 %020d %020d\n"
	headLen    = 58
	maxRaw     = 64 << 10 // of one segment, which the reader holds in memory
)

// Recipe takes down a recipe while Unpack reads the tar file.
type Recipe struct {
	file  *os.File
	z     *zstd.Encoder
	w     *bufio.Writer
	raw   []byte
	size  int64
	total int64
	// displaced is the second folder, made when the first file needs it.
	displaced func() (fd int, err error)
	moved     int
}

// NewRecipe writes to f, which is empty. displaced makes and opens the second folder; it
// is called once at most.
func NewRecipe(f *os.File, displaced func() (int, error)) (*Recipe, error) {
	if _, err := fmt.Fprintf(f, recipeHead, 0, 0); err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	return &Recipe{file: f, z: z, w: bufio.NewWriterSize(z, 32<<10), displaced: displaced}, nil
}

// bytes takes down bytes of the tar file.
func (r *Recipe) bytes(b []byte) error {
	r.total += int64(len(b))
	for len(b) > 0 {
		n := min(len(b), maxRaw-len(r.raw))
		r.raw = append(r.raw, b[:n]...)
		b = b[n:]
		if len(r.raw) == maxRaw {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Recipe) flush() error {
	if len(r.raw) == 0 {
		return nil
	}
	err := r.segment('R', uint64(len(r.raw)), nil)
	if err == nil {
		_, err = r.w.Write(r.raw)
	}
	r.raw = r.raw[:0]
	return err
}

func (r *Recipe) segment(kind byte, n uint64, name []byte) error {
	head := binary.AppendUvarint([]byte{kind}, n)
	if kind != 'R' {
		head = binary.AppendUvarint(head, uint64(len(name)))
	}
	_, err := r.w.Write(append(head, name...))
	return err
}

// content takes down that the content of a file follows.
func (r *Recipe) content(name string, size int64) error {
	if err := r.flush(); err != nil {
		return err
	}
	r.total += size
	r.size += size
	return r.segment('F', uint64(size), []byte(name))
}

// move takes down that what stood at name is number n of the second folder.
func (r *Recipe) move(name string, n int) error {
	if err := r.flush(); err != nil {
		return err
	}
	return r.segment('M', uint64(n), []byte(name))
}

// finish writes what is left, and the head.
func (r *Recipe) finish(size int64) error {
	err := errors.Join(r.flush(), r.w.Flush(), r.z.Close())
	if err != nil {
		return err
	}
	_, err = r.file.WriteAt(fmt.Appendf(nil, recipeHead, size, r.total), 0)
	return err
}

// Moved says whether the second folder is in use.
func (r *Recipe) Moved() bool { return r.moved > 0 }

// tap is where the tar reader reads from. What it reads is taken down unless it is the
// content of a file that the recipe names.
type tap struct {
	r      io.Reader
	recipe *Recipe
	off    bool
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if t.recipe == nil || t.off || n == 0 {
		return n, err
	}
	if e := t.recipe.bytes(p[:n]); e != nil {
		return n, fmt.Errorf("write recipe: %w", e)
	}
	return n, err
}
