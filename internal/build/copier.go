package build

import (
	"archive/tar"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"bantam/internal/build/dockerfile"
	"bantam/internal/build/tree"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// copier writes a layer of copied files. What is below decides where the destination
// is: its links are followed there, and its folders keep their attributes.
type copier struct {
	dest  string // as the instruction has it, a slash at its end for a folder
	below *tree.Tree
	link  bool // nothing below counts (COPY --link)
	// several sources go into a folder, or one would replace the other.
	several bool
	owner   *layer.Owner
	mode    func(uint32) uint32
	now     time.Time
	epoch   *time.Time

	w     *layer.Writer
	made  map[string]bool // folders that are written
	fresh map[string]bool // those of them that are not there below
	dir   openDir
}

// again forgets what was written.
func (cp *copier) again() {
	cp.made, cp.fresh = map[string]bool{"": true}, map[string]bool{"": cp.below == nil}
	cp.dir = openDir{fd: -1}
}

// openDir is the folder of the last file, for the next one is likely to be in it.
type openDir struct {
	tree *tree.Tree
	path string
	fd   int
}

func (w *work) newCopier(c *dockerfile.Copy) (*copier, error) {
	cp := &copier{dest: c.Dest, now: w.time(), epoch: w.opt.File.Epoch, link: c.Link}
	if c.Chown != "" {
		uid, gid, err := w.Users(w.folders(), c.Chown)
		if err != nil {
			return nil, fmt.Errorf("--chown=%s: %w", c.Chown, err)
		}
		cp.owner = &layer.Owner{UID: uid, GID: gid}
	}
	if c.Chmod != "" {
		mode, err := dockerfile.ParseMode(c.Chmod)
		if err != nil {
			return nil, err
		}
		cp.mode = mode
	}
	return cp, nil
}

// write writes all groups as the tar file of a layer.
func (w *work) write(cp *copier, groups []group, out io.Writer) error {
	if len(w.layers) > 0 && !cp.link {
		below, err := w.mounted()
		if err != nil {
			return err
		}
		defer unix.Close(below.FD)
		cp.below = below
	}
	return cp.tar(groups, out)
}

func (cp *copier) tar(groups []group, out io.Writer) error {
	cp.again()
	cp.several = cp.several || len(groups) > 1
	cp.w = layer.NewWriter(out)
	defer cp.dir.close()
	for i := range groups {
		if err := cp.group(&groups[i]); err != nil {
			return err
		}
		cp.w.Apart() // sources of their own are files of their own
	}
	return cp.w.Close()
}

func (cp *copier) group(g *group) error {
	folder := strings.HasSuffix(cp.dest, "/") || cp.dest == "/" || g.parents
	target, isDir, err := cp.target(cp.dest)
	if err != nil {
		return err
	}
	switch {
	case g.isDir:
		return cp.folder(g, target, isDir)
	case folder || isDir:
		if err := cp.parents(target); err != nil {
			return err
		}
		target = path.Join(target, g.name)
	case cp.several:
		return fmt.Errorf("when using COPY or ADD with more than one source file, the destination must be a directory and end with a /: %s is none", cp.dest)
	default:
		if err := cp.parents(parentOf(target)); err != nil {
			return err
		}
	}
	return cp.file(g, target)
}

func parentOf(p string) string { return tree.Clean(path.Dir("/" + p)) }

// target follows the links of a destination.
func (cp *copier) target(dest string) (p string, isDir bool, err error) {
	p = tree.Clean(dest)
	if cp.below == nil {
		return p, cp.made[p], nil
	}
	p, st, exists, err := cp.below.Resolve(p)
	if err != nil {
		return "", false, fmt.Errorf("destination %s: %w", dest, err)
	}
	return p, exists && st.Mode&unix.S_IFMT == unix.S_IFDIR || cp.made[p], nil
}

// parents writes the folder dir and those above it where that isn't done: as they are below,
// or new ones.
func (cp *copier) parents(dir string) error {
	if cp.made[dir] {
		return nil
	}
	if err := cp.parents(parentOf(dir)); err != nil {
		return err
	}
	cp.made[dir] = true
	if there, err := cp.asBelow(dir); there || err != nil {
		return err
	}
	cp.fresh[dir] = true
	h := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: cp.now}
	if cp.owner != nil {
		h.Uid, h.Gid = cp.owner.UID, cp.owner.GID
	}
	return cp.w.Put(h, nil)
}

// asBelow writes a folder as it is in the layers below.
func (cp *copier) asBelow(dir string) (there bool, err error) {
	st, there, err := cp.stat(dir)
	if err != nil || !there {
		return false, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return false, fmt.Errorf("cannot copy to non-directory: /%s", dir)
	}
	fd, err := cp.below.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return true, err
	}
	defer unix.Close(fd)
	return true, cp.w.Add(fd, ".", dir, func(h *tar.Header) { cp.clamp(h) })
}

