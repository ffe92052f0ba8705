package logging

import (
	"io"
	"os"
	"strconv"
	"sync"

	"bantam/internal/compress/deflate"

	"golang.org/x/sys/unix"
)

// file is a log file that is rotated: beyond maxSize NAME becomes NAME.1, NAME.1
// becomes NAME.2, and so on; with compress the old ones are NAME.1.gz and so on.
type file struct {
	path     string
	maxSize  int64 // bytes, 0 is without bound
	maxFile  int
	compress bool
	fd       int
	size     int64
	buf      []byte
	packing  sync.WaitGroup // the compression of the last rotated file
}

// maxBuffer bounds what waits for Flush: entries of short lines are many times as long as these.
const maxBuffer = 256 << 10

// added writes the buffer out where the file is full with it, or memory should not be.
func (l *file) added() error {
	if len(l.buf) >= maxBuffer || l.maxSize > 0 && l.size+int64(len(l.buf)) >= l.maxSize {
		return l.Flush()
	}
	return nil
}

// Flush writes what was added. The file is made by the first entry: a silent
// container has no log. After an error what was added is dropped.
func (l *file) Flush() error {
	if len(l.buf) == 0 {
		return nil
	}
	defer func() { l.buf = l.buf[:0] }()
	if l.fd < 0 {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.maxSize > 0 && l.size >= l.maxSize {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	err := writeAll(l.fd, l.buf)
	if err != nil {
		// Half an entry would spoil those behind it.
		_ = unix.Ftruncate(l.fd, l.size)
		return err
	}
	l.size += int64(len(l.buf))
	return nil
}

func (l *file) open() error {
	fd, err := unix.Open(l.path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o640)
	if err != nil {
		return &os.PathError{Op: "open", Path: l.path, Err: err}
	}
	l.fd = fd
	l.size, _ = unix.Seek(fd, 0, unix.SEEK_END)
	return nil
}

func (l *file) rotate() error {
	l.packing.Wait()
	unix.Close(l.fd)
	l.fd = -1
	if l.maxFile == 1 {
		unix.Unlink(l.path)
	}
	for i := l.maxFile - 1; i >= 1; i-- {
		l.shift(i)
	}
	if l.compress && l.maxFile > 1 {
		l.packing.Go(func() { pack(l.path + ".1") })
	}
	return l.open()
}

// shift makes the file before number i number i, in whichever form it is there.
func (l *file) shift(i int) {
	to := l.path + "." + strconv.Itoa(i)
	if i == 1 {
		unix.Rename(l.path, to)
		return
	}
	from := l.path + "." + strconv.Itoa(i-1)
	if unix.Rename(from+".gz", to+".gz") != nil {
		unix.Unlink(to + ".gz")
	}
	if unix.Rename(from, to) != nil {
		unix.Unlink(to)
	}
}

// pack compresses a rotated file. Until the whole of it is there the old one stays, which readers prefer.
func pack(path string) {
	in, err := os.Open(path)
	if err != nil {
		return
	}
	defer in.Close()
	part := path + ".gz.part"
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o640)
	if err != nil {
		return
	}
	z := deflate.NewGzip(out, 1)
	_, err = io.Copy(z, in)
	if end := z.Close(); err == nil {
		err = end
	}
	if end := out.Close(); err == nil {
		err = end
	}
	if err == nil {
		err = os.Rename(part, path+".gz")
	}
	if err != nil {
		os.Remove(part) // the plain file stays, which is worth more than its size
		return
	}
	os.Remove(path)
}

// Close writes the rest and waits for the compression.
func (l *file) Close() error {
	err := l.Flush()
	l.packing.Wait()
	if l.fd >= 0 {
		unix.Close(l.fd)
		l.fd = -1
	}
	return err
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
