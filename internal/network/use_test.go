package network

import (
	"math"
	"net/netip"
	"testing"
)

func TestUse(t *testing.T) {
	taken := map[netip.Addr]bool{}
	for _, a := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.130", "fd00::1", "192.168.0.1"} {
		taken[netip.MustParseAddr(a)] = true
	}
	for _, c := range []struct {
		pool       Pool
		used, free uint64
	}{
		{Pool{Subnet: "10.0.0.0/24"}, 5, 251},
		{Pool{Subnet: "10.0.0.0/24", Range: "10.0.0.128/25"}, 5, 126},
		{Pool{Subnet: "10.0.0.0/31"}, 1, 1},
		{Pool{Subnet: "10.0.0.1/32"}, 1, 0},
		{Pool{Subnet: "fd00::/120"}, 2, 254},
		{Pool{Subnet: "fd00::/64"}, 2, math.MaxUint64},
	} {
		if u := c.pool.parse().use(taken); u.Used != c.used || u.Free != c.free {
			t.Errorf("%+v: %d used, %d free, want %d and %d", c.pool, u.Used, u.Free, c.used, c.free)
		}
	}
}
