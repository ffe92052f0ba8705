package layer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

// ErrRecipe says that a recipe is not one, or that the folder doesn't fit it.
var ErrRecipe = errors.New("the layer can't be written again")

// Sizes reads the bytes of a layer's regular files and of its tar file from its recipe.
func Sizes(recipe io.Reader) (size, tar int64, err error) {
	head := make([]byte, headLen)
	if _, err := io.ReadFull(recipe, head); err != nil {
		return 0, 0, fmt.Errorf("%w: the recipe is cut short", ErrRecipe)
	}
	text, ok := strings.CutPrefix(string(head), recipeHead[:16])
	if !ok || text[20] != ' ' || text[41] != '\n' {
		return 0, 0, fmt.Errorf("%w: this is no recipe", ErrRecipe)
	}
	size, err = strconv.ParseInt(text[:20], 10, 64)
	if err == nil {
		tar, err = strconv.ParseInt(text[21:41], 10, 64)
	}
	if err != nil || size < 0 || tar < 0 {
		return 0, 0, fmt.Errorf("%w: the recipe's head is wrong", ErrRecipe)
	}
	return size, tar, nil
}

// move is a displaced name: from position at on, what was name is number of the second folder.
type move struct {
	at     int
	name   string
	number int
}

type rebuilder struct {
	in              *bufio.Reader
	root, displaced int
	moves           []move
	at              int
	buf             []byte
	name            []byte
}

// Rebuild writes the tar file that was unpacked into the folder root to w. displaced is
// the second folder, -1 where there is none. Whoever wants to be sure hashes what comes
// out: the folder may have been changed.
func Rebuild(w io.Writer, recipe io.ReadSeeker, root, displaced int) error {
	r := &rebuilder{root: root, displaced: displaced, buf: make([]byte, 128<<10)}
	if displaced >= 0 {
		if err := r.scan(recipe); err != nil {
			return err
		}
	}
	return r.each(recipe, func(kind byte, n uint64) error {
		switch kind {
		case 'R':
			done, err := io.CopyBuffer(w, onlyReader{io.LimitReader(r.in, int64(n))}, r.buf)
			if err == nil && done < int64(n) {
				err = fmt.Errorf("%w: the recipe is cut short", ErrRecipe)
			}
			return err
		case 'F':
			return r.file(w, string(r.name), int64(n))
		}
		return nil
	})
}

// scan collects the moves, which concern what stands before them.
func (r *rebuilder) scan(recipe io.ReadSeeker) error {
	return r.each(recipe, func(kind byte, n uint64) error {
		switch kind {
		case 'R':
			_, err := r.in.Discard(int(n))
			return err
		case 'M':
			r.moves = append(r.moves, move{r.at, string(r.name), int(n)})
		}
		return nil
	})
}

// each calls do for every segment; the bytes of an 'R' are for do to read.
func (r *rebuilder) each(recipe io.ReadSeeker, do func(kind byte, n uint64) error) error {
	if _, err := recipe.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, _, err := Sizes(recipe); err != nil {
		return err
	}
	z, err := zstd.NewReader(recipe, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(1<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	r.in = bufio.NewReaderSize(z, 64<<10)
	for r.at = 0; ; r.at++ {
		kind, err := r.in.ReadByte()
		if err == io.EOF {
			return nil
		}
		n, err := r.head(kind, err)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRecipe, err)
		}
		if err := do(kind, n); err != nil {
			return err
		}
	}
}

func (r *rebuilder) head(kind byte, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	n, err := binary.ReadUvarint(r.in)
	if err != nil || n > 1<<62 || kind == 'R' && n > maxRaw {
		return 0, errors.Join(err, errors.New("a segment is too long"))
	}
	switch kind {
	case 'R':
		return n, nil
	case 'F', 'M':
		length, err := binary.ReadUvarint(r.in)
		if err != nil || length > maxPath {
			return 0, errors.Join(err, errors.New("a name is too long"))
		}
		r.name = append(r.name[:0], make([]byte, length)...)
		_, err = io.ReadFull(r.in, r.name)
		return n, err
	}
	return 0, errors.New("unknown segment " + strconv.Itoa(int(kind)))
}

// where finds the folder and the name that a file has now.
func (r *rebuilder) where(name string) (dir int, now string) {
	for _, m := range r.moves {
		if m.at < r.at {
			continue
		}
		if rest, ok := strings.CutPrefix(name, m.name); ok && (rest == "" || rest[0] == '/') {
			return r.displaced, strconv.Itoa(m.number) + rest
		}
	}
	return r.root, name
}

// file writes exactly size bytes of a file.
func (r *rebuilder) file(w io.Writer, name string, size int64) error {
	dir, now := r.where(name)
	fd, err := unix.Openat2(dir, now, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOATIME,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	})
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRecipe, printable(name), err)
	}
	f := os.NewFile(uintptr(fd), now)
	defer f.Close()
	n, err := io.CopyBuffer(w, onlyReader{io.LimitReader(f, size)}, r.buf)
	var more [1]byte
	if k, _ := f.Read(more[:]); err == nil && (n < size || k > 0) {
		err = fmt.Errorf("%w: %s has not the %d bytes that it should have", ErrRecipe, printable(name), size)
	}
	return err
}
