package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"
)

// Summary is what a list shows of an image. It is read from the first line of the image's
// file: the configurations of some hundred images take longer to read than all the rest.
type Summary struct {
	ID      digest.Digest
	Created time.Time
	Size    int64 // bytes of the files of all layers
	Names   []Name
}

// recordHead begins the line above a configuration: "bantam image 1 SIZE CREATED".
const recordHead = "bantam image 1 "

const maxHead = 128 // bytes of the line

// record is the content of an image's file.
func record(size int64, created time.Time, raw []byte) []byte {
	line := recordHead + strconv.FormatInt(size, 10) + " " + created.UTC().Format(time.RFC3339Nano) + "\n"
	return append([]byte(line), raw...)
}

// splitRecord reads the line, and returns what follows it.
func splitRecord(b []byte) (s Summary, raw []byte, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(recordHead))
	if !ok {
		return s, nil, errors.New("this is no image's file")
	}
	line, raw, ok := bytes.Cut(rest, []byte{'\n'})
	size, created, two := bytes.Cut(line, []byte{' '})
	if !ok || !two || len(line) > maxHead-len(recordHead) {
		return s, nil, errors.New("the first line of the image's file is wrong")
	}
	if s.Size, err = strconv.ParseInt(string(size), 10, 64); err == nil {
		s.Created, err = time.Parse(time.RFC3339Nano, string(created))
	}
	if err != nil || s.Size < 0 {
		return s, nil, fmt.Errorf("the first line of the image's file is wrong: %q", line)
	}
	return s, raw, nil
}

// summary reads the first line of an image's file into buf.
func (s *Store) summary(id digest.Digest, buf []byte) (Summary, error) {
	f, err := os.Open(s.image(id))
	if err != nil {
		return Summary{}, err
	}
	defer f.Close()
	n, err := f.Read(buf)
	if err != nil {
		return Summary{}, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	sum, _, err := splitRecord(buf[:n])
	if err != nil {
		return sum, fmt.Errorf("read image %s: %w", id.Short(), err)
	}
	sum.ID = id
	return sum, nil
}

// List returns every image with its names, newest first.
func (s *Store) List() ([]Summary, error) {
	ids, err := s.IDs()
	if err != nil {
		return nil, err
	}
	names, err := s.Names()
	if err != nil {
		return nil, err
	}
	by := map[digest.Digest][]Name{}
	for _, n := range names {
		by[n.Image] = append(by[n.Image], n)
	}
	list := make([]Summary, 0, len(ids))
	buf := make([]byte, maxHead)
	for _, id := range ids {
		i, err := s.summary(id, buf)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		i.Names = by[id]
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b Summary) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return bytes.Compare([]byte(a.ID), []byte(b.ID))
	})
	return list, nil
}

// maxRecord is the size of the largest image's file, and a byte.
const maxRecord = maxHead + manifest.MaxSize + 1
