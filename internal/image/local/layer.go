package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"bantam/internal/image/archive"
	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// Source is where a layer comes from.
type Source struct {
	// Blob is the digest that the bytes must have, "" for any. A known one is resumed.
	Blob digest.Digest
	// BlobSize in bytes, 0 where it isn't known.
	BlobSize int64
	// DiffID is the digest that the tar file must have, "" for any.
	DiffID digest.Digest
	// Open returns the bytes, compressed or not, from offset on. It is called once, and not
	// at all for a layer that is there or a blob that is.
	Open func(offset int64) (io.ReadCloser, error)
	// Keep keeps the blob of a layer that comes compressed by gzip or zstd.
	Keep bool
	// Limits of what is unpacked; zero values are the defaults.
	Limits layer.Limits
	// Progress, if not nil, is told how many bytes of the blob have been read.
	Progress func(n int64)
}

// Layer is a layer that is unpacked.
type Layer struct {
	DiffID   digest.Digest
	Size     int64         // bytes of its regular files
	TarSize  int64         // bytes of its tar file
	Blob     digest.Digest // what was read; the diff id for a plain tar file
	BlobSize int64
	Format   archive.Format
	Existed  bool // nothing was read
	Warnings []string
}

// flight is a layer that one goroutine of a lease unpacks and others wait for.
type flight struct {
	done  chan struct{}
	layer *Layer
	err   error
}

