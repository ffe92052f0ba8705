package network

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// The lowest free address is what a search from the first one finds.
func TestLowest(t *testing.T) {
	for _, c := range []struct{ subnet, span string }{
		{"10.0.0.0/29", "10.0.0.0/29"}, {"10.0.0.0/24", "10.0.0.128/28"}, {"10.0.0.0/31", "10.0.0.0/31"}, {"10.0.0.4/32", "10.0.0.4/32"},
		{"255.255.255.240/28", "255.255.255.240/28"}, {"fd00::/64", "fd00::/64"}, {"fd00::/64", "fd00::fff0/124"}, {"fd00::fffe/127", "fd00::fffe/127"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124"},
	} {
		p := &pool{subnet: netip.MustParsePrefix(c.subnet), span: netip.MustParsePrefix(c.span)}
		for range 2000 {
			taken := map[string]bool{"::1": true, "1.2.3.4": true, "fd00:0:0:1::1": true, "not an address": true}
			a := p.subnet.Masked().Addr()
			for i := 0; i < 20 && a.IsValid(); i++ {
				if rand.IntN(8) > 0 {
					taken[a.String()] = true
				}
				a = a.Next()
			}
			var list []string
			for text := range taken {
				list = append(list, text)
			}
			want, found := netip.Addr{}, false
			for a := p.first(); a.IsValid() && p.has(a); a = a.Next() {
				if !taken[a.String()] {
					want, found = a, true
					break
				}
			}
			if got, ok := p.lowest(list); ok != found || ok && got != want {
				t.Fatalf("%s in %s without %v: %v %v, want %v %v", c.span, c.subnet, list, got, ok, want, found)
			}
		}
	}
}
