package applet

import (
	"bytes"
	"io"
	"syscall"
)

const bufferSize = 64 << 10

// In is an input: a descriptor with a buffer, or memory. Its buffer is made at the
// first read through it.
type In struct {
	fd   int
	buf  []byte
	r, w int
	err  error // io.EOF or an errno, once reached
	// open marks a descriptor that Close closes.
	open bool
	// cut says that the last Line ended without a newline.
	cut bool
	// sink is where the applet writes: once that fails the input is at its end, so
	// that "yes | rev | head" ends.
	sink *Out
}

// NewIn reads from a descriptor, which Close leaves open.
func NewIn(fd int) *In { return &In{fd: fd} }

// Memory reads from memory.
func Memory(data []byte) *In {
	return &In{fd: -1, buf: data, w: len(data), err: io.EOF}
}

// Open opens a file for reading.
func Open(path string) (*In, error) {
	fd, err := OpenFile(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return &In{fd: fd, open: true}, nil
}

// Open opens a file for reading, standard input for "-". If it can't, it says so
// ("head: nofile: No such file or directory") and returns nil. Where BusyBox says
// "can't open 'nofile'", CantOpen words it.
func (c *Call) Open(path string) *In {
	if path == "-" {
		return c.In
	}
	in, err := Open(path)
	if err != nil {
		c.Warn(path, err)
		return nil
	}
	return in
}

// EachInput calls f for every operand opened as by Open, or for standard input if
// there are none. It returns 1 if one of them couldn't be opened or f returned
// an error, which it tells; the others are still worked on.
func (c *Call) EachInput(f func(name string, in *In) error) int {
	return c.each(c.Open, f)
}

// EachFile is EachInput for the applets that say "can't open 'nofile'".
func (c *Call) EachFile(f func(name string, in *In) error) int {
	return c.each(func(name string) *In {
		if name == "-" {
			return c.In
		}
		in, err := Open(name)
		if err != nil {
			c.CantOpen(name, err)
			return nil
		}
		return in
	}, f)
}

func (c *Call) each(open func(string) *In, f func(name string, in *In) error) int {
	names := c.Args
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		in := open(name)
		if in == nil {
			status = 1
			continue
		}
		in.sink = c.Out
		err := f(name, in)
		in.Close()
		if err != nil {
			c.Warn(name, err)
			status = 1
		}
	}
	return status
}

// Fd returns the descriptor, -1 for memory. What the buffer holds has been read
// from it already.
func (in *In) Fd() int { return in.fd }

// Buffered returns what was read from the descriptor and not yet taken.
func (in *In) Buffered() []byte { return in.buf[in.r:in.w] }

// Discard takes n bytes of the buffer, at most what Buffered has.
func (in *In) Discard(n int) { in.r += n }

// Close closes what Open opened and is nothing for other inputs.
func (in *In) Close() error {
	if !in.open {
		return nil
	}
	in.open = false
	return syscall.Close(in.fd)
}

// Fill reads more into the buffer behind what is there, which it grows when it is
// full. It returns io.EOF at the end.
func (in *In) Fill() error {
	if in.err != nil {
		return in.err
	}
	if in.sink != nil && in.sink.err != nil {
		return io.EOF
	}
	if in.r > 0 {
		copy(in.buf, in.buf[in.r:in.w])
		in.r, in.w = 0, in.w-in.r
	}
	switch {
	case in.buf == nil:
		in.buf = make([]byte, bufferSize)
	case in.w == len(in.buf):
		in.buf = append(in.buf, make([]byte, len(in.buf))...)
	}
	n, err := ReadFd(in.fd, in.buf[in.w:])
	if err == nil && n == 0 {
		err = io.EOF
	}
	in.w += n
	in.err = err
	return err
}

// Read is io.Reader's. Large reads into an empty buffer go past it.
func (in *In) Read(p []byte) (int, error) {
	if in.r == in.w {
		if in.err != nil {
			return 0, in.err
		}
		if len(p) >= bufferSize {
			n, err := ReadFd(in.fd, p)
			if err == nil && n == 0 {
				in.err, err = io.EOF, io.EOF
			}
			return n, err
		}
		if err := in.Fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.buf[in.r:in.w])
	in.r += n
	return n, nil
}

// Chunk returns the next bytes, as many as a read gave, valid until the next call;
// nil at the end. It never grows the buffer: any length of input passes through it.
func (in *In) Chunk() ([]byte, error) {
	if in.r == in.w {
		if err := in.Fill(); err == io.EOF {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	p := in.buf[in.r:in.w]
	in.r = in.w
	return p, nil
}

// ReadByte is io.ByteReader's.
func (in *In) ReadByte() (byte, error) {
	if in.r == in.w {
		if err := in.Fill(); err != nil {
			return 0, err
		}
	}
	b := in.buf[in.r]
	in.r++
	return b, nil
}

// UnreadByte puts the byte of the last ReadByte back.
func (in *In) UnreadByte() error {
	in.r--
	return nil
}

// Line returns the next line without its newline, valid until the next call, and
// false at the end. A read error ends the lines, too: see Err.
//
//go:noinline
func (in *In) Line() ([]byte, bool) { return in.Until('\n') }

// Until returns what stands before the next end byte, as Line does for newlines.
func (in *In) Until(end byte) ([]byte, bool) {
	for seen := 0; ; {
		if i := bytes.IndexByte(in.buf[in.r+seen:in.w], end); i >= 0 {
			line := in.buf[in.r : in.r+seen+i]
			in.r += seen + i + 1
			in.cut = false
			return line, true
		}
		seen = in.w - in.r
		if in.Fill() != nil {
			if seen == 0 {
				return nil, false
			}
			line := in.buf[in.r:in.w]
			in.r = in.w
			in.cut = true
			return line, true
		}
	}
}

// Cut says whether the last line ended with the input and not with its end byte.
func (in *In) Cut() bool { return in.cut }

// Err returns the error that ended the input, nil for its end.
func (in *In) Err() error {
	if in.err == io.EOF {
		return nil
	}
	return in.err
}
