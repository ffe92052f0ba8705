package schedule

import "testing"

func TestMask(t *testing.T) {
	for _, c := range []struct{ list, hex, back string }{
		{"0", "1", "0"}, {"0-3", "f", "0-3"}, {"1,3,5-7", "ea", "1,3,5-7"}, {"0-7:2", "55", "0,2,4,6"}, {"64", "10000000000000000", "64"},
		{"63-65", "38000000000000000", "63-65"}, {"0,500", "1", "0"},
	} {
		a, b := make(mask, 2), make(mask, 2)
		if !a.parseList(c.list) || a.list() != c.back {
			t.Errorf("%s is %s", c.list, a.list())
		}
		if !b.parseHex("0x"+c.hex) || a.hex() != c.hex || b.hex() != c.hex {
			t.Errorf("%s is %s and %s", c.hex, a.hex(), b.hex())
		}
	}
	for _, bad := range []string{"", "x", "3-1", "1:2", "1-3:0", "1,", "-1", "1--2"} {
		if make(mask, 1).parseList(bad) {
			t.Errorf("%q is a list", bad)
		}
	}
	if make(mask, 1).parseHex("1g") || make(mask, 1).hex() != "0" {
		t.Error("hex")
	}
}

func FuzzMask(f *testing.F) {
	f.Add("1,3-5:2")
	f.Fuzz(func(t *testing.T, s string) {
		m := make(mask, 2)
		m.parseList(s)
		m.parseHex(s)
	})
}
