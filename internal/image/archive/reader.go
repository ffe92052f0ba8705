package archive

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"bantam/internal/compress/deflate"
	"bantam/internal/compress/inflate"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory a stream may ask of its decompressor.
const maxWindow = 128 << 20

// Reader yields the decompressed bytes of a stream.
type Reader struct {
	Format Format
	r      io.Reader
	close  func()
}

// NewReader looks at the beginning of r and undoes its compression.
func NewReader(r io.Reader) (*Reader, error) {
	br := Buffer(r)
	format, err := Peek(br)
	if err != nil {
		return nil, err
	}
	d := &Reader{Format: format, close: func() {}}
	if err := d.open(br); err != nil {
		return nil, d.wrap(err)
	}
	return d, nil
}

// Buffer gives a reader the buffer that Peek and NewReader want, if it has none.
func Buffer(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 64<<10) }

// Peek looks at the beginning of a stream.
func Peek(br *bufio.Reader) (Format, error) {
	head, err := br.Peek(MagicLen)
	if err != nil && err != io.EOF {
		return Plain, err
	}
	return Detect(head), nil
}

func (d *Reader) open(br *bufio.Reader) (err error) {
	switch d.Format {
	case Gzip:
		d.r = newGunzip(br)
	case Zstd:
		var z *zstd.Decoder
		z, err = zstd.NewReader(br, zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			d.r, d.close = z, z.Close
		}
	case Bzip2:
		d.r = bzip2.NewReader(br)
	case XZ:
		head, _ := br.Peek(MagicLen)
		if err = checkXZWindow(head); err == nil {
			d.r = newXZ(br)
		}
	default:
		d.r = br
	}
	return err
}

// checkXZWindow reads the dictionary size out of the first block's header (xz
// file format 1.1.0, 3.1 and 5.3.1), because the decompressor allocates whatever
// the file says. Headers of another shape are left to the decompressor.
func checkXZWindow(head []byte) error {
	const lzma2 = 0x21
	if len(head) < 17 || head[13]&0xc0 != 0 || head[14] != lzma2 || head[15] != 1 {
		return nil
	}
	// 0 is 4 KiB, 1 is 6 KiB, 2 is 8 KiB and so on to 40, 4 GiB - 1.
	bits := head[16]
	if bits > 40 || uint64(2|bits&1)<<(bits/2+11) > maxWindow {
		return errors.New("the dictionary is larger than 128 MiB")
	}
	return nil
}

func (d *Reader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = d.wrap(err)
	}
	return n, err
}

// Close frees the decompressor. It does not close what it reads from.
func (d *Reader) Close() { d.close() }

func (d *Reader) wrap(err error) error {
	if d.Format == Plain {
		return err
	}
	if trailing(err) {
		err = errTrailing
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, inflate.ErrShort) {
		return fmt.Errorf("decompress %s: the stream is cut short: %w", d.Format, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("decompress %s: %w", d.Format, err)
}

// trailing says whether an error of a decompressor that is not ours means that its data is followed by something else:
// NewReader has seen the beginning of the first stream, so it is another one that has none.
func trailing(err error) bool {
	return errors.Is(err, zstd.ErrMagicMismatch) || err == bzip2.StructuralError("bad magic value in continuation file")
}

// NewGzip compresses to w with gzip, without a name or a time and whatever the number of processors, so that the
// same content gives the same bytes. Close it also after errors: it has goroutines.
func NewGzip(w io.Writer) io.WriteCloser { return deflate.NewGzip(w, 6) }
