// Package dns resolves names: with /etc/hosts, and with the name servers of
// /etc/resolv.conf. It reads the messages of RFC 1035 as what they are, the word of a
// stranger.
package dns

import (
	"strconv"
	"strings"
	"syscall"

	"bantam/internal/userland/applet/socket"
)

// The types of records that are understood.
const (
	A     = 1
	NS    = 2
	CNAME = 5
	SOA   = 6
	PTR   = 12
	MX    = 15
	TXT   = 16
	AAAA  = 28
	SRV   = 33
	ANY   = 255
)

// Header is the fixed part of a message.
type Header struct {
	ID            uint16
	Response      bool
	Authoritative bool
	Truncated     bool
	Code          int
	counts        [4]uint16
}

// Record is a resource record. Data lies in the message, which names in it may
// point into.
type Record struct {
	Name    string
	Type    uint16
	TTL     uint32
	Section int // 0 answers, 1 authority, 2 additional

	message    []byte
	start, end int
}

// Message is a parsed message.
type Message struct {
	Header
	Name    string // the question's
	Type    uint16
	Records []Record
}

const headerSize = 12

//go:noinline
func get16(p []byte) uint16 { return uint16(p[0])<<8 | uint16(p[1]) }

//go:noinline
func get32(p []byte) uint32 { return uint32(get16(p))<<16 | uint32(get16(p[2:])) }

