package logging

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Format takes the text of a log file apart.
type Format struct {
	// Split finds the first record: its length, or 0 where b ends within it.
	Split func(b []byte) (n int, err error)
	// Decode reads a whole record. It may use the memory of the entry's line again.
	Decode func(b []byte, e *Entry) error
}

// JSON is json-file's format, Local that of the driver local.
var (
	JSON  = Format{splitLine, decodeJSON}
	Local = Format{splitFrame, decodeFrame}
)

func splitLine(b []byte) (int, error) { return bytes.IndexByte(b, '\n') + 1, nil }

func decodeJSON(b []byte, e *Entry) error {
	if parseJSON(b, e) {
		return nil
	}
	var v struct {
		Log    string    `json:"log"`
		Stream string    `json:"stream"`
		Time   time.Time `json:"time"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*e = Entry{Stream: v.Stream, Line: []byte(v.Log), Time: v.Time}
	return nil
}

// frame is the length of a record's length.
const frame = 4

func splitFrame(b []byte) (int, error) {
	if len(b) < frame {
		return 0, nil
	}
	n := binary.BigEndian.Uint32(b)
	if n > maxEntry {
		return 0, fmt.Errorf("%w: an entry of %d bytes", errDamaged, n)
	}
	whole := int(n) + 2*frame
	if len(b) < whole {
		return 0, nil
	}
	if binary.BigEndian.Uint32(b[whole-frame:]) != n {
		return 0, errDamaged
	}
	return whole, nil
}

func decodeFrame(b []byte, e *Entry) error { return decodeLocal(b[frame:len(b)-frame], e) }
