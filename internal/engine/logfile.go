package engine

import (
	"errors"
	"io"
	"os"
	"slices"

	"bantam/internal/container/logging"
	"bantam/internal/image/archive"

	"golang.org/x/sys/unix"
)

// logFile is one file of a log, as it is read.
type logFile struct {
	file *os.File
	in   io.Reader // the file, or what is compressed in it
	pack bool
	buf  []byte
	at   int // of buf, where the next entry begins
	read int64
}

func openLog(path string) (*logFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &logFile{file: f, in: f}, nil
}

// makeLog opens a file that its writer has yet to make, which finds it then.
func makeLog(path string) (*logFile, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|unix.O_NOFOLLOW, 0o640)
	if err != nil {
		return nil, err
	}
	return &logFile{file: f, in: f}, nil
}

// openRotated opens a rotated file in the form it has: as long as both are there the compressed one may not be whole.
func openRotated(path string) (*logFile, error) {
	f, err := openLog(path)
	if !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	if f, err = openLog(path + ".gz"); err != nil {
		return nil, err
	}
	f.pack = true
	return f, f.rewind()
}

func (f *logFile) close() { f.file.Close() }

// rewind goes back to the first entry.
func (f *logFile) rewind() error {
	f.buf, f.at, f.read = f.buf[:0], 0, 0
	_, err := f.file.Seek(0, io.SeekStart)
	if err == nil && f.pack {
		f.in, err = archive.NewReader(f.file)
	}
	return err
}

// logChunk is how much is read at once.
const logChunk = 64 << 10

// next is the next entry, good until the next call; nil where there is none that is complete.
func (f *logFile) next(format logging.Format) ([]byte, error) {
	for {
		n, err := format.Split(f.buf[f.at:])
		if n > 0 || err != nil {
			f.at += n
			return f.buf[f.at-n : f.at], err
		}
		if more, err := f.fill(); !more || err != nil {
			return nil, err
		}
	}
}

// fill reads more behind what is not an entry yet.
func (f *logFile) fill() (more bool, err error) {
	f.buf = append(f.buf[:0], f.buf[f.at:]...)
	f.at = 0
	have := len(f.buf)
	f.buf = slices.Grow(f.buf, logChunk)
	n, err := f.in.Read(f.buf[have : have+logChunk])
	f.buf = f.buf[:have+n]
	f.read += int64(n)
	if err == io.EOF {
		err = nil
	}
	return n > 0, err
}

// grown says that there is more than was read.
func (f *logFile) grown() bool {
	info, err := f.file.Stat()
	return err == nil && info.Size() > f.read
}

func (f *logFile) is(other *logFile) bool {
	x, err1 := f.file.Stat()
	y, err2 := other.file.Stat()
	return err1 != nil || err2 != nil || os.SameFile(x, y)
}