// stat looks at a path of the layers below, whose folders are resolved.
func (cp *copier) stat(p string) (st unix.Stat_t, there bool, err error) {
	if cp.below == nil {
		return st, false, nil
	}
	fd, err := cp.below.Open(p, unix.O_PATH|unix.O_NOFOLLOW)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return st, false, nil
	}
	if err != nil {
		return st, false, fmt.Errorf("/%s: %w", p, err)
	}
	defer unix.Close(fd)
	return st, true, unix.Fstat(fd, &st)
}

// folder writes the content of a folder below target.
func (cp *copier) folder(g *group, target string, exists bool) error {
	if exists || g.parents {
		if err := cp.parents(target); err != nil {
			return err
		}
	} else if err := cp.parents(parentOf(target)); err != nil {
		return err
	}
	for i := range g.entries {
		e := &g.entries[i]
		name := path.Join(target, e.rel)
		if e.rel == "" && (cp.made[name] || name == "") {
			continue
		}
		if err := cp.entry(g, &e.Entry, name); err != nil {
			return err
		}
	}
	return nil
}

// entry writes one file or folder, if what stands there below lets it.
func (cp *copier) entry(g *group, e *tree.Entry, name string) error {
	there, err := cp.fits(e, name)
	if err != nil {
		return err
	}
	if e.IsDir() {
		cp.made[name], cp.fresh[name] = true, !there
	}
	if e.Stat.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return nil
	}
	dir, base, err := cp.dir.of(g.tree, e.Path)
	if err != nil {
		return err
	}
	return cp.w.Add(dir, base, name, func(h *tar.Header) { cp.change(h, g, e) })
}

// fits refuses a file in a folder's place and a folder in a file's: the one would hide the
// folder's content, the other would do so with a link's.
func (cp *copier) fits(e *tree.Entry, name string) (there bool, err error) {
	if cp.fresh[parentOf(name)] {
		return false, nil
	}
	st, there, err := cp.stat(name)
	if err != nil || !there {
		return false, err
	}
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	switch {
	case e.IsDir() && !isDir:
		return true, fmt.Errorf("cannot copy to non-directory: /%s", name)
	case !e.IsDir() && isDir:
		return true, fmt.Errorf("cannot replace to directory /%s with file", name)
	}
	return true, nil
}

// change gives a file its owner, permissions and time.
func (cp *copier) change(h *tar.Header, g *group, e *tree.Entry) {
	if g.tree.Unowned {
		h.Uid, h.Gid = 0, 0
	}
	if cp.owner != nil {
		h.Uid, h.Gid = cp.owner.UID, cp.owner.GID
	}
	if g.mode != 0 {
		h.Mode = int64(g.mode)
	}
	if cp.mode != nil && h.Typeflag != tar.TypeSymlink {
		h.Mode = int64(cp.mode(e.Stat.Mode&unix.S_IFMT | uint32(h.Mode)))
	}
	cp.clamp(h)
}

// clamp makes times not later than SOURCE_DATE_EPOCH.
func (cp *copier) clamp(h *tar.Header) { clamp(h, cp.epoch) }

func clamp(h *tar.Header, epoch *time.Time) {
	if epoch != nil && h.ModTime.After(*epoch) {
		h.ModTime = *epoch
	}
}

// file writes a single file.
func (cp *copier) file(g *group, name string) error {
	if !g.inline {
		return cp.entry(g, &g.entries[0].Entry, name)
	}
	e := &tree.Entry{Stat: unix.Stat_t{Mode: unix.S_IFREG | 0o644}}
	if _, err := cp.fits(e, name); err != nil {
		return err
	}
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, ModTime: cp.now}
	if cp.owner != nil {
		h.Uid, h.Gid = cp.owner.UID, cp.owner.GID
	}
	if cp.mode != nil {
		h.Mode = int64(cp.mode(e.Stat.Mode))
	}
	return cp.w.Put(h, g.data)
}

// of opens the folder that a path is in.
func (d *openDir) of(t *tree.Tree, p string) (fd int, base string, err error) {
	dir, base := path.Split(p)
	if p == "" {
		base = "."
	}
	dir = strings.TrimSuffix(dir, "/")
	if d.fd >= 0 && d.tree == t && d.path == dir {
		return d.fd, base, nil
	}
	d.close()
	if d.fd, err = t.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW); err != nil {
		return -1, "", fmt.Errorf("open %s: %w", dir, err)
	}
	d.tree, d.path = t, dir
	return d.fd, base, nil
}

func (d *openDir) close() {
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}
