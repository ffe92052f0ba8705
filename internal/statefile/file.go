// Package statefile keeps records as files of JSON, for people and other programs. They are
// replaced at once, and their members are listed once for writing and reading ([Fields]).
//
// They are read and written by hand: encoding/json spends 0.2 ms on learning the types, in
// the command and again in the monitor, which is a good part of a container's whole start.
package statefile

import (
	"errors"
	"fmt"
	"os"

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
	in := &reader{b: b}
	m.read(in)
	return in.done()
}

// Read reads a file.
func Read(path string, m Members) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := Decode(b, m); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
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
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
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
