package local

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"bantam/internal/image/archive"
	"bantam/internal/image/digest"

	"golang.org/x/sys/unix"
)

// Bounds of what an archive may hold, against bombs.
const (
	maxEntries = 4 << 20
	maxSize    = 256 << 30
)

// Unpack reads a tar file, compressed or not, into a layer, and returns its diff
// id and the size of its files. os.Root keeps every path inside the layer,
// whatever links the archive has made before.
func (s *Store) Unpack(r io.Reader) (digest.Digest, int64, error) {
	if err := os.MkdirAll(s.Root+"/layers", 0o710); err != nil {
		return "", 0, err
	}
	tmp, err := os.MkdirTemp(s.Root+"/layers", ".new-")
	if err != nil {
		return "", 0, err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", 0, err
	}
	plain, err := archive.NewReader(r)
	if err != nil {
		return "", 0, err
	}
	defer plain.Close()
	hash := digest.New()
	tee := io.TeeReader(plain, hash)
	size, err := extract(tmp, tar.NewReader(tee))
	if err == nil {
		_, err = io.Copy(io.Discard, tee) // what stands behind the end mark is part of the diff id
	}
	if err != nil {
		return "", 0, fmt.Errorf("unpack: %w", err)
	}
	id := digest.From(hash)
	err = os.Rename(tmp, s.layer(id))
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY) {
		err = nil // it was there already
	}
	return id, size, err
}

func extract(dir string, tr *tar.Reader) (int64, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	x := &extraction{root: root}
	for n := 0; ; n++ {
		h, err := tr.Next()
		if err == io.EOF {
			return x.size, x.finish()
		}
		if err != nil {
			return 0, err
		}
		if n >= maxEntries {
			return 0, fmt.Errorf("more than %d entries", maxEntries)
		}
		if err := x.entry(h, tr); err != nil {
			return 0, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// extraction is one archive on its way into a folder.
type extraction struct {
	root *os.Root
	size int64
	dirs []*tar.Header // their times are set last
}

func (x *extraction) entry(h *tar.Header, body io.Reader) error {
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	if h.Typeflag == tar.TypeXGlobalHeader || strings.HasPrefix(path.Base(name), ".wh.") {
		return nil // a whiteout: there is nothing below the only layer
	}
	if name == "" {
		name = "."
	} else if err := x.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if h.Size < 0 || x.size+h.Size > maxSize {
		return fmt.Errorf("more than %d bytes", int64(maxSize))
	}
	if err := x.clear(name, h); err != nil {
		return err
	}
	h.Name = name
	if err := x.create(h, body); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeLink {
		return nil // its inode has been dealt with
	}
	return x.attributes(h)
}

// clear makes room: a later entry of a name replaces an earlier one; two folders become one.
func (x *extraction) clear(name string, h *tar.Header) error {
	st, err := x.root.Lstat(name)
	if errors.Is(err, os.ErrNotExist) || err == nil && st.IsDir() && h.Typeflag == tar.TypeDir {
		return nil
	}
	if err != nil {
		return err
	}
	if name == "." {
		return errors.New("the root must be a folder")
	}
	return x.root.RemoveAll(name)
}

func (x *extraction) create(h *tar.Header, body io.Reader) error {
	switch h.Typeflag {
	case tar.TypeDir:
		x.dirs = append(x.dirs, h)
		if err := x.root.Mkdir(h.Name, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		return nil
	case tar.TypeReg:
		f, err := x.root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		n, err := io.Copy(f, body)
		x.size += n
		return errors.Join(err, f.Close())
	case tar.TypeSymlink:
		return x.root.Symlink(h.Linkname, h.Name)
	case tar.TypeLink:
		return x.root.Link(strings.TrimPrefix(path.Clean("/"+h.Linkname), "/"), h.Name)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return x.node(h)
	}
	return fmt.Errorf("unknown kind of entry %q", h.Typeflag)
}

// node makes a device or fifo in its already opened folder.
func (x *extraction) node(h *tar.Header) error {
	dir, err := x.root.Open(path.Dir(h.Name))
	if err != nil {
		return err
	}
	defer dir.Close()
	mode := uint32(unix.S_IFIFO)
	switch h.Typeflag {
	case tar.TypeChar:
		mode = unix.S_IFCHR
	case tar.TypeBlock:
		mode = unix.S_IFBLK
	}
	return unix.Mknodat(int(dir.Fd()), path.Base(h.Name), mode|0o600, int(unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))))
}

func (x *extraction) attributes(h *tar.Header) error {
	if os.Geteuid() == 0 {
		if err := x.root.Lchown(h.Name, h.Uid, h.Gid); err != nil {
			return err
		}
	}
	if err := x.xattrs(h); err != nil || h.Typeflag == tar.TypeSymlink {
		return err
	}
	if err := x.root.Chmod(h.Name, h.FileInfo().Mode()&(os.ModePerm|os.ModeSetuid|os.ModeSetgid|os.ModeSticky)); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeReg {
		return x.root.Chtimes(h.Name, h.ModTime, h.ModTime)
	}
	return nil
}

// xattrs sets file capabilities; other attributes could mean something to overlayfs or the host.
func (x *extraction) xattrs(h *tar.Header) error {
	value, ok := h.PAXRecords["SCHILY.xattr.security.capability"]
	if !ok || h.Typeflag != tar.TypeReg || os.Geteuid() != 0 {
		return nil
	}
	f, err := x.root.OpenFile(h.Name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Fsetxattr(int(f.Fd()), "security.capability", []byte(value), 0)
}

func (x *extraction) finish() error {
	for i := len(x.dirs) - 1; i >= 0; i-- {
		h := x.dirs[i]
		if st, err := x.root.Lstat(h.Name); err != nil || !st.IsDir() {
			continue // replaced by a later entry
		}
		if err := x.root.Chtimes(h.Name, h.ModTime, h.ModTime); err != nil {
			return err
		}
	}
	return nil
}

// Base makes the folder below every image: what docker creates in each container
// so that there is something to mount on.
func (s *Store) Base() error {
	base := s.Root + "/base"
	if _, err := os.Lstat(base); err == nil {
		return nil
	}
	return replace(base, func(tmp string) error {
		for _, d := range []string{"", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/etc", "/proc", "/sys"} {
			if err := os.Mkdir(tmp+d, 0o755); err != nil {
				return err
			}
		}
		for _, f := range []string{"/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"} {
			if err := writeDurably(tmp+f, nil); err != nil {
				return err
			}
			if err := os.Chmod(tmp+f, 0o755); err != nil {
				return err
			}
		}
		return os.Symlink("/proc/mounts", tmp+"/etc/mtab")
	})
}
