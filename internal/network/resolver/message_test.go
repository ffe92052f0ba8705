package resolver

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"bantam/internal/network"
	"bantam/internal/statefile"
)

// ask makes a query as a C library does.
func ask(id uint16, name string, kind uint16, edns int) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	b = append(b, appendName(nil, name)...)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = append(b, 0, classIN)
	if edns > 0 {
		b[11] = 1
		b = append(b, 0, 0, typeOPT, byte(edns>>8), byte(edns), 0, 0, 0, 0, 0, 0)
	}
	return b
}

func TestParse(t *testing.T) {
	q, code, ok := parse(ask(7, "WeB.Net", typeAAAA, 1232))
	if !ok || code != 0 || q.name != "web.net" || q.kind != typeAAAA || !q.edns || q.size != 1232 {
		t.Errorf("%+v, %d, %v", q, code, ok)
	}
	good := ask(7, "web", typeA, 0)
	for _, c := range []struct {
		what string
		make func(b []byte) []byte
		code byte
		ok   bool
	}{
		{"an answer", func(b []byte) []byte { b[2] |= 0x80; return b }, 0, false},
		{"short", func(b []byte) []byte { return b[:11] }, 0, false},
		{"an update", func(b []byte) []byte { b[2] = 5 << 3; return b }, notImp, true},
		{"no question", func(b []byte) []byte { b[5] = 0; return b }, formErr, true},
		{"two questions", func(b []byte) []byte { b[5] = 2; return b }, formErr, true},
		{"half a question", func(b []byte) []byte { return b[:len(b)-1] }, formErr, true},
		{"a pointer in the question", func(b []byte) []byte { b[12] = 0xc0; return b }, formErr, true},
		{"a record that isn't there", func(b []byte) []byte { b[11] = 1; return b }, formErr, true},
	} {
		if _, code, ok := parse(c.make(bytes.Clone(good))); code != c.code || ok != c.ok {
			t.Errorf("%s: %d, %v", c.what, code, ok)
		}
	}
	if _, code, _ := parse(ask(1, strings.Repeat("a.", 126)+"a", typeA, 0)); code != noError {
		t.Errorf("a name of 255 bytes: %d", code)
	}
}

func TestAnswers(t *testing.T) {
	four := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
	q, _, _ := parse(ask(7, "WEB", typeA, 0))
	b := q.addresses(four, q.size)
	if !bytes.Equal(b[:q.end][12:], q.raw[12:q.end]) || binary.BigEndian.Uint16(b[6:]) != 2 || b[3] != 0x80 || !bytes.HasSuffix(b, []byte{10, 0, 0, 2}) {
		t.Errorf("%x", b)
	}
	// The name is known, the type is not: no data, never "no such name".
	for _, kind := range []uint16{typeAAAA, 15, 65} {
		q, _, _ := parse(ask(7, "web", kind, 1232))
		if b := q.addresses(four, q.size); b[3]&15 != noError || binary.BigEndian.Uint16(b[6:]) != 0 || b[11] != 1 {
			t.Errorf("type %d: %x", kind, b)
		}
	}
	var many []netip.Addr
	for i := range 100 {
		many = append(many, netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}))
	}
	if b := q.addresses(many, q.size); len(b) > plainSize || b[2]&2 == 0 || binary.BigEndian.Uint16(b[6:]) != 30 {
		t.Errorf("%d bytes, flags %x", len(b), b[2:4])
	}
	if b := q.addresses(many, maxMessage); b[2]&2 != 0 || binary.BigEndian.Uint16(b[6:]) != 100 {
		t.Errorf("over TCP: flags %x", b[2:4])
	}
}

