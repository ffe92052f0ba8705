package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"bantam/internal/container/folder"
	"bantam/internal/image/layer"
	"bantam/internal/image/local"

	"golang.org/x/sys/unix"
)

// Export writes a container's files as a tar file: its layers, without what is mounted
// over them.
func (e *Engine) Export(name string, w io.Writer) error {
	_, c, err := e.get(name)
	if err != nil {
		return err
	}
	fd, err := c.overlay(false)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	e.containerEvent(c.Record, "export")
	return layer.Pack(w, fd, layer.PackOptions{})
}

// ExportFile is Export into a file that is complete or as it was before.
func (e *Engine) ExportFile(name, path string) error {
	return writeWhole(path, func(w io.Writer) error { return e.Export(name, w) })
}

// CommitOptions are those of docker commit.
type CommitOptions struct {
	Reference string
	Author    string
	Message   string
	Changes   []string
	NoPause   bool
}

// Commit makes an image of a container: its image's layers and one of what it has
// changed, which is read from its upper folder and nothing else.
func (e *Engine) Commit(name string, o *CommitOptions) (string, error) {
	_, c, err := e.get(name)
	if err != nil {
		return "", err
	}
	id, err := e.commit(c, o)
	if err == nil {
		if ref, _ := (&ImportOptions{Reference: o.Reference}).reference(); ref != nil {
			e.tagEvent(id, ref, c.Record.Config.Labels)
		}
		e.containerEvent(c.Record, "commit", "comment", o.Message, "imageID", id, "imageRef", o.Reference)
	}
	return id, err
}

func (e *Engine) commit(c *container, o *CommitOptions) (string, error) {
	ref, err := (&ImportOptions{Reference: o.Reference}).reference()
	if err != nil {
		return "", err
	}
	s, err := e.images()
	if err != nil {
		return "", err
	}
	base, err := s.Find(c.Record.Image)
	if err != nil {
		return "", err
	}
	config := c.committed(&base.Config, o)
	if err := config.Config.Change(o.Changes); err != nil {
		return "", err
	}
	if c.State.Status == "running" && !o.NoPause && !c.Marked(folder.Paused) {
		goOn, err := e.still(c)
		if err != nil {
			return "", err
		}
		defer goOn()
	}
	upper, err := unix.Open(c.Path("upper"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, os.ErrNotExist) {
		lease, err := s.Lease()
		if err != nil {
			return "", err
		}
		defer lease.Close()
		config.History[len(config.History)-1].EmptyLayer = true
		id, err := addImage(lease, config, ref)
		return id.String(), err
	}
	if err != nil {
		return "", err
	}
	defer unix.Close(upper)
	r, w := io.Pipe()
	go func() { w.CloseWithError(layer.Pack(w, upper, layer.PackOptions{Overlay: true})) }()
	defer r.Close()
	id, err := addLayer(s, config, ref, r, Limits{})
	return id.String(), err
}

// committed is the configuration of the new image, before the changes.
func (c *container) committed(base *local.Config, o *CommitOptions) *local.Config {
	n := *base
	n.Created = time.Now().UTC()
	if n.Architecture == "" {
		n.Architecture = runtime.GOARCH
	}
	n.RootFS.DiffIDs = slices.Clone(base.RootFS.DiffIDs)
	n.History = append(slices.Clone(base.History), local.History{Created: n.Created, CreatedBy: strings.Join(append([]string{c.Record.Path}, c.Record.Args...), " "), Comment: o.Message, Author: o.Author})
	own := &c.Record.Config
	p := base.Config
	p.User, p.Env, p.Cmd, p.Entrypoint, p.WorkingDir, p.Labels, p.StopSignal = own.User, own.Env, own.Cmd, own.Entrypoint, own.WorkingDir, own.Labels, own.StopSignal
	n.Config = p
	n.Author = o.Author
	return &n
}

// Change is one line of docker diff.
type Change struct {
	Kind string // A, C or D
	Path string
}

// Diff lists what a container has added, changed and deleted, from its upper folder and
// nothing else.
func (e *Engine) Diff(name string) ([]Change, error) {
	_, c, err := e.get(name)
	if err != nil {
		return nil, err
	}
	fd, err := c.lower()
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var list []Change
	upper := c.Path("upper")
	err = filepath.WalkDir(upper, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || path == upper {
			return err
		}
		rel := strings.TrimPrefix(path, upper)
		var st, old unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return nil
		}
		below := unix.Fstatat(fd, rel[1:], &old, unix.AT_SYMLINK_NOFOLLOW) == nil
		switch {
		case st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0:
			list = append(list, Change{"D", rel})
		case below:
			list = append(list, Change{"C", rel})
		default:
			list = append(list, Change{"A", rel})
		}
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return list, err
}

// lower opens the files of the container's image.
func (c *container) lower() (int, error) {
	if len(c.Record.Layers) == 1 {
		return unix.Open(c.Record.Layers[0], unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	image := container{Folder: c.Folder, Record: c.Record}
	image.Dir = c.Path("nothing")
	fd, err := image.overlay(false)
	if err != nil {
		return -1, fmt.Errorf("compare with the image: %w", err)
	}
	return fd, nil
}
