package nft

import (
	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

// Type is what a field of a key or a value is. The kernel only counts bytes; `nft list` shows by it what
// they mean.
type Type struct{ number, size uint32 }

// The types there are.
var (
	Addr4     = Type{7, 4}
	Addr6     = Type{8, 16}
	EtherAddr = Type{9, 6}
	Protocol  = Type{12, 1}
	Service   = Type{13, 2}
	IfName    = Type{41, unix.IFNAMSIZ}
)

// Set is a set, or a map where it has a Value. Several types are one after the other.
type Set struct {
	Name  string
	ID    uint32 // of a set made in this batch
	Key   []Type
	Value []Type
	// Interval: the keys are ranges: see [Range].
	Interval bool
}

// hostOrder tells `nft list` that a key is in the machine's order of bytes, or it shows none: type
// (NFTNL_UDATA_SET_KEYBYTEORDER), length, BYTEORDER_HOST_ENDIAN.
var hostOrder = []byte{0, 4, 1, 0, 0, 0}

func typeOf(list []Type) (number, size uint32) {
	for _, t := range list {
		if len(list) > 1 {
			number = number<<6 | t.number
		} else {
			number = t.number
		}
		size += (t.size + 3) &^ 3
	}
	if len(list) == 1 {
		size = list[0].size
	}
	return number, size
}

// AddSet makes a set.
func (b *Batch) AddSet(s Set) {
	r := b.add(unix.NFT_MSG_NEWSET, unix.NLM_F_CREATE)
	r.AddString(unix.NFTA_SET_NAME, s.Name)
	var flags uint32
	if s.Value != nil {
		flags |= unix.NFT_SET_MAP
	}
	if s.Interval {
		flags |= unix.NFT_SET_INTERVAL
	}
	r.Add(unix.NFTA_SET_FLAGS, big32(flags))
	number, size := typeOf(s.Key)
	r.Add(unix.NFTA_SET_KEY_TYPE, big32(number))
	r.Add(unix.NFTA_SET_KEY_LEN, big32(size))
	r.Add(unix.NFTA_SET_ID, big32(s.ID))
	if len(s.Key) == 1 && s.Key[0] == IfName {
		r.Add(unix.NFTA_SET_USERDATA, hostOrder)
	}
	if s.Value != nil {
		number, size = typeOf(s.Value)
		r.Add(unix.NFTA_SET_DATA_TYPE, big32(number))
		r.Add(unix.NFTA_SET_DATA_LEN, big32(size))
	}
}

// Element is a member of a set; Value is nil but in maps. Fields are padded to 4 bytes each: see [Key].
type Element struct {
	Key, Value []byte
	end        bool
}

// Key joins the fields of a key or a value.
func Key(fields ...[]byte) []byte {
	if len(fields) == 1 {
		return fields[0]
	}
	var b []byte
	for _, f := range fields {
		b = append(b, f...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

// Name is an interface's name as a field.
func Name(s string) []byte { return append([]byte(s), make([]byte, unix.IFNAMSIZ-len(s))...) }

// Port is a port as a field.
func Port(n int) []byte { return []byte{byte(n >> 8), byte(n)} }

// Range is the two elements of an interval set that stand for the keys from first up to but not including end.
func Range(first, end []byte) []Element { return []Element{{Key: first}, {Key: end, end: true}} }

// perMessage bounds the elements of a message, whose list may have 64 KiB.
const perMessage = 400

// AddElements puts elements into a set. One that is there already is no error, unless it has another value.
func (b *Batch) AddElements(set string, list ...Element) {
	b.elements(unix.NFT_MSG_NEWSETELEM, unix.NLM_F_CREATE, set, list)
}

// DeleteElements takes elements out of a set, where they must be.
func (b *Batch) DeleteElements(set string, list ...Element) {
	b.elements(unix.NFT_MSG_DELSETELEM, 0, set, list)
}

func (b *Batch) elements(kind uint16, flags int, set string, list []Element) {
	for len(list) > 0 {
		n := min(len(list), perMessage)
		r := b.add(kind, flags)
		writeElements(r, set, list[:n])
		list = list[n:]
	}
}

func writeElements(r *netlink.Request, set string, list []Element) {
	r.AddString(unix.NFTA_SET_ELEM_LIST_SET, set)
	all := r.Nest(unix.NLA_F_NESTED | unix.NFTA_SET_ELEM_LIST_ELEMENTS)
	for _, e := range list {
		at := r.Nest(unix.NLA_F_NESTED | unix.NFTA_LIST_ELEM)
		if e.end {
			r.Add(unix.NFTA_SET_ELEM_FLAGS, big32(unix.NFT_SET_ELEM_INTERVAL_END))
		}
		data(r, unix.NFTA_SET_ELEM_KEY, e.Key)
		if e.Value != nil {
			data(r, unix.NFTA_SET_ELEM_DATA, e.Value)
		}
		r.End(at)
	}
	r.End(all)
}

// data writes a value as struct nft_data wants it.
func data(r *netlink.Request, kind uint16, value []byte) {
	at := r.Nest(unix.NLA_F_NESTED | kind)
	r.Add(unix.NFTA_DATA_VALUE, value)
	r.End(at)
}

// Has asks whether the set has that element.
func Has(c *netlink.Conn, family byte, table, set string, key []byte) (bool, error) {
	b := NewBatch(family, table)
	r := b.add(unix.NFT_MSG_GETSETELEM, 0)
	writeElements(r, set, []Element{{Key: key}})
	_, err := c.Get(r)
	if Missing(err) {
		return false, nil
	}
	return err == nil, err
}
