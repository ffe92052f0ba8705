// Package statefile keeps records as files of JSON, for people and other programs. They are
// replaced at once, and their members are listed once for writing and reading ([Fields]).
//
// They are read and written by hand: encoding/json spends 0.2 ms on learning the types, in
// the command and again in the monitor, which is a good part of a container's whole start.
package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// ErrSyntax says that a text is no JSON, or not of the record that it should be.
var ErrSyntax = errors.New("not the JSON of such a record")

// Encode writes an object of these members.
func Encode(m Members) []byte {
	w := &writer{b: make([]byte, 0, 2048)}
	m.write(w, "")
	return append(w.b, '\n')
}

// Decode reads an object into these members. Those that it does not name stay as they are.
func Decode(b []byte, m Members) error {
	in := &reader{s: string(b)}
	m.read(in)
	return in.done()
}

// Read reads a file.
func Read(path string, m Members) error { return ReadAt(unix.AT_FDCWD, path, m) }

// ReadAt reads a file of an open folder, without what package os does for files that may block.
func ReadAt(dir int, path string, m Members) error {
	var most [4096]byte // of the records; a bigger one goes on the heap
	b, err := content(dir, path, most[:0])
	if err != nil {
		return err
	}
	if err := Decode(b, m); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// ReadLast reads the last record of a file that they are appended to. One that is being written does not count.
func ReadLast(path string, m Members) error {
	var most [4096]byte
	b, err := content(unix.AT_FDCWD, path, most[:0])
	if err != nil {
		return err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	if len(b) == 0 {
		return nil
	}
	if err := Decode(b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:], m); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// content reads a file to behind b.
func content(dir int, path string, b []byte) ([]byte, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	for {
		b = slices.Grow(b, 512)
		n, err := unix.Read(fd, b[len(b):cap(b)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		}
		b = b[:len(b)+n]
		// Records end with a line, so that the end needs no read of its own.
		if n == 0 || len(b) < cap(b) && b[len(b)-1] == '\n' {
			return b, nil
		}
	}
}

// Append adds a record to a file that has its kind, one a line. It is for what changes once or twice in a short life: a
// rename over a file has ext4 write the new one to the disk at once (mount option auto_da_alloc).
func Append(path string, b []byte) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	n, err := unix.Write(fd, b)
	if err == nil && n < len(b) {
		err = unix.ENOSPC
	}
	if err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// Replace replaces the file of that name in a folder at once: temporary, fsync where asked, rename.
// One process at a time may replace a file.
func Replace(dir, name string, b []byte, mode uint32, durable bool) error {
	tmp, path := dir+"/."+name, dir+"/"+name
	err := Write(tmp, b, mode, durable)
	if err == nil {
		err = unix.Rename(tmp, path)
	}
	if err == nil && durable {
		err = syncDir(dir)
	}
	if err == unix.ENOSPC || err == unix.EDQUOT {
		unix.Unlink(tmp)
		err = overwrite(path, b, durable)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// overwrite is for a full disk, on which what became of a container must not be lost: a record fits in the block that
// the one before it has. It is one write, with blanks in place of what was longer, so a kill leaves one or the other.
func overwrite(path string, b []byte, durable bool) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err == unix.ENOENT {
		err = unix.ENOSPC
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if n := int(st.Size) - len(b); n > 0 {
		b = append(slices.Clone(b), bytes.Repeat([]byte{'\n'}, n)...)
	}
	n, err := unix.Pwrite(fd, b, 0)
	if err == nil && n < len(b) {
		err = unix.ENOSPC
	}
	if err == nil && durable {
		err = unix.Fsync(fd)
	}
	return err
}

// Write writes a whole file without the poller that package os sets up.
func Write(path string, b []byte, mode uint32, durable bool) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
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
	if durable {
		return unix.Fsync(fd)
	}
	return nil
}

func syncDir(dir string) error {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fsync(fd)
}
