package resolver

import (
	"encoding/binary"
	"net/netip"
)

// Types, classes and codes of RFC 1035, 3596 and 6891.
const (
	typeA    = 1
	typePTR  = 12
	typeAAAA = 28
	typeOPT  = 41
	typeANY  = 255

	classIN = 1

	noError  = 0
	formErr  = 1
	servFail = 2
	notImp   = 4

	headerSize = 12
	maxName    = 255
	// plainSize is what a client without EDNS takes over UDP, maxSize what this
	// resolver gives one that names more: what fits into a frame everywhere.
	plainSize = 512
	maxSize   = 4096
	// maxMessage bounds a message over TCP.
	maxMessage = 1<<16 - 1
	ttl        = 600 // seconds, docker's
)

// query is a message with one question.
type query struct {
	raw   []byte // as it came
	end   int    // of the question
	name  string // in lower case, without the last dot
	kind  uint16
	class uint16
	edns  bool
	size  int // that an answer over UDP may have
}

// parse reads a query. A code other than 0 is what to answer instead; ok is false for
// what deserves no answer: it is none, or answers somebody itself.
func parse(b []byte) (q query, code byte, ok bool) {
	if len(b) < headerSize || b[2]&0x80 != 0 {
		return q, 0, false
	}
	q.raw, q.end, q.size = b, headerSize, plainSize
	if b[2]>>3&15 != 0 {
		return q, notImp, true
	}
	if binary.BigEndian.Uint16(b[4:]) != 1 {
		return q, formErr, true
	}
	name, at, good := readName(b, headerSize)
	if !good || len(b) < at+4 {
		return q, formErr, true
	}
	q.name, q.end = name, at+4
	q.kind, q.class = binary.BigEndian.Uint16(b[at:]), binary.BigEndian.Uint16(b[at+2:])
	if !q.readOPT() {
		return q, formErr, true
	}
	return q, noError, true
}

// readName reads a question's name in lower case. Compression has no place there.
func readName(b []byte, at int) (name string, end int, ok bool) {
	text := make([]byte, 0, 64)
	for start := at; at < len(b); {
		n := int(b[at])
		at++
		if n == 0 {
			return string(text), at, at-start <= maxName
		}
		if n > 63 || at+n > len(b) || at+n-start > maxName {
			return "", 0, false
		}
		if len(text) > 0 {
			text = append(text, '.')
		}
		for _, c := range b[at : at+n] {
			text = append(text, lower(c))
		}
		at += n
	}
	return "", 0, false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// readOPT looks for the client's EDNS record behind the question.
func (q *query) readOPT() bool {
	b, at := q.raw, q.end
	records := 0
	for i := 6; i <= 10; i += 2 {
		records += int(binary.BigEndian.Uint16(b[i:]))
	}
	for range records {
		var ok bool
		if at, ok = skipName(b, at); !ok || len(b) < at+10 {
			return false
		}
		if binary.BigEndian.Uint16(b[at:]) == typeOPT {
			q.edns = true
			q.size = min(max(int(binary.BigEndian.Uint16(b[at+2:])), plainSize), maxSize)
		}
		if at += 10 + int(binary.BigEndian.Uint16(b[at+8:])); at > len(b) {
			return false
		}
	}
	return true
}

// skipName passes over a name that may be compressed.
func skipName(b []byte, at int) (end int, ok bool) {
	for at < len(b) {
		switch n := int(b[at]); {
		case n == 0:
			return at + 1, true
		case n >= 0xc0:
			return at + 2, at+2 <= len(b)
		case n > 63:
			return 0, false
		default:
			at += 1 + n
		}
	}
	return 0, false
}

// reply starts the answer: header and the question as it was asked, letter by letter.
func (q *query) reply(code byte) []byte {
	b := append(make([]byte, 0, plainSize), q.raw[:q.end]...)
	b[2] = 0x80 | b[2]&0x79 // an answer; opcode and "recursion desired" as in the query
	b[3] = 0x80 | code      // recursion is available
	clear(b[4:headerSize])
	if q.end > headerSize {
		b[5] = 1
	}
	return b
}

// finish adds EDNS where the client spoke it, and counts the answers.
func (q *query) finish(b []byte, answers int) []byte {
	binary.BigEndian.PutUint16(b[6:], uint16(answers))
	if q.edns {
		b[11] = 1
		b = append(b, 0, 0, typeOPT, maxSize>>8, maxSize&255, 0, 0, 0, 0, 0, 0)
	}
	return b
}

// refuse answers with a code alone.
func (q *query) refuse(code byte) []byte { return q.finish(q.reply(code), 0) }

// ednsSize is what finish adds.
const ednsSize = 11

// addresses answers with those that are of the type that was asked for; none of them is
// "no data" and not "no such name", or a client would give the name up: musl takes either
// answer of its two queries for both. What doesn't fit into limit is left out and said to be.
func (q *query) addresses(list []netip.Addr, limit int) []byte {
	b, n := q.reply(noError), 0
	for _, a := range list {
		kind := uint16(typeA)
		if a.Is6() {
			kind = typeAAAA
		}
		if q.class != classIN || kind != q.kind && q.kind != typeANY {
			continue
		}
		data := a.AsSlice()
		if len(b)+12+len(data)+ednsSize > limit {
			b[2] |= 2
			break
		}
		b = append(record(b, kind, len(data)), data...)
		n++
	}
	return q.finish(b, n)
}

// record starts a resource record whose name is the question's.
func record(b []byte, kind uint16, size int) []byte {
	b = append(b, 0xc0, headerSize)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, classIN)
	b = binary.BigEndian.AppendUint32(b, ttl)
	return binary.BigEndian.AppendUint16(b, uint16(size))
}

