package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"

	"golang.org/x/sys/unix"
)

func newBytes(b []byte) io.Reader { return bytes.NewReader(b) }

// openTar returns a layer's tar file, made again from its files.
func (s *Store) openTar(diff digest.Digest) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.WriteTar(w, diff)) }()
	return r
}

// WriteTar writes a layer's tar file. An error at the end says that the files are not
// what they were: what was written is then not the layer.
func (s *Store) WriteTar(w io.Writer, diff digest.Digest) error {
	recipe, err := os.Open(s.layer(diff) + ".recipe")
	if err != nil {
		return noRecipe(diff, err)
	}
	defer recipe.Close()
	root, err := openFolder(s.layer(diff))
	if err != nil {
		return fmt.Errorf("open layer %s: %w", diff.Short(), err)
	}
	defer unix.Close(root)
	old, err := openFolder(s.layer(diff) + ".old")
	if err == nil {
		defer unix.Close(old)
	} else if !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("open layer %s: %w", diff.Short(), err)
	}
	hash := digest.New()
	if err := layer.Rebuild(io.MultiWriter(hash, w), recipe, root, old); err != nil {
		return fmt.Errorf("write layer %s: %w", diff.Short(), err)
	}
	if got := digest.From(hash); got != diff {
		return fmt.Errorf("write layer %s: %w: its files were changed", diff.Short(), blob.ErrCorrupt)
	}
	return nil
}

func openFolder(path string) (int, error) {
	return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}
