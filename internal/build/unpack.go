package build

import (
	"fmt"
	"io"
	"os"
	"path"

	"archive/tar"
	"bantam/internal/build/tree"
	"bantam/internal/image/archive"
	"bantam/internal/image/layer"
	"bantam/internal/linux/mount"

	"golang.org/x/sys/unix"
)

// unpackAll does an ADD with archives in it: everything is written into an overlay over the
// layers so far, so that an archive's paths mean what they mean in the image, and what is
// in the upper folder then is the layer.
func (w *work) unpackAll(cp *copier, groups []group, out io.Writer) error {
	dir, err := os.MkdirTemp(w.Temp, "add-")
	if err != nil {
		return err
	}
	defer layer.Remove(dir)
	for _, d := range [...]string{"/upper", "/work", "/empty"} {
		if err := os.Mkdir(dir+d, 0o755); err != nil {
			return err
		}
	}
	fd, err := mount.Overlay(append(w.folders(), dir+"/empty"), []string{dir + "/upper", dir + "/work"})
	if err != nil {
		return fmt.Errorf("mount the layers: %w", err)
	}
	defer unix.Close(fd)
	cp.below, cp.several = &tree.Tree{FD: fd}, len(groups) > 1
	for i := range groups {
		if err := cp.unpackGroup(&groups[i]); err != nil {
			return err
		}
	}
	upper, err := unix.Open(dir+"/upper", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(upper)
	return layer.Pack(out, upper, layer.PackOptions{Overlay: true, Change: func(h *tar.Header) { cp.clamp(h) }})
}

// unpackGroup puts one group into the overlay.
func (cp *copier) unpackGroup(g *group) error {
	if g.archive {
		return cp.unpackArchive(g)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(cp.tar([]group{*g}, w)) }()
	defer r.Close()
	_, err := layer.Unpack(cp.below.FD, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0})
	return err
}

func (cp *copier) unpackArchive(g *group) error {
	e := &g.entries[0].Entry
	to, err := cp.unpackTo()
	if err != nil {
		return err
	}
	defer unix.Close(to)
	fd, err := g.tree.Open(e.Path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return fmt.Errorf("open %s: %w", e.Path, err)
	}
	f := os.NewFile(uintptr(fd), e.Path)
	defer f.Close()
	r, err := archive.NewReader(f)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = layer.Unpack(to, r, layer.Options{Plain: true, Rootless: os.Geteuid() != 0, Owner: cp.owner})
	if err != nil {
		return fmt.Errorf("unpack %s: %w", g.name, err)
	}
	return nil
}

// unpackTo opens the destination, a folder that is made where it is missing.
func (cp *copier) unpackTo() (int, error) {
	p, isDir, err := cp.target(cp.dest)
	if err == nil && !isDir {
		err = cp.mkdirs(p)
	}
	if err != nil {
		return -1, err
	}
	return cp.below.Open(p, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
}

// mkdirs makes a folder of the overlay and those above it. Its path is resolved.
func (cp *copier) mkdirs(p string) error {
	if p == "" {
		return nil
	}
	if err := cp.mkdirs(parentOf(p)); err != nil {
		return err
	}
	dir, err := cp.below.Open(parentOf(p), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return fmt.Errorf("destination /%s: %w", p, err)
	}
	defer unix.Close(dir)
	base := path.Base(p)
	if err := unix.Mkdirat(dir, base, 0o755); err == unix.EEXIST {
		return nil
	} else if err != nil {
		return fmt.Errorf("create /%s: %w", p, err)
	}
	if cp.owner == nil {
		return nil
	}
	return unix.Fchownat(dir, base, cp.owner.UID, cp.owner.GID, unix.AT_SYMLINK_NOFOLLOW)
}
