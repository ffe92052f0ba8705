package layer

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"bantam/internal/linux/copytree"

	"golang.org/x/sys/unix"
)

// PackOptions say how to write a folder as a tar file.
type PackOptions struct {
	// Overlay writes an upper folder of overlayfs as a layer: its whiteouts become the
	// image's (image-spec, layer.md), what it stands on is not asked for.
	Overlay bool
	// Name is put before every name; the folder itself is Name. "" leaves it out.
	Name string
	// Skip leaves out an entry, named from the folder, and what is below it.
	Skip func(name string) bool
	// Change may alter the header of an entry before it is written, but not its name or size.
	Change func(h *tar.Header)
	// Open leaves the end of the tar file out: more follows.
	Open bool
}

// Pack writes what is below the folder root as a tar file, sorted by name. Nothing is
// followed and no other file system entered; files that vanish meanwhile are left out.
// Hard links are kept. Times are whole nanoseconds.
func Pack(w io.Writer, root int, opt PackOptions) error {
	p := &packer{w: tar.NewWriter(w), opt: opt, links: map[inode]string{}, buf: make([]byte, 128<<10)}
	dir, err := unix.Openat(root, ".", openDir, 0)
	if err != nil {
		return err
	}
	if opt.Name != "" {
		var st unix.Stat_t
		if err := unix.Fstat(dir, &st); err != nil {
			unix.Close(dir)
			return err
		}
		if err := p.header(dir, "", "", &st); err != nil {
			unix.Close(dir)
			return err
		}
	}
	if err := p.folder(dir, ""); err != nil {
		return err
	}
	if opt.Open {
		return p.w.Flush()
	}
	return p.w.Close()
}

// PackFile writes one file, of whatever kind, or the folder and what is below it; dir is
// the folder that it is in. name is what it is called in the tar file.
func PackFile(w io.Writer, dir int, file, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, file, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		fd, err := unix.Openat(dir, file, openDir, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return Pack(w, fd, PackOptions{Name: name})
	}
	p := &packer{w: tar.NewWriter(w), opt: PackOptions{Name: name}, links: map[inode]string{}, buf: make([]byte, 128<<10)}
	if err := p.header(dir, file, "", &st); err != nil {
		return err
	}
	return p.w.Close()
}

// Writer writes a tar file of files from several places, in the caller's order and under
// the caller's names.
type Writer struct{ p *packer }

// NewWriter begins a tar file.
func NewWriter(w io.Writer) *Writer {
	return &Writer{&packer{w: tar.NewWriter(w), links: map[inode]string{}, buf: make([]byte, 128<<10)}}
}

// Add writes what is called base in the folder dir, of whatever kind but not what is below
// it, as name. change may be nil. Files that have several names in what was added are
// hard links. One that is gone, or a socket, is left out.
func (w *Writer) Add(dir int, base, name string, change func(h *tar.Header)) error {
	var st unix.Stat_t
	err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT || err == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(name), err)
	}
	w.p.opt.Change = change
	return w.p.header(dir, base, name, &st)
}

// Put writes an entry that is no file's, with its content.
func (w *Writer) Put(h *tar.Header, content []byte) error {
	h.Format, h.Size = tar.FormatPAX, int64(len(content))
	if err := w.p.w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.p.w.Write(content)
	return err
}

// Apart forgets what was added: hard links are made only of what comes from now on.
func (w *Writer) Apart() { clear(w.p.links) }

// Close ends the tar file.
func (w *Writer) Close() error { return w.p.w.Close() }

type inode struct{ dev, ino uint64 }

type packer struct {
	w     *tar.Writer
	opt   PackOptions
	links map[inode]string
	buf   []byte
}

