package record

import (
	"encoding/binary"
	"errors"

	"bantam/internal/linux/cgroup"
)

const (
	magic    = "bantam\x00\x01"
	slotSize = 64
	// prelude is the slot, the sizes of head and config and the head's checksum.
	prelude = slotSize + 12
	// maxHead bounds what a damaged file can make a reader allocate.
	maxHead = 64 << 20
)

// ErrDamaged says that a file is no whole record: its writer was killed, or it is something else.
var ErrDamaged = errors.New("the container's record is damaged: remove it with delete --force")

func (s Slot) encode() [slotSize]byte {
	var b [slotSize]byte
	copy(b[:], magic)
	b[8] = byte(s.Status)
	binary.LittleEndian.PutUint32(b[12:], uint32(s.Pid))
	binary.LittleEndian.PutUint64(b[16:], s.Start)
	binary.LittleEndian.PutUint32(b[24:], sum(b[:24]))
	return b
}

// decodeSlot needs slotSize bytes.
func decodeSlot(b []byte) (Slot, error) {
	if string(b[:8]) != magic || binary.LittleEndian.Uint32(b[24:]) != sum(b[:24]) {
		return Slot{}, ErrDamaged
	}
	s := Slot{Status: Status(b[8]), Pid: int(int32(binary.LittleEndian.Uint32(b[12:]))), Start: binary.LittleEndian.Uint64(b[16:])}
	if s.Status < Creating || s.Status > Started || s.Pid < 0 {
		return Slot{}, ErrDamaged
	}
	return s, nil
}

// sum is FNV-1a: it finds torn and cut files, it is no defence.
func sum(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// Encode returns the whole file.
func (r *Record) Encode(config []byte) []byte {
	slot := r.Slot.encode()
	b := make([]byte, prelude, prelude+1024+len(config))
	copy(b, slot[:])
	b = r.appendHead(b)
	binary.LittleEndian.PutUint32(b[slotSize:], uint32(len(b)-prelude))
	binary.LittleEndian.PutUint32(b[slotSize+4:], uint32(len(config)))
	binary.LittleEndian.PutUint32(b[slotSize+8:], sum(b[prelude:]))
	return append(b, config...)
}

func (r *Record) appendHead(b []byte) []byte {
	for _, s := range [...]string{r.ID, r.Version, r.Bundle, r.Rootfs, r.Closid, r.Comm} {
		b = appendString(b, s)
	}
	for _, n := range [...]uint64{uint64(r.Created), uint64(r.Owner), uint64(r.Flags), r.ExeDev, r.ExeIno} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	c := &r.Cgroup
	b = append(b, byte(c.Mode), flag(c.Rootless), flag(c.Explicit))
	b = appendString(appendString(b, c.Unit), c.Slice)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(c.Members)))
	for i := range c.Members {
		b = binary.LittleEndian.AppendUint32(b, uint32(c.Members[i].Controllers))
		b = appendString(b, c.Members[i].Path)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Annotations)))
	for i := range r.Annotations {
		b = appendString(appendString(b, r.Annotations[i].Key), r.Annotations[i].Value)
	}
	return b
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

// sizes reads the lengths of head and config from the prelude.
func sizes(b []byte) (head, config int, err error) {
	head = int(binary.LittleEndian.Uint32(b[slotSize:]))
	config = int(binary.LittleEndian.Uint32(b[slotSize+4:]))
	if head > maxHead || config > maxHead {
		return 0, 0, ErrDamaged
	}
	return head, config, nil
}

// Decode reads slot and head. b holds at least those; what is behind them is not looked at.
func Decode(b []byte) (*Record, error) {
	if len(b) < prelude {
		return nil, ErrDamaged
	}
	slot, err := decodeSlot(b)
	if err != nil {
		return nil, err
	}
	n, _, err := sizes(b)
	if err != nil || len(b) < prelude+n {
		return nil, ErrDamaged
	}
	head := b[prelude : prelude+n]
	if sum(head) != binary.LittleEndian.Uint32(b[slotSize+8:]) {
		return nil, ErrDamaged
	}
	d := decoder{b: string(head)}
	r := d.record()
	if d.bad || len(d.b) != 0 {
		return nil, ErrDamaged
	}
	r.Slot = slot
	return r, nil
}

// decoder reads from the front of b. After the first that is missing all else is zero.
type decoder struct {
	b   string
	bad bool
}

func (d *decoder) record() *Record {
	r := &Record{ID: d.string(), Version: d.string(), Bundle: d.string(), Rootfs: d.string(), Closid: d.string(), Comm: d.string()}
	r.Created, r.Owner, r.Flags = int64(d.uint64()), uint32(d.uint64()), Flags(d.uint64())
	r.ExeDev, r.ExeIno = d.uint64(), d.uint64()
	c := &r.Cgroup
	c.Mode, c.Rootless, c.Explicit = cgroup.Mode(d.byte()), d.byte() == 1, d.byte() == 1
	c.Unit, c.Slice = d.string(), d.string()
	if n := d.count(8); n > 0 {
		c.Members = make([]cgroup.Member, n)
		for i := range c.Members {
			c.Members[i] = cgroup.Member{Controllers: cgroup.Controllers(d.uint32()), Path: d.string()}
		}
	}
	if n := d.count(8); n > 0 {
		r.Annotations = make([]Pair, n)
		for i := range r.Annotations {
			r.Annotations[i] = Pair{d.string(), d.string()}
		}
	}
	return r
}

func (d *decoder) take(n int) string {
	if n < 0 || n > len(d.b) {
		d.bad, d.b = true, ""
		return ""
	}
	s := d.b[:n]
	d.b = d.b[n:]
	return s
}

func (d *decoder) byte() byte {
	if s := d.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (d *decoder) uint32() (n uint32) {
	s := d.take(4)
	for i := len(s) - 1; i >= 0; i-- {
		n = n<<8 | uint32(s[i])
	}
	return n
}

func (d *decoder) uint64() uint64 {
	low := d.uint32()
	return uint64(d.uint32())<<32 | uint64(low)
}

func (d *decoder) string() string { return d.take(int(d.uint32())) }

// count reads a number of elements of at least size bytes each.
func (d *decoder) count(size int) int {
	n := int(d.uint32())
	if n > len(d.b)/size {
		d.bad, d.b = true, ""
		return 0
	}
	return n
}
