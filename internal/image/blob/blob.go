// Package blob keeps content by its digest.
//
//	DIR/sha256/HEX     a blob, complete, verified when it was written, never changed
//	DIR/partial/KEY    one that is being written, locked by its writer (flock)
//
// A blob is written aside, hashed on the way, flushed and renamed, so that what has a
// blob's name is a whole blob. A writer that is killed or gives up leaves its partial,
// and the next writer of the same key goes on where it ended: a broken download
// resumes. What is kept is decided by package local, which has the garbage collector.
package blob

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Store is the blobs below Dir.
type Store struct{ Dir string }

// ErrCorrupt says that content is not what its digest or size says.
var ErrCorrupt = errors.New("the content is corrupt")

// Path is where a blob is or would be.
func (s *Store) Path(d digest.Digest) string { return s.Dir + "/sha256/" + d.Hex() }

// Size of a blob in bytes; os.ErrNotExist where there is none.
func (s *Store) Size(d digest.Digest) (int64, error) {
	info, err := os.Lstat(s.Path(d))
	if err != nil {
		return 0, fmt.Errorf("blob %s: %w", d.Short(), unwrapPath(err))
	}
	return info.Size(), nil
}

// Has says whether a blob is there.
func (s *Store) Has(d digest.Digest) bool {
	_, err := s.Size(d)
	return err == nil
}

// unwrapPath leaves out a path of the store, which says nothing to the user.
func unwrapPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Open returns a blob's bytes, which are verified while they are read: the end comes as
// ErrCorrupt where they are not what the digest says.
func (s *Store) Open(d digest.Digest) (*Reader, error) {
	f, err := os.Open(s.Path(d))
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", d.Short(), unwrapPath(err))
	}
	return &Reader{File: f, want: d, hash: digest.New()}, nil
}

// Reader is an open blob. Its Read verifies; what is read through File (ReadAt, sendfile)
// isn't.
type Reader struct {
	File *os.File
	want digest.Digest
	hash hash.Hash
}

func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	r.hash.Write(p[:n])
	if err == io.EOF && digest.From(r.hash) != r.want {
		return n, fmt.Errorf("blob %s: %w: `bantam system fsck` tells more", r.want.Short(), ErrCorrupt)
	}
	return n, err
}

// Close closes the file.
func (r *Reader) Close() error { return r.File.Close() }

// Read returns a whole blob, verified; more than limit bytes are an error. It is for
// manifests and configurations.
func (s *Store) Read(d digest.Digest, limit int64) ([]byte, error) {
	r, err := s.Open(d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("blob %s is larger than %d bytes", d.Short(), limit)
	}
	return b, err
}

// Put keeps b, where it isn't kept yet, and returns its digest.
func (s *Store) Put(b []byte) (digest.Digest, error) {
	d := digest.FromBytes(b)
	if s.Has(d) {
		return d, nil
	}
	w, err := s.Begin("")
	if err != nil {
		return "", err
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		return "", err
	}
	_, err = w.Commit(d, int64(len(b)))
	return d, err
}

// Remove deletes a blob. Only the garbage collector may know that nobody needs it.
func (s *Store) Remove(d digest.Digest) error {
	if err := os.Remove(s.Path(d)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove blob %s: %w", d.Short(), unwrapPath(err))
	}
	return nil
}

// List names all blobs.
func (s *Store) List() ([]digest.Digest, error) {
	names, err := Names(s.Dir + "/sha256")
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	var list []digest.Digest
	for _, n := range names {
		if len(n) == 64 && digest.IsHex(n) {
			list = append(list, digest.FromHex(n))
		}
	}
	return list, nil
}

// Names lists a folder, unsorted; none where there is no folder.
func Names(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (s *Store) partial(key string) string { return s.Dir + "/partial/" + key }

// Begin starts to write a blob. A key (the hexadecimal digits of the digest that a
// download should have, or an upload's id) names the partial, which is taken up where it
// was left; a writer of the same key waits for this one. Without a key nothing is left.
func (s *Store) Begin(key string) (*Writer, error) {
	if strings.ContainsAny(key, "/\x00") || strings.HasPrefix(key, ".") || len(key) > 128 {
		return nil, fmt.Errorf("write blob: %q is no key", key)
	}
	for _, d := range [...]string{s.Dir + "/partial", s.Dir + "/sha256"} {
		if err := os.MkdirAll(d, 0o710); err != nil {
			return nil, fmt.Errorf("write blob: %w", err)
		}
	}
	w := &Writer{store: s, hash: digest.New(), keep: key != ""}
	if err := w.open(key); err != nil {
		return nil, fmt.Errorf("write blob: %w", unwrapPath(err))
	}
	if err := w.resume(); err != nil {
		w.file.Close()
		return nil, fmt.Errorf("resume blob: %w", unwrapPath(err))
	}
	return w, nil
}

// open makes or opens the partial and locks it; another writer may have finished or
// discarded it between the two.
func (w *Writer) open(key string) (err error) {
	for {
		if key == "" {
			w.file, err = os.CreateTemp(w.store.Dir+"/partial", ".new-")
		} else {
			w.file, err = os.OpenFile(w.store.partial(key), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o640)
		}
		if err != nil {
			return err
		}
		if err = lock(w.file, unix.LOCK_EX); err != nil {
			w.file.Close()
			return err
		}
		if stillAt(w.file) {
			return nil
		}
		w.file.Close()
	}
}

func lock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// stillAt says whether the open file is the one that has its name.
func stillAt(f *os.File) bool {
	own, err := f.Stat()
	there, gone := os.Lstat(f.Name())
	return err == nil && gone == nil && os.SameFile(own, there)
}

// Clean removes partials that nobody writes and that were last written before old
// (seconds since 1970), and those without a key.
func (s *Store) Clean(old int64) error {
	names, err := Names(s.Dir + "/partial")
	if err != nil {
		return fmt.Errorf("list partial blobs: %w", err)
	}
	for _, n := range names {
		path := filepath.Join(s.Dir, "partial", n)
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue // gone meanwhile
		}
		info, err := f.Stat()
		if err == nil && (strings.HasPrefix(n, ".") || info.ModTime().Unix() < old) && lock(f, unix.LOCK_EX|unix.LOCK_NB) == nil && stillAt(f) {
			os.Remove(path)
		}
		f.Close()
	}
	return nil
}
