package monitor

import (
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// logFile writes docker's json-file format: one object a line with log, stream
// and time. Beyond maxSize it is rotated: NAME becomes NAME.1, NAME.1 becomes NAME.2, ...
type logFile struct {
	path    string
	maxSize int64
	maxFile int
	fd      int
	size    int64
	buf     []byte
}

func newLogFile(path string, maxSize int64, maxFile int) *logFile {
	return &logFile{path: path, maxSize: maxSize, maxFile: max(maxFile, 1), fd: -1}
}

// add appends one entry to the buffer, and writes the buffer when a file is full.
func (l *logFile) add(stream string, line []byte, now time.Time) error {
	l.append(stream, line, now)
	if l.maxSize > 0 && l.size+int64(len(l.buf)) >= l.maxSize {
		return l.flush()
	}
	return nil
}

func (l *logFile) append(stream string, line []byte, now time.Time) {
	l.buf = append(l.buf, `{"log":`...)
	l.buf = appendJSON(l.buf, line)
	l.buf = append(l.buf, `,"stream":"`...)
	l.buf = append(l.buf, stream...)
	l.buf = append(l.buf, `","time":"`...)
	l.buf = now.UTC().AppendFormat(l.buf, time.RFC3339Nano)
	l.buf = append(l.buf, "\"}\n"...)
}

// flush writes what was added. The file is made by the first entry: a silent
// container has no log.
func (l *logFile) flush() error {
	if len(l.buf) == 0 {
		return nil
	}
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
	l.size += int64(len(l.buf))
	l.buf = l.buf[:0]
	return err
}

func (l *logFile) open() error {
	fd, err := unix.Open(l.path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o640)
	if err != nil {
		return err
	}
	l.fd = fd
	l.size, _ = unix.Seek(fd, 0, unix.SEEK_END)
	return nil
}

func (l *logFile) rotate() error {
	unix.Close(l.fd)
	l.fd = -1
	if l.maxFile == 1 {
		unix.Unlink(l.path)
	}
	for i := l.maxFile - 1; i >= 1; i-- {
		from := l.path
		if i > 1 {
			from += "." + strconv.Itoa(i-1)
		}
		unix.Rename(from, l.path+"."+strconv.Itoa(i))
	}
	return l.open()
}

func (l *logFile) close() {
	if l.fd >= 0 {
		unix.Close(l.fd)
		l.fd = -1
	}
}

const hexDigits = "0123456789abcdef"

// appendJSON quotes a line as encoding/json does: bytes that are no UTF-8 become U+FFFD.
func appendJSON(b, line []byte) []byte {
	b = append(b, '"')
	for len(line) > 0 {
		n := plain(line)
		b = append(b, line[:n]...)
		if line = line[n:]; len(line) == 0 {
			break
		}
		c := line[0]
		if c < utf8.RuneSelf {
			b = escape(b, c)
			line = line[1:]
			continue
		}
		r, size := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, `\ufffd`...)
		case r == '\u2028' || r == '\u2029':
			b = append(b, `\u202`...)
			b = append(b, hexDigits[r&0xf])
		default:
			b = append(b, line[:size]...)
		}
		line = line[size:]
	}
	return append(b, '"')
}

// plain counts the leading bytes that stand for themselves.
func plain(line []byte) int {
	for i, c := range line {
		if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			return i
		}
	}
	return len(line)
}

func escape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
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
