package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"
	"bantam/internal/image/archive"
	"bantam/internal/image/digest"

	stdtar "archive/tar"

	"golang.org/x/sys/unix"
)

// download is ADD of a URL: a file of mode 0600 with the server's time. It is fetched every
// time, as its content is a part of the key, but not if its digest is given and known.
func (w *work) download(ctx context.Context, src string, c *dockerfile.Copy) (*group, error) {
	d, err := w.Opener.Fetch(ctx, src)
	if err != nil {
		return nil, err
	}
	if c.Checksum != "" {
		want, err := digest.Parse(c.Checksum)
		if err != nil {
			return nil, fmt.Errorf("--checksum=%s: %w", c.Checksum, err)
		}
		if want != d.Sum {
			return nil, fmt.Errorf("digest mismatch %s: %s", d.Sum, want)
		}
	}
	w.used(Material{URI: src, Digest: d.Sum})
	dir, base := path.Split(d.Path)
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	w.closeLater(fd)
	t := &tree.Tree{FD: fd, Unowned: true}
	e := tree.Entry{Path: base}
	if err := unix.Fstatat(fd, base, &e.Stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, err
	}
	g := &group{tree: t, name: d.Name, mode: 0o600, entries: []picked{{Entry: e}}}
	if c.Unpack != nil && *c.Unpack {
		g.archive, err = isArchive(t, &e)
	}
	return g, err
}

// repository is ADD of a git repository: its files at a commit.
func (w *work) repository(ctx context.Context, src string, c *dockerfile.Copy, exclude *tree.Ignore) (*group, error) {
	g, _, err := dockerfile.ParseGit(src)
	if err != nil {
		return nil, err
	}
	keep := g.Keep
	if c.KeepGit != nil {
		if keep != nil && *keep != *c.KeepGit {
			return nil, errors.New("inconsistent keep-git-dir configuration")
		}
		keep = c.KeepGit
	}
	if c.Checksum != "" {
		if g.Checksum != "" && g.Checksum != c.Checksum {
			return nil, fmt.Errorf("checksum mismatch %q != %q", c.Checksum, g.Checksum)
		}
		g.Checksum = c.Checksum
	}
	s, err := w.Opener.Clone(ctx, g, keep != nil && *keep)
	if err != nil {
		return nil, err
	}
	w.closeLater(s.FD)
	w.used(Material{URI: s.Remote + "#" + s.Revision})
	out := &group{tree: s.Tree, isDir: true}
	return out, out.walk("", "", exclude)
}

func (w *work) closeLater(fd int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, fd)
}

// isArchive says that ADD unpacks a file: one that begins as a tar file, compressed or not.
func isArchive(t *tree.Tree, e *tree.Entry) (bool, error) {
	if !e.IsRegular() || e.Stat.Size == 0 {
		return false, nil
	}
	fd, err := t.Open(e.Path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return false, fmt.Errorf("open %s: %w", e.Path, err)
	}
	f := os.NewFile(uintptr(fd), e.Path)
	defer f.Close()
	r, err := archive.NewReader(f)
	if err != nil {
		return false, nil // a compressor's magic number and nothing behind it
	}
	defer r.Close()
	h, err := stdtar.NewReader(r).Next()
	return err == nil && strings.Trim(h.Name, "\x00") != "", nil
}
