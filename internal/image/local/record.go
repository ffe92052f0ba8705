package local

import (
	"fmt"
	"io"
	"os"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// readRecord reads an image's file: its first line and its configuration's bytes.
func readRecord(path string) (sum Summary, raw []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return sum, nil, err
	}
	return splitRecord(b)
}

// RawConfig returns the bytes of an image's configuration, or of an artifact's manifest, verified.
func (s *Store) RawConfig(id digest.Digest) ([]byte, error) {
	_, raw, err := readRecord(s.image(id))
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	if digest.FromBytes(raw) != id {
		return nil, fmt.Errorf("read image %s: its configuration: %w", id.Short(), blob.ErrCorrupt)
	}
	return raw, nil
}

// read returns the image with a valid id.
func (s *Store) read(id digest.Digest) (*Image, error) {
	sum, raw, err := readRecord(s.image(id))
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	i := &Image{ID: id, Size: sum.Size}
	if sum.Artifact {
		i.Artifact, err = manifest.Decode(raw)
		i.Created = sum.Created
	} else {
		i.Config, err = decode(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	return i, nil
}
