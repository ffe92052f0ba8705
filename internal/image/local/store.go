// Package local keeps images below one root.
//
//	ROOT/images/sha256/HEX     an image: a line with the size of its files, then the bytes of its
//	                           configuration, whose digest is the image's id
//	ROOT/images/.lock          held by who deletes, shared by who relies on an image: Store.Lock
//	ROOT/layers/HEX/           a layer's files, by diff id, shared by every image that has it
//	ROOT/layers/HEX.recipe     what gives the tar file back from the files (layer.Recipe)
//	ROOT/layers/HEX.old/       files that later entries of the same tar file have displaced
//	ROOT/base/                 mount points and .dockerenv, below every image
//	ROOT/blobs/                manifests, indexes and compressed layers (package blob)
//	ROOT/blobs/layers/HEX      symbolic link "DIFFHEX FORMAT": which layer a compressed blob holds
//	ROOT/tags/NAME             symbolic link "IMAGE[ MANIFEST[ INDEX]]", digests; NAME is the full
//	                           reference, "/" as "%"
//	ROOT/leases/ID/HEX         what a command that runs is about to use; its folder is locked by it
//	ROOT/repositories/         a registry's own: content by whatever name of 64 digits is kept,
//	                           with all that it refers to
//
// # What is kept of a layer
//
// A layer is unpacked once, and its files are the only copy of their contents: together
// with the recipe they give the tar file back with the same diff id. So a layer that was
// imported, committed, built or loaded uncompressed has no blob. A layer that came
// compressed keeps its blob, because no compressor would make the same bytes again, and a
// pushed or saved image is to have the digests it came with. A layer without a blob is
// compressed when somebody asks for one (Lease.Compress), which is the same everywhere.
//
// A name knows the manifest it stands for, if it came with one, and the index that the
// manifest was chosen from. An image without (Lease.Manifest makes one) is its configuration.
//
// # How content comes in
//
//	lease, err := store.Lease()             nothing the lease has seen is collected until Close
//	defer lease.Close()
//	lease.Layer(ctx, Source{...})           in parallel; resumes, decompresses, unpacks, verifies
//	lease.Blobs().Put(manifest)
//	lease.Add(Image{Config, Names, ...})    flushes, then publishes layers, configuration, names
//
// Add is the moment at which an image exists; what comes before leaves only what the
// garbage collector takes away. Every change is made beside its place and renamed.
//
// # What goes
//
// Collect removes what nothing refers to: images and names are roots, and so are leases,
// containers (which the engine tells) and repositories. It holds the lock for the time of
// looking and renaming, so that nobody sees half of it, and deletes files afterwards.
package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/layer"
)

// Store is all images below Root.
type Store struct{ Root string }

// NotFound is docker's error for an image that is not there.
type NotFound struct{ Name string }

func (e *NotFound) Error() string { return "No such image: " + e.Name }

// Blobs are the store's blobs. What is put there is collected unless a lease, a name or a
// repository refers to it.
func (s *Store) Blobs() *blob.Store { return &blob.Store{Dir: s.Root + "/blobs"} }

func (s *Store) image(id digest.Digest) string { return s.Root + "/images/sha256/" + id.Hex() }

// Layers are the image's folders, topmost first, with the base below.
func (s *Store) Layers(c *Config) []string {
	return append(s.Folders(c.RootFS.DiffIDs), s.BaseDir())
}

// Folders are those of layers, topmost first. One that occurs more than once (an empty one
// often does) is there only where it is topmost: overlayfs refuses it twice, and further down
// it says nothing that it doesn't say above.
func (s *Store) Folders(diffs []digest.Digest) []string {
	var list []string
	for i := len(diffs) - 1; i >= 0; i-- {
		if !slices.Contains(diffs[i+1:], diffs[i]) {
			list = append(list, s.layer(diffs[i]))
		}
	}
	return list
}

func (s *Store) layer(diff digest.Digest) string { return s.Root + "/layers/" + diff.Hex() }

// HasLayer says whether a layer is there, unpacked.
func (s *Store) HasLayer(diff digest.Digest) bool {
	_, err := os.Lstat(s.layer(diff))
	return err == nil
}

// LayerSizes are the bytes of a layer's regular files and of its tar file.
func (s *Store) LayerSizes(diff digest.Digest) (size, tar int64, err error) {
	f, err := os.Open(s.layer(diff) + ".recipe")
	if err != nil {
		return 0, 0, noRecipe(diff, err)
	}
	defer f.Close()
	return layer.Sizes(f)
}

func noRecipe(diff digest.Digest, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("layer %s can't be written again, its recipe is gone: load or pull the image again", diff.Short())
	}
	return err
}

// Open returns content by its digest, whatever it is: a blob, an image's configuration,
// or the tar file of a layer. It is verified while it is read; size is in bytes.
func (s *Store) Open(d digest.Digest) (r io.ReadCloser, size int64, err error) {
	blobs := s.Blobs()
	if n, err := blobs.Size(d); err == nil {
		r, err := blobs.Open(d)
		return r, n, err
	}
	if b, err := s.RawConfig(d); err == nil {
		return io.NopCloser(newBytes(b)), int64(len(b)), nil
	}
	if !s.HasLayer(d) {
		return nil, 0, fmt.Errorf("content %s: %w", d, os.ErrNotExist)
	}
	_, tar, err := s.LayerSizes(d)
	if err != nil {
		return nil, 0, err
	}
	return s.openTar(d), tar, nil
}

// Has says whether Open finds content.
func (s *Store) Has(d digest.Digest) bool {
	if s.Blobs().Has(d) || s.HasLayer(d) {
		return true
	}
	_, err := os.Lstat(s.image(d))
	return err == nil
}
