package local

import (
	"context"
	"fmt"
	"io"
	"os"

	"bantam/internal/image/archive"
	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

// staged is a layer that is unpacked and not published: a folder that is locked, with
// the files, the displaced files and the recipe in it.
type staged struct {
	store *Store
	dir   string
	lock  int
	layer *Layer
}

func (l *Lease) stage() (*staged, error) {
	l.sweep.Do(func() { layer.Sweep(l.Root + "/layers") })
	dir, lock, err := layer.Claim(l.Root + "/layers")
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return &staged{store: l.Store, dir: dir, lock: lock}, nil
}

func (st *staged) discard() error {
	defer unix.Close(st.lock)
	return layer.Remove(st.dir)
}

// unpack reads a tar file, compressed or not. Reading, decompressing and hashing, and
// unpacking run beside each other; what is not compressed is hashed while it is read.
func (st *staged) unpack(ctx context.Context, in io.Reader, src *Source) (*Layer, error) {
	head := archive.Buffer(in)
	format, err := archive.Peek(head)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	source := io.Reader(head)
	if format != archive.Plain {
		ahead := archive.NewAhead(ctx, head)
		defer ahead.Close()
		source = ahead
	}
	plain, err := archive.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	defer plain.Close()
	hash := digest.New()
	tar := archive.NewAhead(ctx, io.TeeReader(plain, hash))
	defer tar.Close()
	stats, err := st.files(tar, src.Limits)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if err := drained(source); err != nil {
		return nil, err
	}
	out := &Layer{DiffID: digest.From(hash), Size: stats.Size, Format: plain.Format, Warnings: stats.Warnings}
	if src.DiffID != "" && out.DiffID != src.DiffID {
		return nil, fmt.Errorf("%w: the layer's diff id is %s, not %s", blob.ErrCorrupt, out.DiffID, src.DiffID)
	}
	return out, nil
}

// drained reads what is behind the compressed stream: it belongs to the blob.
func drained(r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d bytes follow the end of the compressed layer", n)
	}
	return err
}

func (st *staged) files(tar io.Reader, limits layer.Limits) (layer.Stats, error) {
	if err := os.Mkdir(st.dir+"/files", 0o755); err != nil {
		return layer.Stats{}, err
	}
	root, err := openFolder(st.dir + "/files")
	if err != nil {
		return layer.Stats{}, err
	}
	defer unix.Close(root)
	f, err := os.OpenFile(st.dir+"/recipe", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return layer.Stats{}, err
	}
	defer f.Close()
	old := -1
	defer func() {
		if old >= 0 {
			unix.Close(old)
		}
	}()
	recipe, err := layer.NewRecipe(f, func() (int, error) {
		if old < 0 {
			if err := os.Mkdir(st.dir+"/old", 0o700); err != nil {
				return -1, err
			}
			old, err = openFolder(st.dir + "/old")
		}
		return old, err
	})
	if err != nil {
		return layer.Stats{}, err
	}
	return layer.Unpack(root, tar, layer.Options{Rootless: os.Geteuid() != 0, Limits: limits, Recipe: recipe})
}

// flush brings the data of all files to the disk.
func (st *staged) flush() error {
	return layer.WriteOut(st.lock)
}

// publish gives the layer its name. The caller shares the lock.
func (st *staged) publish() error {
	to := st.store.layer(st.layer.DiffID)
	for _, part := range [...][2]string{{"/recipe", ".recipe"}, {"/old", ".old"}, {"/files", ""}} {
		err := unix.Renameat2(unix.AT_FDCWD, st.dir+part[0], unix.AT_FDCWD, to+part[1], unix.RENAME_NOREPLACE)
		if err != nil && err != unix.EEXIST && !(err == unix.ENOENT && part[0] == "/old") {
			return fmt.Errorf("keep layer %s: %w", st.layer.DiffID.Short(), err)
		}
	}
	return st.discard()
}
