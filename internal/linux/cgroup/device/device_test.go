package device

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// run interprets a program as the kernel does.
func run(t testing.TB, program []Instruction, k Kind, major, minor int64, want Access) bool {
	t.Helper()
	var r [11]uint64
	ctx := [3]uint32{uint32(want)<<16 | uint32(k), uint32(major), uint32(minor)}
	for pc, i := range program {
		d, imm := &r[i.Dst], uint64(int64(i.Imm))
		switch i.Op {
		case opLoad:
			if i.Src != rCtx {
				t.Fatalf("instruction %d loads from register %d", pc, i.Src)
			}
			*d = uint64(ctx[i.Off/4])
		case opMov:
			*d = imm
		case opMovR:
			*d = r[i.Src]
		case opSub:
			*d -= imm
		case opAnd:
			*d &= imm
		case opAndR:
			*d &= r[i.Src]
		case opOr:
			*d |= imm
		case opOrR:
			*d |= r[i.Src]
		case opXor:
			*d ^= imm
		case opXor32:
			*d = uint64(uint32(*d) ^ uint32(i.Imm))
		case opLeft:
			*d <<= uint(i.Imm)
		case opRight:
			*d >>= uint(i.Imm)
		case opMul:
			*d *= imm
		case opExit:
			if r[r0] > 1 {
				t.Fatalf("answer %d", r[r0])
			}
			return r[r0] == 1
		default:
			t.Fatalf("unknown operation %#x at %d", i.Op, pc)
		}
	}
	t.Fatal("program ran over its end")
	return false
}

// judge is what a v1 kernel answers from a list.
func (l *List) judge(k Kind, major, minor int64, want Access) bool {
	for bit := Mknod; bit <= Write; bit <<= 1 {
		if want&bit == 0 {
			continue
		}
		allow := l.Allow
		for i := range l.Exceptions {
			if e := &l.Exceptions[i]; e.covers(k, major, minor) && e.Access&bit != 0 {
				allow = !l.Allow
			}
		}
		if !allow {
			return false
		}
	}
	return true
}

// rulesFrom makes rules of bytes: few numbers, so that rules meet often.
func rulesFrom(b []byte) []Rule {
	var rules []Rule
	for len(b) >= 4 && len(rules) < 40 {
		r := Rule{Allow: b[0]&1 != 0, Kind: Kind(b[0] >> 1 % 3), Major: int64(b[1]%4) - 1, Minor: int64(b[2]%4) - 1, Access: Access(b[3])&All | 1<<(b[3]>>3%3)}
		if b[0] > 240 {
			r = Everything(r.Allow)
		}
		switch {
		case b[1] > 250:
			r.Major = 1<<32 - 1
		case b[1] > 230:
			r.Major, r.Minor = 4095, 1<<20-1
		case b[1] > 220:
			r.Major = 2048
		case b[2] > 250:
			r.Minor = 1<<32 - 1
		}
		rules, b = append(rules, r), b[4:]
	}
	return rules
}

func compare(t testing.TB, rules []Rule) {
	t.Helper()
	program := Compile(rules)
	list, v1 := Exceptions(rules)
	for _, k := range []Kind{Block, Char} {
		for _, major := range []int64{0, 1, 2, 7, 2048, 4095} {
			for _, minor := range []int64{0, 1, 2, 3, 1<<20 - 1} {
				for want := Access(0); want <= All; want++ {
					expected := Allowed(rules, k, major, minor, want)
					if got := run(t, program, k, major, minor, want); got != expected {
						t.Fatalf("%v: program says %v for kind %d %d:%d access %d, want %v", rules, got, k, major, minor, want, expected)
					}
					if v1 == nil && want != 0 && list.judge(k, major, minor, want) != expected {
						t.Fatalf("%v: list %+v differs for kind %d %d:%d access %d, want %v", rules, list, k, major, minor, want, expected)
					}
				}
			}
		}
	}
}

func TestProgramAndListAgreeWithInterpreter(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 3000 {
		b := make([]byte, 4*random.Intn(12))
		random.Read(b)
		compare(t, rulesFrom(b))
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte{1, 0, 0, 7, 0, 1, 1, 2})
	f.Add([]byte{255, 0, 0, 7, 4, 2, 3, 1, 0, 2, 0, 2})
	f.Fuzz(func(t *testing.T, b []byte) { compare(t, rulesFrom(b)) })
}

