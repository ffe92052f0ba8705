package local

import (
	"fmt"
	"io"
	"os"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
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

// RawConfig returns the bytes of an image's configuration, verified.
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
	c, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	return &Image{ID: id, Size: sum.Size, Config: c}, nil
}
