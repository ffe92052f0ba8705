package local

import (
	"fmt"
	"hash"
	"io"

	"bantam/internal/image/archive"
	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
)

// input is the bytes of a blob on their way in, hashed and, where they are to be kept, written.
type input struct {
	src    *Source
	r      io.Reader
	w      *blob.Writer // nil where nothing is written
	hash   hash.Hash    // nil where w or the store verifies
	size   int64
	closer io.Closer
}

// input opens the source behind what is there of it.
func (l *Lease) input(src *Source) (*input, error) {
	in := &input{src: src}
	if src.Blob != "" {
		if there, err := l.Protect(src.Blob); err != nil {
			return nil, err
		} else if there && l.Blobs().Has(src.Blob) {
			r, err := l.Blobs().Open(src.Blob)
			if err != nil {
				return nil, err
			}
			in.closer, in.r = r, in.counted(r, nil)
			return in, nil
		}
	}
	var err error
	if src.Blob != "" && src.Keep {
		if in.w, err = l.Blobs().Begin(src.Blob.Hex()); err != nil {
			return nil, err
		}
	}
	if err := in.open(l); err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

func (in *input) open(l *Lease) error {
	had := int64(0)
	var rest io.Reader = eof{}
	if in.w != nil {
		had = in.w.Size()
	}
	if in.src.BlobSize == 0 || had < in.src.BlobSize {
		r, err := in.src.Open(had)
		if err != nil {
			return err
		}
		in.closer, rest = r, r
	}
	peeked := archive.Buffer(rest)
	if had > 0 {
		in.r = io.MultiReader(in.counted(io.NewSectionReader(in.w, 0, had), nil), in.counted(peeked, in.w))
		return nil
	}
	format, err := archive.Peek(peeked)
	if err != nil {
		return err
	}
	if err := in.choose(l, format); err != nil {
		return err
	}
	in.r = in.counted(peeked, in.w)
	return nil
}

// choose decides whether the blob is written: a plain one can be made again.
func (in *input) choose(l *Lease, f archive.Format) (err error) {
	keep := in.src.Keep && (f == archive.Gzip || f == archive.Zstd)
	switch {
	case keep && in.w == nil:
		in.w, err = l.Blobs().Begin("")
	case !keep && in.w != nil:
		err = in.w.Discard()
		in.w = nil
	}
	if in.w == nil && in.src.Blob != "" {
		in.hash = digest.New()
	}
	return err
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// counted passes bytes on, to w too if it is there, and tells the progress.
func (in *input) counted(r io.Reader, w *blob.Writer) io.Reader {
	return &countedReader{in, r, w}
}

type countedReader struct {
	in *input
	r  io.Reader
	w  *blob.Writer
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n == 0 {
		return n, err
	}
	if c.w != nil {
		if _, e := c.w.Write(p[:n]); e != nil {
			return 0, e
		}
	} else if c.in.hash != nil {
		c.in.hash.Write(p[:n])
	}
	c.in.size += int64(n)
	if want := c.in.src.BlobSize; want > 0 && c.in.size > want {
		return 0, fmt.Errorf("%w: it has more than the %d bytes that its descriptor says", blob.ErrCorrupt, want)
	}
	if c.in.src.Progress != nil {
		c.in.src.Progress(c.in.size)
	}
	return n, err
}

func (in *input) close() {
	if in.closer != nil {
		in.closer.Close()
	}
	if in.w != nil {
		in.w.Close()
	}
}

// finish verifies the blob and keeps it.
func (in *input) finish(l *Lease, out *Layer) (err error) {
	src := in.src
	out.BlobSize = in.size
	if src.BlobSize > 0 && in.size < src.BlobSize {
		return fmt.Errorf("the layer ends after %d bytes of %d: %w", in.size, src.BlobSize, io.ErrUnexpectedEOF)
	}
	switch {
	case in.w != nil:
		if out.Blob, err = in.keep(l); err != nil {
			return err
		}
	case in.hash != nil:
		if out.Blob = digest.From(in.hash); out.Blob != src.Blob {
			return fmt.Errorf("%w: the digest is %s, not %s", blob.ErrCorrupt, out.Blob, src.Blob)
		}
		return nil
	case src.Blob == "": // nobody asked what it is
		return nil
	default: // the store has verified what it gave
		out.Blob = src.Blob
	}
	return l.link(out.Blob, out.DiffID, out.Format)
}

func (in *input) keep(l *Lease) (digest.Digest, error) {
	if _, err := l.Protect(in.w.Digest()); err != nil {
		return "", err
	}
	return in.w.Commit(in.src.Blob, in.size)
}
