package systemd

import (
	"encoding/binary"
	"errors"
)

var errMalformed = errors.New("malformed D-Bus message")

// maxMessage is far above what systemd answers and far below D-Bus's 128 MiB.
const maxMessage = 16 << 20

// decoder unmarshals; errors stick.
type decoder struct {
	b     []byte
	at    int
	order binary.ByteOrder
	depth int
	err   error
}

func (d *decoder) take(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.b)-d.at {
		d.err = errMalformed
		return nil
	}
	s := d.b[d.at : d.at+n]
	d.at += n
	return s
}

func (d *decoder) align(n int) {
	if pad := -d.at & (n - 1); pad > 0 {
		d.take(pad)
	}
}

func (d *decoder) number(size int) uint64 {
	d.align(size)
	s := d.take(size)
	if s == nil {
		return 0
	}
	switch size {
	case 1:
		return uint64(s[0])
	case 2:
		return uint64(d.order.Uint16(s))
	case 4:
		return uint64(d.order.Uint32(s))
	}
	return d.order.Uint64(s)
}

func (d *decoder) string(sizeOfLength int) string {
	n := d.number(sizeOfLength)
	if n > maxMessage {
		d.err = errMalformed
		return ""
	}
	s := string(d.take(int(n)))
	d.take(1)
	return s
}

// value reads a value of a single complete type.
func (d *decoder) value(sig string) Value {
	v := Value{Sig: sig}
	if d.depth++; d.depth > 64 {
		d.err = errMalformed
	}
	defer func() { d.depth-- }()
	if d.err != nil {
		return v
	}
	switch sig[0] {
	case 'y':
		v.Num = d.number(1)
	case 'n', 'q':
		v.Num = d.number(2)
	case 'b', 'i', 'u', 'h':
		v.Num = d.number(4)
	case 'x', 't', 'd':
		v.Num = d.number(8)
	case 's', 'o':
		v.Str = d.string(4)
	case 'g':
		v.Str = d.string(1)
	case 'v':
		inner := d.string(1)
		if n, ok := typeLength(inner); !ok || n != len(inner) {
			d.err = errMalformed
			return v
		}
		v.Items = []Value{d.value(inner)}
	case 'a':
		v.Items = d.array(sig[1:])
	default:
		d.align(8)
		v.Items = d.items(sig[1 : len(sig)-1])
	}
	return v
}

func (d *decoder) array(sig string) []Value {
	n := d.number(4)
	d.align(alignment(sig[0]))
	if d.err != nil || n > uint64(len(d.b)-d.at) {
		d.err = errMalformed
		return nil
	}
	end := d.at + int(n)
	var items []Value
	for d.at < end && d.err == nil {
		before := d.at
		items = append(items, d.value(sig))
		if d.at == before { // a structure without members would go on for ever
			d.err = errMalformed
		}
	}
	if d.at != end {
		d.err = errMalformed
	}
	return items
}

// items reads one value after the other of a signature.
func (d *decoder) items(sig string) []Value {
	var items []Value
	for sig != "" && d.err == nil {
		n, ok := typeLength(sig)
		if !ok {
			d.err = errMalformed
			return nil
		}
		items = append(items, d.value(sig[:n]))
		sig = sig[n:]
	}
	return items
}

// typeLength returns the length of the first complete type of a signature.
func typeLength(sig string) (int, bool) { return typeLengthWithin(sig, 32) }

func typeLengthWithin(sig string, depth int) (int, bool) {
	if sig == "" || depth == 0 {
		return 0, false
	}
	switch sig[0] {
	case 'y', 'b', 'n', 'q', 'i', 'u', 'x', 't', 'd', 'h', 's', 'o', 'g', 'v':
		return 1, true
	case 'a':
		n, ok := typeLengthWithin(sig[1:], depth-1)
		return n + 1, ok
	case '(', '{':
		end := byte(')')
		if sig[0] == '{' {
			end = '}'
		}
		at := 1
		for at < len(sig) && sig[at] != end {
			n, ok := typeLengthWithin(sig[at:], depth-1)
			if !ok {
				return 0, false
			}
			at += n
		}
		return at + 1, at > 1 && at < len(sig)
	}
	return 0, false
}

// messageLength returns how long the message is whose first 16 bytes these are.
func messageLength(b []byte) (int, error) {
	order, ok := byteOrder(b[0])
	if !ok || b[3] != 1 {
		return 0, errMalformed
	}
	body, fields := order.Uint32(b[4:]), order.Uint32(b[12:])
	if body > maxMessage || fields > maxMessage {
		return 0, errMalformed
	}
	return 16 + int(fields+7)&^7 + int(body), nil
}

func byteOrder(c byte) (binary.ByteOrder, bool) {
	switch c {
	case 'l':
		return binary.LittleEndian, true
	case 'B':
		return binary.BigEndian, true
	}
	return nil, false
}

// decodeMessage reads a whole message.
func decodeMessage(b []byte) (*message, error) {
	if len(b) < 16 {
		return nil, errMalformed
	}
	order, ok := byteOrder(b[0])
	if !ok {
		return nil, errMalformed
	}
	m := &message{kind: b[1], serial: order.Uint32(b[8:])}
	d := &decoder{b: b, at: 12, order: order}
	fields := d.value("a(yv)")
	if d.err != nil {
		return nil, d.err
	}
	for i := range fields.Items {
		m.setField(&fields.Items[i])
	}
	d.align(8)
	m.body = d.items(m.signature)
	return m, d.err
}

func (m *message) setField(f *Value) {
	v := &f.Items[1].Items[0]
	switch f.Items[0].Num {
	case fieldPath:
		m.path = v.Str
	case fieldInterface:
		m.iface = v.Str
	case fieldMember:
		m.member = v.Str
	case fieldError:
		m.errorName = v.Str
	case fieldReply:
		m.reply = uint32(v.Num)
	case fieldDest:
		m.dest = v.Str
	case fieldSignature:
		m.signature = v.Str
	}
}
