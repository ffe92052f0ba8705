package layer

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

type marker uint8

const (
	notWhiteout marker = iota
	removesName        // .wh.NAME: NAME of the lower layers is gone
	opaqueDir          // .wh..wh..opq: so is all that lower layers have in the folder
	aufsMeta           // any other .wh..wh.: notes of aufs, without meaning here
	badWhiteout
)

const whPrefix = ".wh."

// markerOf tells by its name what an entry does to the layers below
// (image-spec, layer.md, "Whiteouts"). Names that would make it mean a folder's
// own or parent entry, or a part of a path, are bad.
func markerOf(parent, base string) marker {
	for part := range strings.SplitSeq(parent, "/") {
		if strings.HasPrefix(part, whPrefix+whPrefix) {
			return aufsMeta
		}
		if strings.HasPrefix(part, whPrefix) {
			return badWhiteout
		}
	}
	switch rest, ok := strings.CutPrefix(base, whPrefix); {
	case !ok:
		return notWhiteout
	case rest == ".wh..opq":
		return opaqueDir
	case strings.HasPrefix(rest, whPrefix):
		return aufsMeta
	case rest == "" || rest == "." || rest == "..":
		return badWhiteout
	}
	return removesName
}

// whiteout turns the marker into overlayfs's own: a character device 0:0, or an
// attribute of the folder (kernel, filesystems/overlayfs.rst, "whiteouts and
// opaque directories").
func (u *unpacker) whiteout(kind marker, parent, base string) error {
	switch kind {
	case badWhiteout:
		return errors.New("not a valid whiteout")
	case aufsMeta:
		return nil
	}
	if err := u.dirs.enter(parent, u.overlay); err != nil {
		return err
	}
	if kind == opaqueDir {
		return setOpaque(u.dirs.top().fd, u.overlay)
	}
	return u.hide(strings.TrimPrefix(base, whPrefix))
}

// hide covers name of the lower layers. What this layer has itself stays: a
// whiteout concerns lower layers only, whatever the order of the entries.
func (u *unpacker) hide(name string) error {
	dir := u.dirs.top().fd
	err := unix.Mknodat(dir, name, unix.S_IFCHR, 0)
	if err != unix.EEXIST {
		if err != nil {
			return fmt.Errorf("make whiteout: %w", err)
		}
		return nil
	}
	fd, err := unix.Openat(dir, name, openDir, 0)
	if err == unix.ENOTDIR || err == unix.ELOOP {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make whiteout: %w", err)
	}
	defer unix.Close(fd)
	return setOpaque(fd, u.overlay)
}

func setOpaque(fd int, overlay string) error {
	if err := unix.Fsetxattr(fd, overlay+"opaque", []byte("y"), 0); err != nil {
		return fmt.Errorf("make directory opaque: %w", err)
	}
	return nil
}

// isWhiteout reports whether name in dir is a character device 0:0.
func isWhiteout(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil &&
		st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}
