package logging

import (
	"encoding/binary"
	"errors"
	"time"
)

// localLog writes the format of docker's driver local: the length (four bytes, big
// endian), docker's protobuf message LogEntry, and the length again.
//
//	message LogEntry {
//		string source = 1; int64 time_nano = 2; bytes line = 3; bool partial = 4;
//		PartialLogEntryMetadata partial_log_metadata = 5; // bool last = 1; string id = 2; int32 ordinal = 3
//	}
type localLog struct{ *file }

// Add appends one entry to the buffer, and writes the buffer when a file is full.
func (l *localLog) Add(e *Entry) error {
	at := len(l.buf)
	l.buf = append(l.buf, 0, 0, 0, 0)
	l.buf = appendEntry(l.buf, e)
	n := uint32(len(l.buf) - at - 4)
	binary.BigEndian.PutUint32(l.buf[at:], n)
	l.buf = binary.BigEndian.AppendUint32(l.buf, n)
	return l.added()
}

// The wire types of protobuf.
const (
	varint = 0
	sized  = 2
)

func appendEntry(b []byte, e *Entry) []byte {
	b = append(b, 1<<3|sized, byte(len(e.Stream)))
	b = append(b, e.Stream...)
	b = append(b, 2<<3|varint)
	b = binary.AppendUvarint(b, uint64(e.Time.UnixNano()))
	line, whole := cutNewline(e.Line)
	b = append(b, 3<<3|sized)
	b = binary.AppendUvarint(b, uint64(len(line)))
	b = append(b, line...)
	if !whole {
		b = append(b, 4<<3|varint, 1)
	}
	if e.Part == nil {
		return b
	}
	var part []byte
	if e.Part.Last {
		part = append(part, 1<<3|varint, 1)
	}
	part = append(part, 2<<3|sized, byte(len(e.Part.ID)))
	part = append(part, e.Part.ID...)
	part = append(part, 3<<3|varint)
	part = binary.AppendUvarint(part, uint64(e.Part.Ordinal))
	b = append(b, 5<<3|sized, byte(len(part)))
	return append(b, part...)
}

// cutNewline takes the newline off; whole is false where there is none.
func cutNewline(line []byte) (rest []byte, whole bool) {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line[:n-1], true
	}
	return line, false
}

// maxEntry bounds what a damaged length makes the reader ask for.
const maxEntry = 1 << 20

var errDamaged = errors.New("the log file is damaged")

// decodeLocal reads a message without its lengths.
func decodeLocal(b []byte, e *Entry) error {
	*e = Entry{}
	partial := false
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return errDamaged
		}
		value, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return errDamaged
		}
		b = b[n+k:]
		var text []byte
		switch key & 7 {
		case varint:
		case sized:
			if value > uint64(len(b)) {
				return errDamaged
			}
			text, b = b[:value], b[value:]
		default:
			return errDamaged
		}
		switch key >> 3 {
		case 1:
			e.Stream = streamName(text)
		case 2:
			e.Time = time.Unix(0, int64(value))
		case 3:
			e.Line = text
		case 4:
			partial = value != 0
		}
	}
	if !partial {
		e.Line = append(append(make([]byte, 0, len(e.Line)+1), e.Line...), '\n')
	}
	return nil
}

func streamName(b []byte) string {
	if string(b) == "stderr" {
		return "stderr"
	}
	return "stdout"
}