// Layer brings a layer in: it reads, decompresses, unpacks and verifies at the same time.
// The layer is visible to others when Add publishes it. A layer that is there, in the
// store or in another goroutine of this lease, is not read again.
func (l *Lease) Layer(ctx context.Context, src *Source) (*Layer, error) {
	if src.DiffID == "" {
		return l.fetch(ctx, src)
	}
	l.mu.Lock()
	f, busy := l.flight[src.DiffID]
	if !busy {
		f = &flight{done: make(chan struct{})}
		l.flight[src.DiffID] = f
	}
	l.mu.Unlock()
	if busy {
		select {
		case <-f.done:
			return f.layer, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f.layer, f.err = l.wanted(ctx, src)
	close(f.done)
	return f.layer, f.err
}

// wanted is Layer for a diff id that nobody else of this lease works on.
func (l *Lease) wanted(ctx context.Context, src *Source) (*Layer, error) {
	if _, err := l.Protect(src.DiffID); err != nil {
		return nil, err
	}
	if !l.HasLayer(src.DiffID) {
		return l.fetch(ctx, src)
	}
	size, tar, err := l.LayerSizes(src.DiffID)
	if err != nil { // one without a recipe is brought in again, for the sake of the recipe
		return l.fetch(ctx, src)
	}
	return &Layer{DiffID: src.DiffID, Size: size, TarSize: tar, Blob: src.Blob, BlobSize: src.BlobSize, Existed: true}, nil
}

func (l *Lease) fetch(ctx context.Context, src *Source) (*Layer, error) {
	in, err := l.input(src)
	if err != nil {
		return nil, err
	}
	defer in.close()
	st, err := l.stage()
	if err != nil {
		return nil, err
	}
	out, err := st.unpack(ctx, in.r, src)
	if err == nil {
		_, err = l.Protect(out.DiffID)
	}
	if err == nil {
		err = in.finish(l, out)
	}
	if err != nil {
		return nil, errors.Join(err, st.discard())
	}
	st.layer = out
	l.mu.Lock()
	l.staged = append(l.staged, st)
	l.mu.Unlock()
	return out, nil
}

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
	peeked := bufio.NewReaderSize(rest, 64<<10)
	if had > 0 {
		in.r = io.MultiReader(in.counted(io.NewSectionReader(in.w, 0, had), nil), in.counted(peeked, in.w))
		return nil
	}
	head, err := peeked.Peek(archive.MagicLen)
	if err != nil && err != io.EOF {
		return err
	}
	if err := in.choose(l, archive.Detect(head)); err != nil {
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
	if in.w == nil {
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
	case in.hash == nil:
		out.Blob = src.Blob
	default:
		if out.Blob = digest.From(in.hash); src.Blob != "" && out.Blob != src.Blob {
			return fmt.Errorf("%w: the digest is %s, not %s", blob.ErrCorrupt, out.Blob, src.Blob)
		}
		return nil
	}
	return l.link(out.Blob, out.DiffID, out.Format)
}

func (in *input) keep(l *Lease) (digest.Digest, error) {
	if _, err := l.Protect(in.w.Digest()); err != nil {
		return "", err
	}
	return in.w.Commit(in.src.Blob, in.size)
}

// staged is a layer that is unpacked and not published: a folder that is locked, with
// the files, the displaced files and the recipe in it.
type staged struct {
	store *Store
	dir   string
	lock  int
	layer *Layer
}

func (l *Lease) stage() (*staged, error) {
	l.sweep.Do(func() { collect(l.Root + "/layers") })
	dir, lock, err := claim(l.Root + "/layers")
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return &staged{store: l.Store, dir: dir, lock: lock}, nil
}

func (st *staged) discard() error {
	defer unix.Close(st.lock)
	return layer.Remove(st.dir)
}

// unpack reads a tar file, compressed or not. Reading, decompressing and hashing, and
// unpacking run beside each other.
func (st *staged) unpack(ctx context.Context, in io.Reader, src *Source) (*Layer, error) {
	source := archive.NewAhead(ctx, in)
	defer source.Close()
	plain, err := archive.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	defer plain.Close()
	hash := digest.New()
	tar := archive.NewAhead(ctx, io.TeeReader(plain, hash))
	defer tar.Close()
	stats, err := st.files(tar, src.Limits)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if err := drained(source); err != nil {
		return nil, err
	}
	out := &Layer{DiffID: digest.From(hash), Size: stats.Size, Format: plain.Format, Warnings: stats.Warnings}
	if src.DiffID != "" && out.DiffID != src.DiffID {
		return nil, fmt.Errorf("%w: the layer's diff id is %s, not %s", blob.ErrCorrupt, out.DiffID, src.DiffID)
	}
	return out, nil
}

// drained reads what is behind the compressed stream: it belongs to the blob.
func drained(r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d bytes follow the end of the compressed layer", n)
	}
	return err
}

func (st *staged) files(tar io.Reader, limits layer.Limits) (layer.Stats, error) {
	if err := os.Mkdir(st.dir+"/files", 0o755); err != nil {
		return layer.Stats{}, err
	}
	root, err := openFolder(st.dir + "/files")
	if err != nil {
		return layer.Stats{}, err
	}
	defer unix.Close(root)
	f, err := os.OpenFile(st.dir+"/recipe", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return layer.Stats{}, err
	}
	defer f.Close()
	old := -1
	defer func() {
		if old >= 0 {
			unix.Close(old)
		}
	}()
	recipe, err := layer.NewRecipe(f, func() (int, error) {
		if old < 0 {
			if err := os.Mkdir(st.dir+"/old", 0o700); err != nil {
				return -1, err
			}
			old, err = openFolder(st.dir + "/old")
		}
		return old, err
	})
	if err != nil {
		return layer.Stats{}, err
	}
	return layer.Unpack(root, tar, layer.Options{Rootless: os.Geteuid() != 0, Limits: limits, Recipe: recipe})
}

func (st *staged) flush() error {
	recipe, err := os.Open(st.dir + "/recipe")
	if err != nil {
		return err
	}
	defer recipe.Close()
	var roots []int
	for _, d := range [...]string{"/files", "/old"} {
		fd, err := openFolder(st.dir + d)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		roots = append(roots, fd)
	}
	return layer.Flush(recipe, roots...)
}

// publish gives the layer its name. The caller shares the lock.
func (st *staged) publish() error {
	to := st.store.layer(st.layer.DiffID)
	for _, part := range [...][2]string{{"/recipe", ".recipe"}, {"/old", ".old"}, {"/files", ""}} {
		err := unix.Renameat2(unix.AT_FDCWD, st.dir+part[0], unix.AT_FDCWD, to+part[1], unix.RENAME_NOREPLACE)
		if err != nil && err != unix.EEXIST && !(err == unix.ENOENT && part[0] == "/old") {
			return fmt.Errorf("keep layer %s: %w", st.layer.DiffID.Short(), err)
		}
	}
	return st.discard()
}

// stale is the age at which a partial blob is given up.
const stale = 24 * time.Hour