// pointer answers with a name.
func (q *query) pointer(name string) []byte {
	data := appendName(nil, name)
	if data == nil {
		return q.refuse(servFail)
	}
	return q.finish(append(record(q.reply(noError), typePTR, len(data)), data...), 1)
}

// appendName writes a name; nil if there is no such one.
func appendName(b []byte, name string) []byte {
	start := len(b)
	for label := 0; label < len(name); {
		end := label
		for end < len(name) && name[end] != '.' {
			end++
		}
		if end == label || end-label > 63 {
			return nil
		}
		b = append(append(b, byte(end-label)), name[label:end]...)
		label = end + 1
	}
	b = append(b, 0)
	if len(b)-start > maxName {
		return nil
	}
	return b
}

// answers says whether b is the answer of an upstream to the query that was sent with the
// id: a lying one can't put another question's answer in its place.
func (q *query) answers(b []byte, id uint16) bool {
	if len(b) < headerSize || b[2]&0x80 == 0 || binary.BigEndian.Uint16(b) != id || b[2]>>3&15 != 0 {
		return false
	}
	if binary.BigEndian.Uint16(b[4:]) != 1 {
		// Servers that refuse may leave the question out.
		return binary.BigEndian.Uint16(b[4:]) == 0 && b[3]&15 != noError && len(b) == headerSize
	}
	if len(b) < q.end {
		return false
	}
	for i := headerSize; i < q.end; i++ {
		if lower(b[i]) != lower(q.raw[i]) {
			return false
		}
	}
	return true
}

// passOn makes an upstream's answer the client's: its id, and the question as it was
// asked, for a client that mixes cases to tell a forged answer. b is changed.
func (q *query) passOn(b []byte, limit int) []byte {
	if len(b) < q.end {
		return q.refuse(b[3] & 15)
	}
	copy(b, q.raw[:2])
	copy(b[headerSize:q.end], q.raw[headerSize:q.end])
	if len(b) > limit {
		short := q.reply(b[3] & 15)
		short[2] |= 2
		return q.finish(short, 0)
	}
	return b
}
