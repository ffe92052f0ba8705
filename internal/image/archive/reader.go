package archive

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
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
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(MagicLen)
	if err != nil && err != io.EOF {
		return nil, err
	}
	d := &Reader{Format: Detect(head), close: func() {}}
	if err := d.open(br, head); err != nil {
		return nil, d.wrap(err)
	}
	return d, nil
}

func (d *Reader) open(br *bufio.Reader, head []byte) (err error) {
	switch d.Format {
	case Gzip:
		d.r, err = gzip.NewReader(br)
	case Zstd:
		var z *zstd.Decoder
		z, err = zstd.NewReader(br, zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			d.r, d.close = z, z.Close
		}
	case Bzip2:
		d.r = bzip2.NewReader(br)
	case XZ:
		if err = checkXZWindow(head); err == nil {
			d.r, err = xz.NewReader(br)
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
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("decompress %s: the stream is cut short: %w", d.Format, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("decompress %s: %w", d.Format, err)
}

// NewWriter compresses to w with zstd at its fastest level, the format in which
// layers are kept that came in one that OCI does not know.
func NewWriter(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
}

// NewGzip compresses to w with gzip, without a name or a time, so that the same content
// gives the same bytes.
func NewGzip(w io.Writer) io.WriteCloser {
	z, err := gzip.NewWriterLevel(w, gzip.DefaultCompression)
	if err != nil { // the level is not one
		panic(err)
	}
	return z
}
