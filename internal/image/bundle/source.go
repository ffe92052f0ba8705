// Package bundle reads and writes images as files: docker's archives and OCI layouts,
// both as a tar file and as a folder.
//
// An archive that is a plain file is read where it stands: one pass over its headers finds
// every entry, and its layers are then read side by side. What can't be read at will (a
// pipe, a compressed archive) is first copied to a nameless file.
//
// Everything in an archive is hostile: names are looked up in a list and never on the
// host, links are followed inside the archive and not in circles, JSON is bounded, and
// every blob is verified against its digest.
package bundle

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"bantam/internal/image/archive"
	"bantam/internal/image/manifest"
)

// Source gives the files of an archive or a folder.
type Source interface {
	// Open returns a file and its size; os.ErrNotExist where there is none of that name.
	Open(name string) (io.ReadCloser, int64, error)
	Close() error
}

// limits of an archive's list of entries.
const (
	maxEntries = 1 << 20
	maxLinks   = 16
)

// OpenFolder reads an archive that has been unpacked. No name leads out of it.
func OpenFolder(dir string) (Source, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return folder{root}, nil
}

type folder struct{ *os.Root }

func (f folder) Open(name string) (io.ReadCloser, int64, error) {
	name = clean(name)
	info, err := f.Root.Stat(name) // before it is opened: a pipe would not return
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is no regular file", name)
	}
	file, err := f.Root.Open(name)
	return file, info.Size(), err
}

func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// OpenTar reads an archive. spool makes a nameless file for what can't be read at will;
// limit bounds it in bytes.
func OpenTar(ctx context.Context, in io.Reader, spool func() (*os.File, error), limit int64) (Source, error) {
	if f, ok := in.(*os.File); ok {
		if s, err := openPlain(f); s != nil || err != nil {
			return s, err
		}
	}
	plain, err := archive.NewReader(in)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	f, err := spool()
	if err != nil {
		return nil, err
	}
	ahead := archive.NewAhead(ctx, plain)
	defer ahead.Close()
	n, err := io.Copy(f, io.LimitReader(ahead, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("the archive expands to more than the limit of %d bytes", limit)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return index(f, 0, n, f)
}

// openPlain returns nil where the file is compressed or can't be read at will.
func openPlain(f *os.File) (Source, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	head := make([]byte, archive.MagicLen)
	n, err := f.ReadAt(head, at)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if archive.Detect(head[:n]) != archive.Plain {
		return nil, nil
	}
	return index(f, at, info.Size()-at, io.NopCloser(nil))
}

// tarFile is an archive whose entries are known.
type tarFile struct {
	in      io.ReaderAt
	entries map[string]entry
	io.Closer
}

type entry struct {
	at, size int64
	link     string // where it is one
}

// index looks at every header.
func index(in io.ReaderAt, from, size int64, c io.Closer) (Source, error) {
	t := &tarFile{in: in, entries: map[string]entry{}, Closer: c}
	section := io.NewSectionReader(in, from, size)
	r := tar.NewReader(section)
	for n := 0; ; n++ {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			c.Close()
			return nil, broken(err, n)
		}
		if n == maxEntries {
			c.Close()
			return nil, fmt.Errorf("the archive has more than %d entries", maxEntries)
		}
		at, _ := section.Seek(0, io.SeekCurrent)
		if err := t.add(h, from+at); err != nil {
			c.Close()
			return nil, err
		}
		if at+h.Size > size {
			c.Close()
			return nil, fmt.Errorf("the archive is cut short in %q: %w", clean(h.Name), io.ErrUnexpectedEOF)
		}
	}
	if len(t.entries) == 0 {
		c.Close()
		return nil, errors.New("the archive is empty")
	}
	return t, nil
}

func broken(err error, n int) error {
	switch {
	case n == 0:
		return fmt.Errorf("this is not a tar archive: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the archive is cut short after %d entries: %w", n, err)
	}
	return fmt.Errorf("the archive is broken after %d entries: %w", n, err)
}

func (t *tarFile) add(h *tar.Header, at int64) error {
	name := clean(h.Name)
	switch h.Typeflag {
	case tar.TypeReg:
		t.entries[name] = entry{at: at, size: h.Size}
	case tar.TypeLink:
		t.entries[name] = entry{link: clean(h.Linkname)}
	case tar.TypeSymlink:
		t.entries[name] = entry{link: clean(path.Join("/", path.Dir(name), h.Linkname))}
	case tar.TypeDir, tar.TypeXGlobalHeader:
	default:
		return fmt.Errorf("the archive has %q of a kind that images don't have", name)
	}
	return nil
}

func (t *tarFile) Open(name string) (io.ReadCloser, int64, error) {
	name = clean(name)
	for range maxLinks {
		e, ok := t.entries[name]
		if !ok {
			return nil, 0, fmt.Errorf("the archive has no %q: %w", name, os.ErrNotExist)
		}
		if e.link == "" {
			return section{io.NewSectionReader(t.in, e.at, e.size)}, e.size, nil
		}
		name = e.link
	}
	return nil, 0, fmt.Errorf("links in the archive lead to %q in a circle", name)
}

type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

// readSmall reads a file that is JSON.
func readSmall(s Source, name string) ([]byte, error) {
	r, size, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size > manifest.MaxSize {
		return nil, fmt.Errorf("%s has %d bytes: more than 4 MiB of JSON are refused", name, size)
	}
	return io.ReadAll(r)
}