func TestUpstreamAnswers(t *testing.T) {
	q, _, _ := parse(ask(7, "Web.Example", typeA, 0))
	other, _, _ := parse(ask(7, "bad.example", typeA, 0))
	good := q.reply(noError)
	good[0], good[1] = 1, 2
	copy(good[12:], bytes.ToLower(good[12:q.end]))
	wrong := other.reply(noError)
	wrong[0], wrong[1] = 1, 2
	if !q.answers(good, 0x102) || q.answers(good, 0x103) || q.answers(wrong, 0x102) || q.answers(q.raw, 7) || q.answers(good[:20], 0x102) {
		t.Error("an answer is told from what is none")
	}
	if b := q.passOn(bytes.Clone(good), 512); !bytes.Equal(b[:2], q.raw[:2]) || !bytes.Equal(b[12:q.end], q.raw[12:q.end]) {
		t.Errorf("passed on: %x", b)
	}
	if b := q.passOn(append(bytes.Clone(good), make([]byte, 600)...), 512); len(b) > 512 || b[2]&2 == 0 {
		t.Errorf("too long: %d bytes", len(b))
	}
}

func TestNames(t *testing.T) {
	s := &network.Store{Root: t.TempDir()}
	l, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Free()
	n := &network.Network{ID: statefile.NewID(), Name: "back.end"}
	if err := s.Create(n); err != nil {
		t.Fatal(err)
	}
	f := s.Folder(n.ID)
	ip := netip.MustParseAddr("10.1.0.5")
	if err := f.Announce("id", []string{"web", "alias"}, ip, netip.MustParseAddr("fd00::5")); err != nil {
		t.Fatal(err)
	}
	nets := []Network{{Folder: f, Name: n.Name, Links: map[string]string{"db": "alias"}, NameOf: func(id string) string { return "web" }}}
	for name, want := range map[string]int{"web": 2, "alias": 2, "web.back.end": 2, "db": 2, "web.other": 0, "no": 0, "..": 0, "a/b": 0, "": 0} {
		if list, known := lookup(nets, name); len(list) != want || known != (want > 0) {
			t.Errorf("%q: %v, %v", name, list, known)
		}
	}
}

func TestArpa(t *testing.T) {
	for name, want := range map[string]string{
		"5.0.1.10.in-addr.arpa": "10.1.0.5", "0.1.10.in-addr.arpa": "", "x.0.1.10.in-addr.arpa": "", "256.0.1.10.in-addr.arpa": "",
		"5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa": "fd00::5", "5.ip6.arpa": "",
	} {
		a, ok := arpa(name)
		if ok != (want != "") || ok && a.String() != want {
			t.Errorf("%s: %v, %v", name, a, ok)
		}
	}
}

func TestNameservers(t *testing.T) {
	list := nameservers("# x\nsearch a\nnameserver 127.0.0.53\nnameserver 1.2.3.4 \nnameserver bad\nnameserver fe80::1%eth0\nnameserver 9.9.9.9\n")
	if len(list) != 3 || !list[0].Host || list[1].Host || !list[2].Host {
		t.Errorf("%+v", list)
	}
}

// Whatever comes in, the answer is one to this question and no longer than it may be.
func FuzzQuery(f *testing.F) {
	f.Add(ask(7, "WeB.net", typeA, 1232), ask(7, "web.net", typeA, 0))
	f.Add(ask(7, "5.0.1.10.in-addr.arpa", typePTR, 0), []byte{0, 7, 0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0})
	list := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")}
	f.Fuzz(func(t *testing.T, b, upstream []byte) {
		q, code, ok := parse(b)
		if !ok {
			return
		}
		answers := [][]byte{q.refuse(code)}
		if code == noError {
			arpa(q.name)
			lookup(nil, q.name)
			answers = append(answers, q.addresses(list, q.size), q.pointer("web.net"))
			if q.answers(upstream, 7) {
				answers = append(answers, q.passOn(bytes.Clone(upstream), q.size))
			}
		}
		for _, a := range answers {
			if len(a) < headerSize || a[2]&0x80 == 0 || !bytes.Equal(a[:2], b[:2]) || len(a) > maxSize {
				t.Fatalf("%x answers %x", a, b)
			}
		}
	})
}