// folder writes what is in the open folder, which it closes.
func (p *packer) folder(fd int, name string) error {
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	entries, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(entries)
	if p.opt.Overlay && name != "" && isOpaque(fd) {
		if err := p.marker(join(name, whPrefix+whPrefix+".opq")); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := p.entry(fd, e, join(name, e)); err != nil {
			return err
		}
	}
	return nil
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// isOpaque: overlayfs's mark of a folder that hides the one below.
func isOpaque(fd int) bool {
	for _, prefix := range [...]string{"trusted.overlay.", "user.overlay."} {
		var b [1]byte
		if n, err := unix.Fgetxattr(fd, prefix+"opaque", b[:]); err == nil && n == 1 && b[0] == 'y' {
			return true
		}
	}
	return false
}

func (p *packer) entry(dir int, base, name string) error {
	if p.opt.Skip != nil && p.opt.Skip(name) {
		return nil
	}
	var st unix.Stat_t
	err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(name), err)
	}
	if p.opt.Overlay && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 {
		parent, last := splitName(name)
		return p.marker(join(parent, whPrefix+last))
	}
	if st.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return nil // a tar file has no form for it, and docker leaves it out, too
	}
	if err := p.header(dir, base, name, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return err
	}
	fd, err := unix.Openat(dir, base, openDir, 0)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(name), err)
	}
	return p.folder(fd, name)
}

// write writes a header as the options want it.
func (p *packer) write(h *tar.Header) error {
	if p.opt.Change != nil {
		p.opt.Change(h)
	}
	return p.w.WriteHeader(h)
}

// marker writes a whiteout.
func (p *packer) marker(name string) error {
	return p.write(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Format: tar.FormatPAX})
}

// header writes an entry and a regular file's content. An empty base is the folder itself.
func (p *packer) header(dir int, base, name string, st *unix.Stat_t) error {
	h := &tar.Header{
		Name: join(p.opt.Name, name), Mode: int64(st.Mode & 0o7777), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: time.Unix(st.Mtim.Unix()), Format: tar.FormatPAX,
	}
	if name == "" {
		h.Name = p.opt.Name
	}
	key := inode{uint64(st.Dev), st.Ino}
	kind := st.Mode & unix.S_IFMT
	if first, seen := p.links[key]; seen && kind != unix.S_IFDIR {
		h.Typeflag, h.Linkname = tar.TypeLink, first
		return p.write(h)
	}
	if st.Nlink > 1 && kind != unix.S_IFDIR {
		p.links[key] = h.Name
	}
	var err error
	switch kind {
	case unix.S_IFREG:
		return p.regular(h, dir, base, st.Size)
	case unix.S_IFDIR:
		h.Typeflag = tar.TypeDir
		h.Name += "/"
	case unix.S_IFLNK:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = readLink(dir, base); err == unix.ENOENT || err == unix.EINVAL {
			return nil
		}
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if kind == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(name), err)
	}
	return p.write(h)
}

func readLink(dir int, base string) (string, error) {
	for size := 256; ; size *= 2 {
		b := make([]byte, size)
		n, err := unix.Readlinkat(dir, base, b)
		if err != nil {
			return "", err
		}
		if n < size {
			return string(b[:n]), nil
		}
	}
}

// regular writes a file with the size that it had when it was looked at: one that
// shrinks meanwhile is filled up with zeroes.
func (p *packer) regular(h *tar.Header, dir int, base string, size int64) error {
	fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ELOOP {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(h.Name), err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return err
	}
	h.Typeflag, h.Size = tar.TypeReg, size
	h.PAXRecords = attributes(fd)
	if err := p.write(h); err != nil {
		return fmt.Errorf("pack %s: %w", printable(h.Name), err)
	}
	n, err := io.CopyBuffer(onlyWriter{p.w}, onlyReader{io.LimitReader(plainFile(fd), size)}, p.buf)
	for err == nil && n < size {
		var k int
		clear(p.buf)
		k, err = p.w.Write(p.buf[:min(int64(len(p.buf)), size-n)])
		n += int64(k)
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", printable(h.Name), err)
	}
	return nil
}

// plainFile reads a regular file without the poller that an os.File asks first.
type plainFile int

func (f plainFile) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(f), b)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// onlyWriter hides every method but Write, so that CopyBuffer uses its buffer.
type onlyWriter struct{ io.Writer }

// attributes are the extended ones that a layer keeps.
func attributes(fd int) map[string]string {
	list := make([]byte, 4096)
	n, err := unix.Flistxattr(fd, list)
	if err != nil || n == 0 {
		return nil
	}
	var found map[string]string
	for _, name := range strings.Split(strings.TrimRight(string(list[:n]), "\x00"), "\x00") {
		if !copytree.Keeps(name) {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Fgetxattr(fd, name, value)
		if err != nil {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[paxXattr+name] = string(value[:n])
	}
	return found
}
