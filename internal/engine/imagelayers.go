package engine

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// Kinds of what a layer does to a file.
const (
	FileAdded   = 'A'
	FileChanged = 'M'
	FileDeleted = 'D'
)

// LayerFile is a file, folder or other entry of a layer.
type LayerFile struct {
	Path string // without a slash in front
	Kind byte   // FileAdded and so on; 0 for a folder that was there and is
	Dir  bool
	Link string // target of a symbolic link
	Mode uint32 // st_mode
	UID  uint32
	GID  uint32
	Size int64 // bytes; of a second name of one file 0
}

// LayerInfo is a layer and what it does to those below.
type LayerInfo struct {
	DiffID    string
	Created   time.Time
	CreatedBy string
	Comment   string
	Size      int64 // bytes of its files
	Added     int
	Changed   int
	Deleted   int
	Wasted    int64       // bytes of files below that it hides
	SharedBy  []string    // names, or ids, of other images that have it
	Files     []LayerFile `json:",omitempty"`
}

// ImageLayers is an image as its layers, the base first.
type ImageLayers struct {
	ID     string
	Names  []string
	Size   int64 // bytes of all files
	Wasted int64 // of them in files that nobody sees
	Layers []LayerInfo
}

// ImageLayers looks at what each layer of an image does; files lists its files, too.
func (e *Engine) ImageLayers(name string, files bool) (*ImageLayers, error) {
	s, err := e.images()
	if err != nil {
		return nil, err
	}
	if _, err := find(s, name); err != nil { // which may put the built-in image there
		return nil, err
	}
	lease, err := s.Lease() // the layers stay while they are read
	if err != nil {
		return nil, err
	}
	defer lease.Close()
	i, _, err := s.FindNamed(name)
	if err != nil {
		return nil, err
	}
	for _, d := range i.RootFS.DiffIDs {
		if _, err := lease.Protect(d); err != nil {
			return nil, err
		}
	}
	out := &ImageLayers{ID: i.ID.String(), Size: i.Size}
	for _, n := range i.Names {
		out.Names = append(out.Names, n.Familiar())
	}
	if err := out.look(s, i); err != nil {
		return nil, err
	}
	if err := out.share(s, i.ID); err != nil {
		return nil, err
	}
	if !files {
		for k := range out.Layers {
			out.Layers[k].Files = nil
		}
	}
	return out, nil
}

func (o *ImageLayers) look(s *local.Store, i *local.Image) error {
	dirs := s.Layers(&i.Config)
	below := &visible{sizes: map[string]int64{}}
	for k, d := range i.RootFS.DiffIDs {
		l := LayerInfo{DiffID: d.String()}
		if err := below.add(dirs[len(i.RootFS.DiffIDs)-1-k], &l); err != nil {
			return err
		}
		o.Wasted += l.Wasted
		o.Layers = append(o.Layers, l)
	}
	k := 0
	for _, h := range i.History {
		if h.EmptyLayer || k == len(o.Layers) {
			continue
		}
		o.Layers[k].Created, o.Layers[k].CreatedBy, o.Layers[k].Comment = h.Created, h.CreatedBy, h.Comment
		k++
	}
	return nil
}

// share finds the other images that have the layers.
func (o *ImageLayers) share(s *local.Store, own digest.Digest) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID == own {
			continue
		}
		i, err := s.Find(other.ID.String())
		if err != nil {
			continue // removed meanwhile
		}
		name := other.ID.Short()
		if len(other.Names) > 0 {
			name = other.Names[0].Familiar()
		}
		for k := range o.Layers {
			if slices.Contains(i.RootFS.DiffIDs, digest.Digest(o.Layers[k].DiffID)) {
				o.Layers[k].SharedBy = append(o.Layers[k].SharedBy, name)
			}
		}
	}
	return nil
}

// visible is what can be seen of the layers so far: paths and the bytes of their files.
type visible struct{ sizes map[string]int64 }

// add walks a layer's own folder, in which no link is followed.
func (v *visible) add(dir string, l *LayerInfo) error {
	inodes := map[uint64]bool{}
	own := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		f := LayerFile{Path: path[len(dir)+1:], Mode: st.Mode, UID: st.Uid, GID: st.Gid, Dir: d.IsDir()}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			if !inodes[st.Ino] {
				f.Size = st.Size
			}
			inodes[st.Ino] = true
		case unix.S_IFLNK:
			f.Link = readLink(path)
		case unix.S_IFCHR:
			if st.Rdev == 0 {
				f.Kind = FileDeleted
			}
		}
		v.file(l, &f, own)
		if f.Dir && isOpaque(path) {
			v.hide(l, f.Path)
		}
		return nil
	})
	for p, n := range own {
		v.sizes[p] = n
	}
	return err
}

func (v *visible) file(l *LayerInfo, f *LayerFile, own map[string]int64) {
	old, there := v.sizes[f.Path]
	switch {
	case f.Kind == FileDeleted:
		l.Deleted++
		f.Mode = 0
		v.hide(l, f.Path)
	case !there:
		f.Kind = FileAdded
		l.Added++
	case f.Dir && old < 0:
	default:
		f.Kind = FileChanged
		l.Changed++
		v.hide(l, f.Path)
	}
	if f.Kind != FileDeleted {
		own[f.Path] = f.Size
		if f.Dir {
			own[f.Path] = -1
		}
	}
	l.Size += f.Size
	l.Files = append(l.Files, *f)
}

// hide takes away a path and what is below it.
func (v *visible) hide(l *LayerInfo, path string) {
	n, there := v.sizes[path]
	if there && n >= 0 {
		l.Wasted += n
		delete(v.sizes, path)
		return
	}
	for p, n := range v.sizes {
		if strings.HasPrefix(p, path+"/") {
			l.Wasted += max(n, 0)
			delete(v.sizes, p)
		}
	}
	delete(v.sizes, path)
}

func isOpaque(dir string) bool {
	var b [1]byte
	for _, prefix := range [...]string{"trusted.overlay.", "user.overlay."} {
		if n, err := unix.Lgetxattr(dir, prefix+"opaque", b[:]); err == nil && n == 1 && b[0] == 'y' {
			return true
		}
	}
	return false
}

func readLink(path string) string {
	b := make([]byte, 4096)
	n, err := unix.Readlink(path, b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}
