package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"bantam/internal/image/digest"
	"bantam/internal/image/manifest"

	"golang.org/x/sys/unix"
)

// Summary is what a list shows of an image. It is read from the first line of the image's
// file: the configurations of some hundred images take longer to read than all the rest.
type Summary struct {
	ID       digest.Digest
	Artifact bool
	Created  time.Time
	Size     int64 // bytes of the files of all layers
	Names    []Name
	Within   []Name // names whose indexes have the image for another platform
}

// recordHead begins the line above a configuration: "bantam image 1 SIZE CREATED".
const recordHead = "bantam image 1 "

const maxHead = 128 // bytes of the line

// record is the content of an image's file.
func record(head string, size int64, created time.Time, raw []byte) []byte {
	line := head + strconv.FormatInt(size, 10) + " " + created.UTC().Format(time.RFC3339Nano) + "\n"
	return append([]byte(line), raw...)
}

// splitRecord reads the line, and returns what follows it.
func splitRecord(b []byte) (s Summary, raw []byte, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(recordHead))
	if !ok {
		rest, s.Artifact = bytes.CutPrefix(b, []byte(artifactHead))
	}
	if !ok && !s.Artifact {
		return s, nil, errors.New("this is no image's file")
	}
	line, raw, ok := bytes.Cut(rest, []byte{'\n'})
	size, created, two := bytes.Cut(line, []byte{' '})
	if !ok || !two || len(line) > maxHead-len(artifactHead) {
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

// summary reads the first line of an image's file, in the folder of all images, into buf. An
// os.File would be asked whether it can be polled: four system calls of seven, for each image.
func summary(dir int, id digest.Digest, buf []byte) (Summary, error) {
	fd, err := unix.Openat(dir, id.Hex(), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return Summary{}, err
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
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
	within := s.withinOf(ids, by, names)
	list, err := s.summaries(ids)
	if err != nil {
		return nil, err
	}
	for k := range list {
		i := &list[k]
		i.Names, i.Within = by[i.ID], within[i.ID]
	}
	slices.SortFunc(list, func(a, b Summary) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID.Hex(), b.ID.Hex())
	})
	return list, nil
}

func (s *Store) summaries(ids []digest.Digest) ([]Summary, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	dir, err := openFolder(s.Root + "/images/sha256")
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	defer unix.Close(dir)
	list := make([]Summary, 0, len(ids))
	buf := make([]byte, maxHead)
	for _, id := range ids {
		i, err := summary(dir, id, buf)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, nil
}

// maxRecord is the size of the largest image's file, and a byte.
const maxRecord = maxHead + manifest.MaxSize + 1
