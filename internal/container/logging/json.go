package logging

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"time"
	"unicode/utf8"

	"bantam/internal/container/folder"
)

// jsonLog writes docker's json-file format: one object a line with log, stream,
// attrs and time.
type jsonLog struct {
	*file
	attrs  []byte // the member, with its comma
	now    time.Time
	stream string
	tail   []byte // what follows the line: of the stream, at now
}

// Add appends one entry to the buffer, and writes the buffer when a file is full.
func (l *jsonLog) Add(e *Entry) error {
	if e.Time != l.now || e.Stream != l.stream { // lines that were read at once share it
		l.now, l.stream = e.Time, e.Stream
		l.tail = append(append(append(l.tail[:0], `,"stream":"`...), e.Stream...), '"')
		l.tail = append(append(l.tail, l.attrs...), `,"time":"`...)
		l.tail = append(e.Time.UTC().AppendFormat(l.tail, time.RFC3339Nano), "\"}\n"...)
	}
	l.buf = append(l.buf, `{"log":`...)
	l.buf = appendJSON(l.buf, e.Line)
	l.buf = append(l.buf, l.tail...)
	return l.added()
}

// attrs is the member with what the options tag, labels and env have chosen.
func attrs(c *folder.LogConfig) []byte {
	m := c.Attrs
	if len(m) == 0 {
		return nil
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := []byte(`,"attrs":{`)
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, []byte(k))
		b = append(b, ':')
		b = appendJSON(b, []byte(m[k]))
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// appendJSON quotes a line as encoding/json does: bytes that are no UTF-8 become U+FFFD.
func appendJSON(b, line []byte) []byte {
	b = append(b, '"')
	for {
		b = slices.Grow(b, len(line)+1)
		n := copyPlain(b[len(b):cap(b)], line)
		b, line = b[:len(b)+n], line[n:]
		if len(line) == 0 {
			return append(b, '"')
		}
		if c := line[0]; c < utf8.RuneSelf {
			b, line = escape(b, c), line[1:]
			continue
		}
		r, size := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, `\ufffd`...)
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, `\u202`...), hexDigits[r&0xf])
		default:
			b = append(b, line[:size]...)
		}
		line = line[size:]
	}
}

// copyPlain copies the leading bytes that stand for themselves, eight at a time as long as it can, and counts them. There is room for all.
func copyPlain(to, from []byte) int {
	i := 0
	for ; i+8 <= len(from) && i+8 <= len(to); i += 8 {
		w := binary.LittleEndian.Uint64(from[i:])
		binary.LittleEndian.PutUint64(to[i:], w)
		if found := special(w); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(from) && special(uint64(from[i])|'x'*(ones-1)) == 0; i++ {
		to[i] = from[i]
	}
	return i
}

const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
)

// special marks those of eight bytes that may have to be quoted by their top bits; the lowest mark is right. Of words without top bits
// (w - ones*n) &^ w has the top bit of a byte below n set, so a byte that is equal to c
// is one that is below 1 after xor.
func special(w uint64) uint64 {
	return (w | (w - ones*' ') | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones) | ((w ^ ones*'<') - ones) | ((w ^ ones*'>') - ones) | ((w ^ ones*'&') - ones)) & tops
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
