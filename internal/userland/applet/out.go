package applet

import (
	"strconv"
	"syscall"
	"unsafe"
)

// Out is an output: a descriptor with a buffer, or memory. Write errors stick: the
// frame tells the first one when the applet ends, and Flush returns it earlier.
// A terminal gets every line when it is complete.
type Out struct {
	fd    int
	buf   []byte
	err   error
	lines bool // flush after each line
	raw   bool // flush after each write
	known bool // lines was found out
	open  bool
	spill func() int
	most  int // what memory holds before it spills
}

// Spill lets memory go over to a descriptor when it holds more than most: f is called
// then, and returns the descriptor.
func (o *Out) Spill(most int, f func() int) { o.most, o.spill = most, f }

// NewOut writes to a descriptor.
func NewOut(fd int) *Out { return &Out{fd: fd} }

// NewErr writes to a descriptor without holding anything back.
func NewErr(fd int) *Out { return &Out{fd: fd, raw: true, known: true} }

// Capture collects what is written in memory: see Captured.
func Capture() *Out { return &Out{fd: -1, known: true} }

// Create opens a file for writing, empty.
func Create(path string, perm uint32) (*Out, error) {
	fd, err := OpenFile(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, perm)
	if err != nil {
		return nil, err
	}
	return &Out{fd: fd, open: true, known: true}, nil
}

// Captured returns what was written to an Out of Capture.
func (o *Out) Captured() []byte { return o.buf }

// Fd returns the descriptor, -1 for memory. Flush before writing to it.
func (o *Out) Fd() int { return o.fd }

// Err returns the first write error.
func (o *Out) Err() error { return o.err }

// Unbuffered makes every following write go out at once.
func (o *Out) Unbuffered() { o.raw, o.known = true, true }

// LineBuffered makes every line go out when it is complete.
func (o *Out) LineBuffered() { o.lines, o.known = true, true }

// Write is io.Writer's.
//
//go:noinline
func (o *Out) Write(p []byte) (int, error) {
	// The compiler may not see it, but WriteString doesn't keep its string.
	o.WriteString(unsafe.String(unsafe.SliceData(p), len(p)))
	return len(p), o.err
}

// WriteString is io.StringWriter's.
func (o *Out) WriteString(s string) (int, error) {
	if o.err != nil || len(s) == 0 {
		return len(s), o.err
	}
	if !o.known {
		o.known, o.lines = true, IsTerminal(o.fd)
	}
	switch {
	case o.fd >= 0 && o.raw && len(o.buf) == 0:
		o.send(s)
		return len(s), o.err
	case o.fd >= 0 && len(o.buf)+len(s) > bufferSize:
		if o.Flush(); o.err == nil && len(s) >= bufferSize {
			o.send(s)
			return len(s), o.err
		}
	}
	if o.buf == nil && o.fd >= 0 {
		// What one write of a small applet needs; append grows it to the whole size.
		o.buf = make([]byte, 0, max(512, len(s)))
	}
	o.buf = append(o.buf, s...)
	if o.spill != nil && len(o.buf) > o.most {
		f := o.spill
		o.spill = nil
		o.fd = f()
		o.Flush()
	}
	if o.lines && hasNewline(s) {
		o.Flush()
	}
	return len(s), o.err
}

func hasNewline(s string) bool {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '\n' {
			return true
		}
	}
	return false
}

// WriteByte is io.ByteWriter's.
func (o *Out) WriteByte(b byte) error {
	if len(o.buf) < cap(o.buf) && o.known && !o.raw && !o.lines {
		o.buf = append(o.buf, b)
		return nil
	}
	p := [1]byte{b}
	o.Write(p[:])
	return o.err
}

// Int writes a number in decimal.
func (o *Out) Int(n int64) {
	var p [20]byte
	o.Write(strconv.AppendInt(p[:0], n, 10))
}

// Print writes its arguments one after the other. It isn't inlined, nor are the other
// methods that every applet calls: a loop in a thousand places is 0.2 MB.
//
//go:noinline
func (o *Out) Print(parts ...string) {
	for _, s := range parts {
		o.WriteString(s)
	}
}

// Flush writes what is held back.
func (o *Out) Flush() error {
	if o.fd < 0 || o.err != nil || len(o.buf) == 0 {
		return o.err
	}
	o.send(unsafe.String(unsafe.SliceData(o.buf), len(o.buf)))
	o.buf = o.buf[:0]
	return o.err
}

// send writes all of s to the descriptor.
func (o *Out) send(s string) {
	p := unsafe.Slice(unsafe.StringData(s), len(s))
	for len(p) > 0 {
		n, err := syscall.Write(o.fd, p)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			o.err = err
			return
		}
		p = p[n:]
	}
}

// Close flushes, and closes what Create opened.
func (o *Out) Close() error {
	err := o.Flush()
	if o.open {
		o.open = false
		if e := syscall.Close(o.fd); err == nil {
			err = e
		}
	}
	return err
}
