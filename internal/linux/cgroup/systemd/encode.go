package systemd

import "encoding/binary"

// appendValue marshals a value at the end of b, whose first byte is 8-aligned
// in the message (D-Bus specification, "Marshaling (Wire Format)").
func appendValue(b []byte, v *Value) []byte {
	switch c := v.Sig[0]; c {
	case 'y':
		return append(b, byte(v.Num))
	case 'n', 'q':
		return binary.LittleEndian.AppendUint16(align(b, 2), uint16(v.Num))
	case 'b', 'i', 'u', 'h':
		return binary.LittleEndian.AppendUint32(align(b, 4), uint32(v.Num))
	case 'x', 't', 'd':
		return binary.LittleEndian.AppendUint64(align(b, 8), v.Num)
	case 's', 'o':
		b = binary.LittleEndian.AppendUint32(align(b, 4), uint32(len(v.Str)))
		return append(append(b, v.Str...), 0)
	case 'g':
		return append(append(append(b, byte(len(v.Str))), v.Str...), 0)
	case 'v':
		b = append(append(append(b, byte(len(v.Items[0].Sig))), v.Items[0].Sig...), 0)
		return appendValue(b, &v.Items[0])
	case 'a':
		return appendArray(b, v)
	default: // '(' and '{'
		return appendItems(align(b, 8), v.Items)
	}
}

func appendItems(b []byte, items []Value) []byte {
	for i := range items {
		b = appendValue(b, &items[i])
	}
	return b
}

// appendArray: the length does not count the padding before the first item.
func appendArray(b []byte, v *Value) []byte {
	b = align(b, 4)
	at := len(b)
	b = align(append(b, 0, 0, 0, 0), alignment(v.Sig[1]))
	start := len(b)
	b = appendItems(b, v.Items)
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-start))
	return b
}

func align(b []byte, n int) []byte {
	for len(b)%n != 0 {
		b = append(b, 0)
	}
	return b
}

func alignment(c byte) int {
	switch c {
	case 'y', 'g', 'v':
		return 1
	case 'n', 'q':
		return 2
	case 'x', 't', 'd', '(', '{':
		return 8
	}
	return 4
}

// message is a D-Bus message of any kind.
type message struct {
	kind                                 byte
	serial, reply                        uint32
	path, iface, member, dest, errorName string
	signature                            string
	body                                 []Value
}

// Kinds of messages and codes of header fields.
const (
	methodCall   = 1
	methodReturn = 2
	errorReply   = 3
	signal       = 4

	fieldPath      = 1
	fieldInterface = 2
	fieldMember    = 3
	fieldError     = 4
	fieldReply     = 5
	fieldDest      = 6
	fieldSignature = 8
)

func (m *message) encode() []byte {
	var body []byte
	sig := ""
	for i := range m.body {
		sig += m.body[i].Sig
		body = appendValue(body, &m.body[i])
	}
	b := []byte{'l', m.kind, 0, 1}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	b = binary.LittleEndian.AppendUint32(b, m.serial)
	b = appendValue(b, m.fields(sig))
	return append(align(b, 8), body...)
}

func (m *message) fields(sig string) *Value {
	fields := Array("(yv)")
	add := func(code uint64, v Value) {
		if v.Str != "" || v.Num != 0 {
			fields.Items = append(fields.Items, Struct(Value{Sig: "y", Num: code}, variant(v)))
		}
	}
	add(fieldPath, Value{Sig: "o", Str: m.path})
	add(fieldInterface, String(m.iface))
	add(fieldMember, String(m.member))
	add(fieldError, String(m.errorName))
	add(fieldReply, Uint32(m.reply))
	add(fieldDest, String(m.dest))
	add(fieldSignature, Value{Sig: "g", Str: sig})
	return &fields
}