// Query makes the message that asks for records of a name.
func Query(id uint16, name string, kind uint16) ([]byte, error) {
	p := []byte{byte(id >> 8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	p, err := appendName(p, name)
	if err != nil {
		return nil, err
	}
	return append(p, byte(kind>>8), byte(kind), 0, 1), nil
}

// appendName writes a name as labels.
func appendName(p []byte, name string) ([]byte, error) {
	start := len(p)
	for name = strings.TrimSuffix(name, "."); name != ""; {
		var label string
		label, name, _ = strings.Cut(name, ".")
		if label == "" || len(label) > 63 {
			return nil, syscall.EINVAL
		}
		p = append(append(p, byte(len(label))), label...)
	}
	if p = append(p, 0); len(p)-start > 255 {
		return nil, syscall.EINVAL
	}
	return p, nil
}

// readName reads a name at an offset and returns what follows it. A pointer must lead
// back, so that no name is endless.
func readName(p []byte, at int) (name string, next int, ok bool) {
	var text []byte
	limit := at
	for {
		if at >= len(p) {
			return "", 0, false
		}
		n := int(p[at])
		at++
		switch {
		case n == 0:
			if next == 0 {
				next = at
			}
			return string(text), next, true
		case n >= 0xc0:
			if at >= len(p) {
				return "", 0, false
			}
			target := n&0x3f<<8 | int(p[at])
			if next == 0 {
				next = at + 1
			}
			if target >= limit {
				return "", 0, false
			}
			at, limit = target, target
		case n > 63 || at+n > len(p) || len(text)+n+1 > 255:
			return "", 0, false
		default:
			if len(text) > 0 {
				text = append(text, '.')
			}
			text = appendLabel(text, p[at:at+n])
			at += n
		}
	}
}

// appendLabel writes a label's bytes, those that aren't printable as \ddd: a name
// goes to terminals and scripts.
func appendLabel(text, label []byte) []byte {
	for _, b := range label {
		switch {
		case b == '.' || b == '\\':
			text = append(text, '\\', b)
		case b <= ' ' || b >= 0x7f:
			text = append(text, '\\', '0'+b/100, '0'+b/10%10, '0'+b%10)
		default:
			text = append(text, b)
		}
	}
	return text
}

// Parse reads a message. Whatever is wrong with it is EBADMSG.
func Parse(p []byte) (*Message, error) {
	if len(p) < headerSize {
		return nil, syscall.EBADMSG
	}
	m := &Message{Header: Header{
		ID: get16(p), Response: p[2]&0x80 != 0, Authoritative: p[2]&4 != 0,
		Truncated: p[2]&2 != 0, Code: int(p[3] & 15),
	}}
	for i := range m.counts {
		m.counts[i] = get16(p[4+2*i:])
	}
	at := headerSize
	for range m.counts[0] {
		name, next, ok := readName(p, at)
		if !ok || next+4 > len(p) {
			return nil, syscall.EBADMSG
		}
		m.Name, m.Type = name, get16(p[next:])
		at = next + 4
	}
	for section, count := range m.counts[1:] {
		for range count {
			r, next, ok := readRecord(p, at)
			if !ok && m.Truncated {
				return m, nil
			}
			if !ok {
				return nil, syscall.EBADMSG
			}
			r.Section = section
			if get16(p[r.start-8:]) == 1 { // class IN
				m.Records = append(m.Records, r)
			}
			at = next
		}
	}
	return m, nil
}

// readRecord reads the record at an offset.
func readRecord(p []byte, at int) (r Record, next int, ok bool) {
	name, at, ok := readName(p, at)
	if !ok || at+10 > len(p) {
		return r, 0, false
	}
	r = Record{Name: name, Type: get16(p[at:]), TTL: get32(p[at+4:]), message: p, start: at + 10}
	r.end = r.start + int(get16(p[at+8:]))
	return r, r.end, r.end <= len(p)
}

// Data returns the record's bytes.
func (r *Record) Data() []byte { return r.message[r.start:r.end] }

// IP returns the address of a record A or AAAA, or none.
func (r *Record) IP() socket.IP {
	ip := socket.From(r.Data())
	if r.Type == A && ip.Is4() || r.Type == AAAA && ip.Is6() {
		return ip
	}
	return socket.IP{}
}

// Target returns the name in a record CNAME, NS, PTR, MX or SRV.
func (r *Record) Target() (string, bool) {
	skip := 0
	switch r.Type {
	case MX:
		skip = 2
	case SRV:
		skip = 6
	}
	name, next, ok := readName(r.message, r.start+skip)
	return name, ok && next <= r.end
}

// Numbers returns the 16-bit numbers at the start of a record MX or SRV.
func (r *Record) Numbers(count int) (numbers []string, ok bool) {
	p := r.Data()
	if len(p) < 2*count {
		return nil, false
	}
	for i := range count {
		numbers = append(numbers, strconv.Itoa(int(get16(p[2*i:]))))
	}
	return numbers, true
}

// Texts returns the strings of a record TXT.
func (r *Record) Texts() (texts []string, ok bool) {
	for p := r.Data(); len(p) > 0; {
		n := int(p[0])
		if n+1 > len(p) {
			return nil, false
		}
		texts = append(texts, string(p[1:n+1]))
		p = p[n+1:]
	}
	return texts, true
}

// Authority returns what a record SOA has: the server, the mailbox, and serial, refresh,
// retry, expire and minimum.
func (r *Record) Authority() (server, mailbox string, numbers [5]uint32, ok bool) {
	server, at, ok := readName(r.message, r.start)
	if !ok {
		return
	}
	mailbox, at, ok = readName(r.message, at)
	if !ok || at+20 > r.end {
		return server, mailbox, numbers, false
	}
	for i := range numbers {
		numbers[i] = get32(r.message[at+4*i:])
	}
	return server, mailbox, numbers, true
}

// Reverse returns the name under which an address's own name is kept.
func Reverse(ip socket.IP) string {
	const digits = "0123456789abcdef"
	var p []byte
	b := ip.Bytes()
	for i := len(b) - 1; i >= 0; i-- {
		if ip.Is4() {
			p = append(strconv.AppendUint(p, uint64(b[i]), 10), '.')
		} else {
			p = append(p, digits[b[i]&15], '.', digits[b[i]>>4], '.')
		}
	}
	if ip.Is4() {
		return string(p) + "in-addr.arpa"
	}
	return string(p) + "ip6.arpa"
}
