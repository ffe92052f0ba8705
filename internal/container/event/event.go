// Package event is the log of what happens to containers, images, networks and
// volumes. Any process writes to it at any time; there is nobody who collects.
//
//	ROOT/events/log    one line an event, appended by one write(2) each
//	ROOT/events/log.1  the lines before those, once the log has reached its size
//
// A line is the time in nanoseconds since 1970 and quoted strings: type, action, the
// actor's id, and names and values of its attributes in turn; a dot ends it. An event
// begins with an empty line, so that what a killed writer left in the middle of a line
// spoils no other event.
package event

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Event is one thing that happened. Types, actions and attributes are docker's.
type Event struct {
	Time       time.Time
	Type       string // "container"
	Action     string // "start"
	ID         string // of the container
	Attributes map[string]string
}

// maxLine bounds a line. Attributes are labels mostly, which an image may bring.
const maxLine = 64 << 10

// encode makes the event's line. Attributes that would make it too long are left out, the
// longest first.
func (e *Event) encode() []byte {
	b := e.line(maxLine)
	for most := maxLine / 4; len(b) > maxLine; most /= 4 {
		b = e.line(most)
	}
	return b
}

// line leaves out attributes longer than most.
func (e *Event) line(most int) []byte {
	b := append(make([]byte, 0, 512), '\n')
	b = strconv.AppendInt(b, e.Time.UnixNano(), 10)
	for _, s := range [...]string{e.Type, e.Action, e.ID} {
		b = strconv.AppendQuote(append(b, ' '), s[:min(len(s), maxLine/16)])
	}
	for _, k := range slices.Sorted(maps.Keys(e.Attributes)) {
		v := e.Attributes[k]
		if len(k)+len(v) <= most {
			b = strconv.AppendQuote(append(b, ' '), k)
			b = strconv.AppendQuote(append(b, ' '), v)
		}
	}
	return append(b, " .\n"...)
}

// decode reads a line without its end; false for one that is not whole.
func decode(line []byte) (*Event, bool) {
	number, rest, _ := bytes.Cut(line, []byte{' '})
	nano, err := strconv.ParseInt(string(number), 10, 64)
	body, whole := bytes.CutSuffix(rest, []byte("."))
	if err != nil || !whole {
		return nil, false
	}
	words, ok := split(string(body))
	if !ok || len(words) < 3 || len(words)%2 == 0 {
		return nil, false
	}
	e := &Event{Time: time.Unix(0, nano), Type: words[0], Action: words[1], ID: words[2], Attributes: map[string]string{}}
	for kv := words[3:]; len(kv) > 0; kv = kv[2:] {
		e.Attributes[kv[0]] = kv[1]
	}
	return e, true
}

// split reads quoted strings, each with a blank behind it.
func split(s string) (words []string, ok bool) {
	for s != "" {
		q, err := strconv.QuotedPrefix(s)
		if err != nil || q[0] != '"' || len(s) == len(q) || s[len(q)] != ' ' {
			return nil, false
		}
		w, err := strconv.Unquote(q)
		if err != nil {
			return nil, false
		}
		words, s = append(words, w), s[len(q)+1:]
	}
	return words, true
}
