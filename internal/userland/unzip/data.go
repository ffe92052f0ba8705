package unzip

import (
	"errors"
	"hash/crc32"
	"io"
	"strconv"
	"syscall"

	"bantam/internal/compress/inflate"
	"bantam/internal/compress/lzma"
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/archive"
	"bantam/internal/userland/applet/bzip2"
	"bantam/internal/userland/applet/inplace"
)

// skip goes to the end of a member whose data wasn't read.
func (r *reader) skip(m *member) error {
	if m.done || m.start >= 0 {
		return nil
	}
	m.done = true
	_, err := archive.NewSource(&limited{in: r.in, left: m.packed}).Copy(int64(m.packed), func([]byte) error { return nil })
	return err
}

// limited reads so many bytes of an input.
type limited struct {
	in   *applet.In
	left uint64
}

// Chunk is inplace.Decoder's.
func (l *limited) Chunk() ([]byte, error) {
	if l.left == 0 {
		return nil, nil
	}
	if len(l.in.Buffered()) == 0 {
		if err := l.in.Fill(); err == io.EOF {
			return nil, archive.ErrShort
		} else if err != nil {
			return nil, err
		}
	}
	p := l.in.Buffered()
	p = p[:min(uint64(len(p)), l.left)]
	l.in.Discard(len(p))
	l.left -= uint64(len(p))
	return p, nil
}

// data gives the member's content to f.
func (r *reader) data(c *applet.Call, m *member, f func([]byte) error) error {
	m.done = true
	in := r.in
	if m.start >= 0 {
		if _, err := syscall.Seek(in.Fd(), m.start, 0); err != nil {
			return err
		}
		in = applet.NewIn(in.Fd())
	}
	d, err := r.decoder(m, in)
	if err != nil {
		return err
	}
	crc, size, failed := uint32(0), uint64(0), false
	for {
		p, err := d.Chunk()
		crc = crc32.Update(crc, crc32.IEEETable, p)
		size += uint64(len(p))
		if err != nil {
			if m.method == stored {
				return err
			}
			c.Complain(applet.Reason(err))
			return errInflate
		}
		if p == nil {
			break
		}
		// Who has the file tells its errors.
		failed = failed || f(p) != nil
	}
	if crc != m.crc {
		return errCRC
	}
	if size != m.unpacked {
		c.Complain("bad length")
	}
	return nil
}

// decoder decompresses the member.
func (r *reader) decoder(m *member, in *applet.In) (inplace.Decoder, error) {
	switch m.method {
	case stored:
		return &limited{in: in, left: m.packed}, nil
	case deflated:
		if r.inflater == nil {
			r.inflater = inflate.NewInflater(in)
		}
		r.inflater.Open(in)
		return r.inflater, nil
	case bzipped:
		return bzip2.NewReader(in), nil
	case lzmaed:
		const marker = 2
		return lzma.NewZip(in, m.unpacked, m.flags&marker != 0), nil
	case xzed:
		return lzma.NewXZ(in), nil
	}
	return nil, errors.New("unsupported method " + strconv.Itoa(int(m.method)))
}
