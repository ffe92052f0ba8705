package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"bantam/internal/linux/copytree"

	"golang.org/x/sys/unix"
)

// Compare says whether the entries of a tar file are in the folder that it was unpacked
// into: their types, modes, owners, links and device numbers. It is for archives in which
// no entry replaces another. Contents are compared by Rebuild, which makes the tar file.
func Compare(root int, r io.Reader) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := compareEntry(root, h); err != nil {
			return fmt.Errorf("%s: %w", printable(h.Name), err)
		}
	}
}

func compareEntry(root int, h *tar.Header) error {
	name, err := cleanName(h.Name, Limits{}.withDefaults())
	if err != nil || name == "" || h.Typeflag == tar.TypeXGlobalHeader {
		return err
	}
	parent, base := splitName(name)
	if markerOf(parent, base) != notWhiteout {
		return nil
	}
	dir, err := unix.Openat2(root, path.Join(".", parent), &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	})
	if err != nil {
		return errors.New("its folder is gone")
	}
	defer unix.Close(dir)
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		if h.Typeflag == tar.TypeChar || h.Typeflag == tar.TypeBlock {
			return nil // an ordinary user has no devices
		}
		return errors.New("it is gone")
	}
	return compareStat(dir, base, h, &st)
}

func compareStat(dir int, base string, h *tar.Header, st *unix.Stat_t) error {
	want := map[byte]uint32{
		tar.TypeDir: unix.S_IFDIR, tar.TypeReg: unix.S_IFREG, tar.TypeCont: unix.S_IFREG, tar.TypeGNUSparse: unix.S_IFREG,
		tar.TypeSymlink: unix.S_IFLNK, tar.TypeChar: unix.S_IFCHR, tar.TypeBlock: unix.S_IFBLK, tar.TypeFifo: unix.S_IFIFO,
	}[h.Typeflag]
	switch kind := st.Mode & unix.S_IFMT; {
	case want == 0: // a link to a file that has its own entry
		return nil
	case kind != want:
		return errors.New("it is of another type")
	case kind == unix.S_IFDIR: // may have been described again
		return nil
	case kind == unix.S_IFLNK:
		if to, err := readLink(dir, base); err != nil || to != h.Linkname {
			return errors.New("it leads elsewhere")
		}
	case kind != unix.S_IFLNK && st.Mode&0o7777 != uint32(h.Mode)&0o7777:
		return fmt.Errorf("its mode is %o and should be %o", st.Mode&0o7777, h.Mode&0o7777)
	case kind == unix.S_IFREG && st.Size != h.Size:
		return fmt.Errorf("it has %d bytes and should have %d", st.Size, h.Size)
	case (kind == unix.S_IFCHR || kind == unix.S_IFBLK) && st.Rdev != unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor)):
		return errors.New("it is another device")
	}
	if os.Geteuid() == 0 && (int(st.Uid) != h.Uid || int(st.Gid) != h.Gid) {
		return fmt.Errorf("its owner is %d:%d and should be %d:%d", st.Uid, st.Gid, h.Uid, h.Gid)
	}
	return compareAttributes(dir, base, h)
}

// compareAttributes looks at the extended ones that were taken over.
func compareAttributes(dir int, base string, h *tar.Header) error {
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, paxXattr)
		if !ok || !copytree.Keeps(name) || h.Typeflag != tar.TypeReg {
			continue
		}
		fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil
		}
		have := attributes(fd)[key]
		unix.Close(fd)
		if have != value && have != "" {
			return errors.New("its attribute " + name + " was changed")
		}
	}
	return nil
}
