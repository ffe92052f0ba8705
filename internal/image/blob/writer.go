package blob

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"bantam/internal/image/digest"
)

// Writer writes one blob. It is for one goroutine.
type Writer struct {
	store *Store
	file  *os.File // nil when it is done
	hash  hash.Hash
	size  int64
	keep  bool
	sent  bool
}

// resume hashes what an earlier writer has left.
func (w *Writer) resume() (err error) {
	w.size, err = io.Copy(w.hash, onlyReader{w.file})
	return err
}

type onlyReader struct{ io.Reader }

// Size is how many bytes are there, those of an earlier attempt included.
func (w *Writer) Size() int64 { return w.size }

func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.hash.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		err = fmt.Errorf("write blob: %w", unwrapPath(err))
	}
	return n, err
}

// ReadAt reads what has been written.
func (w *Writer) ReadAt(p []byte, off int64) (int, error) { return w.file.ReadAt(p, off) }

// Reset starts again from nothing: the source cannot go on where it was left.
func (w *Writer) Reset() error {
	w.hash.Reset()
	w.size = 0
	if _, err := w.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return w.file.Truncate(0)
}

// Digest of what has been written so far.
func (w *Writer) Digest() digest.Digest { return digest.From(w.hash) }

// Commit verifies the content, flushes it to the disk and keeps it. want "" and a
// negative size take what there is. Content that is wrong is thrown away: nothing is
// gained by going on with it.
func (w *Writer) Commit(want digest.Digest, size int64) (digest.Digest, error) {
	got := w.Digest()
	switch {
	case size >= 0 && w.size < size:
		return "", fmt.Errorf("blob %s ends after %d bytes of %d: %w", want.Short(), w.size, size, io.ErrUnexpectedEOF)
	case size >= 0 && w.size > size:
		w.Discard()
		return "", fmt.Errorf("%w: blob %s has %d bytes, not the %d that its descriptor says", ErrCorrupt, want.Short(), w.size, size)
	case want != "" && want != got:
		w.Discard()
		return "", fmt.Errorf("%w: the digest is %s, not %s", ErrCorrupt, got, want)
	}
	if err := w.file.Sync(); err != nil {
		return "", fmt.Errorf("flush blob %s: %w", got.Short(), unwrapPath(err))
	}
	if err := os.Rename(w.file.Name(), w.store.Path(got)); err != nil {
		return "", fmt.Errorf("keep blob %s: %w", got.Short(), err)
	}
	w.sent = true
	return got, w.Close()
}

// Discard throws the partial away.
func (w *Writer) Discard() error {
	w.keep = false
	return w.Close()
}

// Close ends the writing. What was not committed stays as a partial, if it has a key.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	var err error
	if !w.sent && (!w.keep || w.size == 0) {
		err = os.Remove(w.file.Name())
	}
	err = errors.Join(err, w.file.Close())
	w.file = nil
	return err
}
