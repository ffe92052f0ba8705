package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"bantam/internal/image/blob"
	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// recordHead begins the line above a configuration: "bantam image 1 SIZE".
const recordHead = "bantam image 1 "

const maxHead = 64 // bytes of the line

// readRecord reads an image's file: the size of its files and its configuration's bytes.
func readRecord(path string) (size int64, raw []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxHead+manifest.MaxSize+1))
	if err != nil {
		return 0, nil, err
	}
	return splitRecord(b)
}

func splitRecord(b []byte) (size int64, raw []byte, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(recordHead))
	if !ok {
		return 0, nil, errors.New("this is no image's file")
	}
	line, raw, ok := bytes.Cut(rest, []byte{'\n'})
	if ok && len(line) < maxHead {
		size, err = strconv.ParseInt(string(line), 10, 64)
	}
	if !ok || err != nil || size < 0 {
		return 0, nil, errors.New("the first line of the image's file is wrong")
	}
	return size, raw, nil
}

func record(size int64, raw []byte) []byte {
	return append([]byte(recordHead+strconv.FormatInt(size, 10)+"\n"), raw...)
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
	size, raw, err := readRecord(s.image(id))
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	c, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	return &Image{ID: id, Size: size, Config: c}, nil
}