func TestAllowed(t *testing.T) {
	rules := []Rule{
		Everything(false),
		{Allow: true, Kind: Char, Major: Wild, Minor: Wild, Access: Mknod},
		{Allow: true, Kind: Char, Major: 1, Minor: 3, Access: All},
		{Allow: false, Kind: Char, Major: 1, Minor: 3, Access: Write},
	}
	for _, c := range []struct {
		k            Kind
		major, minor int64
		want         Access
		ok           bool
	}{
		{Char, 1, 3, Read, true},
		{Char, 1, 3, Write, false},
		{Char, 1, 3, Read | Write, false},
		{Char, 9, 9, Mknod, true},
		{Char, 9, 9, Mknod | Read, false},
		{Block, 1, 3, Read, false},
	} {
		if got := Allowed(rules, c.k, c.major, c.minor, c.want); got != c.ok {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	n := int64(-5)
	for _, c := range []struct {
		rule specs.LinuxDeviceCgroup
		want string
	}{
		{specs.LinuxDeviceCgroup{Type: "x"}, `resources.devices[0]: type "x" is not a, b or c`},
		{specs.LinuxDeviceCgroup{Type: "c", Access: "rwx"}, `resources.devices[0]: access "rwx" has letters other than r, w and m`},
		{specs.LinuxDeviceCgroup{Type: "c", Major: &n}, `resources.devices[0]: major -5 is out of range`},
	} {
		if _, err := Parse([]specs.LinuxDeviceCgroup{c.rule}); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestHoleInWildcardIsAnError(t *testing.T) {
	_, err := Exceptions([]Rule{
		{Allow: true, Kind: Char, Major: Wild, Minor: Wild, Access: All},
		{Allow: false, Kind: Char, Major: 1, Minor: 3, Access: Read},
	})
	want := "cgroup v1 can't deny c 1:3 r as an exception from the rule allow c *:* rwm"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A change from one list to another arrives there and never denies on its way
// what both allow.
func TestChange(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	for range 2000 {
		b := make([]byte, 4*random.Intn(8))
		random.Read(b)
		from, err1 := Exceptions(rulesFrom(b))
		random.Read(b)
		to, err2 := Exceptions(rulesFrom(b))
		if err1 != nil || err2 != nil || from.Allow || to.Allow {
			continue
		}
		now := &List{Exceptions: append([]Rule(nil), from.Exceptions...)}
		for _, line := range Change(from, to) {
			line.toggle(now)
			for major := range int64(3) {
				for bit := Mknod; bit <= Write; bit <<= 1 {
					if from.judge(Char, major, 1, bit) && to.judge(Char, major, 1, bit) && overlapsNothing(from, to) && !now.judge(Char, major, 1, bit) {
						t.Fatalf("%v to %v: %s denies in between", from, to, line.String())
					}
				}
			}
		}
		for _, k := range []Kind{Block, Char} {
			for major := range int64(4) {
				for minor := range int64(4) {
					for want := Mknod; want <= All; want++ {
						if now.judge(k, major, minor, want) != to.judge(k, major, minor, want) {
							t.Fatalf("%v to %v: ended at %v", from, to, now)
						}
					}
				}
			}
		}
	}
}

// overlapsNothing: a wildcard that is replaced by a narrower rule is taken away first.
func overlapsNothing(lists ...*List) bool {
	for _, l := range lists {
		for _, e := range l.Exceptions {
			if e.Major == Wild || e.Minor == Wild {
				return false
			}
		}
	}
	return true
}

// toggle does what the kernel does with a line of devices.allow or devices.deny.
func (r *Rule) toggle(l *List) {
	if r.Allow != l.Allow {
		l.add(*r)
		return
	}
	for i := range l.Exceptions {
		if l.Exceptions[i].sameDevices(r) {
			l.Exceptions[i].Access &^= r.Access
		}
	}
}

func TestParseList(t *testing.T) {
	l, err := ParseList("c 1:3 rwm\nb *:* m\nc 136:* rw\n")
	if err != nil || l.Allow || len(l.Exceptions) != 3 {
		t.Fatalf("got %+v, %v", l, err)
	}
	var lines []string
	for i := range l.Exceptions {
		lines = append(lines, l.Exceptions[i].String())
	}
	if got := strings.Join(lines, ","); got != "c 1:3 rwm,b *:* m,c 136:* rw" {
		t.Errorf("got %s", got)
	}
	if l, err := ParseList("a *:* rwm\n"); err != nil || !l.Allow {
		t.Errorf("got %+v, %v", l, err)
	}
	if _, err := ParseList("c 1 rwm"); err == nil {
		t.Error("bad line accepted")
	}
}
