package network

import (
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bantam/internal/statefile"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func living(string) (func(), bool) { return nil, false }

func dead(string) (func(), bool) { return func() {}, true }

func newNetwork(t *testing.T, subnets ...string) (Folder, *Network) {
	t.Helper()
	s := &Store{t.TempDir()}
	l, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Free()
	n := &Network{ID: statefile.NewID(), Name: "nest", Created: time.Unix(1, 2).UTC(), Driver: "bridge"}
	for _, text := range subnets {
		n.IPAM.Pools = append(n.IPAM.Pools, Pool{Subnet: text, Gateway: netip.MustParsePrefix(text).Addr().Next().String()})
	}
	if err := s.Create(n); err != nil {
		t.Fatal(err)
	}
	f := s.Folder(n.ID)
	v4, v6 := n.Gateways()
	for _, g := range [...]netip.Prefix{v4, v6} {
		if g.IsValid() {
			if err := f.Reserve(g.Addr()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return f, n
}

func TestStore(t *testing.T) {
	f, n := newNetwork(t, "10.9.0.0/24")
	s := &Store{f.Dir[:len(f.Dir)-len("/networks/")-64]}
	for _, text := range []string{n.ID, "nest", n.ID[:5]} {
		if got, err := s.Find(text); err != nil || !reflect.DeepEqual(got, n) {
			t.Errorf("find %s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "..", "other", "../networks", n.ID + "0"} {
		if got, err := s.Find(text); err == nil || err.Error() != "network "+text+" not found" {
			t.Errorf("find %q: %+v, %v", text, got, err)
		}
	}
	if err := s.Create(&Network{ID: statefile.NewID(), Name: "nest"}); err == nil || err.Error() != "network with name nest already exists" {
		t.Errorf("a second one of that name: %v", err)
	}
	// A creation that was killed before the record was written leaves a name that is free.
	os.Remove(f.Dir + "/network.json")
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("half a network is listed: %v, %v", list, err)
	}
	again := &Network{ID: statefile.NewID(), Name: "nest"}
	if err := s.Create(again); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Find("nest"); err != nil || got.ID != again.ID {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.Remove(again); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find("nest"); err == nil {
		t.Error("it is still there")
	}
}

func TestClaim(t *testing.T) {
	f, n := newNetwork(t, "10.9.0.0/29", "fd00:9::/64")
	v4, v6, err := f.Claim(n, "a", Wanted{}, living)
	if err != nil || v4.String() != "10.9.0.2/29" || v6.String() != "fd00:9::2/64" {
		t.Fatal(v4, v6, err)
	}
	if v4, _, err = f.Claim(n, "b", Wanted{IPv4: addr("10.9.0.4")}, living); err != nil || v4.Addr() != addr("10.9.0.4") {
		t.Fatal(v4, err)
	}
	if _, _, err = f.Claim(n, "c", Wanted{IPv4: addr("10.9.0.4")}, living); err == nil || err.Error() != "Address already in use" {
		t.Error(err)
	}
	for _, a := range []Wanted{{IPv4: addr("10.9.0.0")}, {IPv4: addr("10.9.0.7")}, {IPv6: addr("fd00:9::")}} {
		if _, _, err = f.Claim(n, "c", a, living); err == nil || !strings.Contains(err.Error(), "stands for the subnet") {
			t.Error(a, err)
		}
	}
	if _, _, err = f.Claim(n, "c", Wanted{IPv4: addr("10.8.0.4")}, living); err == nil {
		t.Error("an address of another subnet was given")
	}
	for i, want := range []string{"10.9.0.3", "10.9.0.5", "10.9.0.6"} {
		if v4, _, err = f.Claim(n, fmt.Sprint("d", i), Wanted{}, living); err != nil || v4.Addr() != addr(want) {
			t.Error(v4, err, want)
		}
	}
	if _, _, err = f.Claim(n, "e", Wanted{}, living); err == nil || err.Error() != "no available IPv4 addresses on this network's address pools: nest ("+n.ID+")" {
		t.Error(err)
	}
	if list, _ := f.Containers(); len(list) != 5 {
		t.Errorf("connected: %v", list)
	}
	if f.Close() {
		t.Error("a network that is in use was closed")
	}
	// Claiming again gives back what it had; the dead give way, to a wish and to need.
	if v4, _, err = f.Claim(n, "a", Wanted{}, living); err != nil || v4.Addr() != addr("10.9.0.2") {
		t.Error(v4, err)
	}
	if v4, _, err = f.Claim(n, "e", Wanted{IPv4: addr("10.9.0.2")}, dead); err != nil || v4.Addr() != addr("10.9.0.2") {
		t.Error(v4, err)
	}
	if v4, _, err = f.Claim(n, "a", Wanted{}, dead); err != nil || v4.Addr() != addr("10.9.0.2") {
		t.Error(v4, err)
	}
	if list, _ := f.Containers(); !slices.Equal(list, []string{"a"}) {
		t.Errorf("connected: %v", list)
	}
	f.Release("a")
	if left, _ := names(f.Dir + "/leases"); len(left) != 2 {
		t.Errorf("leases left: %v, want the gateways'", left)
	}
	if !f.Close() {
		t.Error("an empty network can't be closed")
	}
	if _, _, err = f.Claim(n, "z", Wanted{}, living); err == nil {
		t.Error("a closed network takes containers")
	}
}

// Killed between any two of its steps, a claim leaves nothing that a release doesn't find.
func TestKilledClaim(t *testing.T) {
	f, n := newNetwork(t, "10.9.0.0/24")
	if err := os.Symlink("10.9.0.2", f.endpoint("k")); err != nil { // killed before the lease
		t.Fatal(err)
	}
	if v4, _, err := f.Claim(n, "other", Wanted{}, living); err != nil || v4.Addr() != addr("10.9.0.2") {
		t.Fatal(v4, err)
	}
	f.Release("k")
	if holder, _ := f.Holder(addr("10.9.0.2")); holder != "other" {
		t.Errorf("the release of k took the address of %q", holder)
	}
}

func TestClaimAtOnce(t *testing.T) {
	f, n := newNetwork(t, "10.9.0.0/26")
	got := make([]netip.Prefix, 50)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], _, err = f.Claim(n, fmt.Sprint(i), Wanted{}, living); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[netip.Prefix]bool{}
	for _, p := range got {
		if seen[p] {
			t.Errorf("%s was given twice", p)
		}
		seen[p] = true
	}
}

func TestLookup(t *testing.T) {
	f, _ := newNetwork(t, "10.9.0.0/24")
	a, b := addr("10.9.0.2"), addr("10.9.0.3")
	for c, at := range map[string]netip.Addr{"a": a, "b": b} {
		if err := f.Announce(c, []string{"web", c}, at, addr("fd00::"+c)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := f.Lookup("WEB"); err != nil || len(got) != 4 || !slices.Contains(got, a) || !slices.Contains(got, b) {
		t.Error(got, err)
	}
	f.Forget("a", []string{"web", "a"})
	for name, want := range map[string]int{"web": 2, "a": 0, "b": 2, "": 0, "..": 0, "../leases": 0, "nobody": 0} {
		if got, err := f.Lookup(name); err != nil || len(got) != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	f.Forget("b", []string{"web", "b"})
	if left, _ := names(f.Dir + "/names"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCodec(t *testing.T) {
	n := &Network{"i", "n", time.Unix(3, 4).UTC(), "macvlan", true, true, true, true, map[string]string{"a": "b"}, map[string]string{"l": ""},
		IPAM{"default", map[string]string{"o": "p"}, []Pool{{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.1", map[string]string{"h": "10.0.0.9"}, true}}}, "eth0", 1400}
	var got Network
	if err := statefile.Decode(statefile.Encode(n.members), got.members); err != nil || !reflect.DeepEqual(&got, n) {
		t.Errorf("%+v, %v", got, err)
	}
	e := &Endpoint{"i", "n", "bridge", "e", "eth0", "veth1", "02:42:ac:11:00:02", "172.17.0.2/16", "fd00::2/64", "172.17.0.1", "fd00::1", []string{"a"}, []Port{{"tcp", 80, "0.0.0.0", 8080}}, DNS{[]string{"10.0.0.1"}, []string{"s"}, []string{"o"}}}
	var again Endpoint
	if err := statefile.Decode(statefile.Encode(e.Members), again.Members); err != nil || !reflect.DeepEqual(&again, e) {
		t.Errorf("%+v, %v", again, err)
	}
	a := &Attachment{"i", "n", []string{"x"}, []string{"c:y"}, "10.0.0.5", "fd00::5", []string{"169.254.1.1"}, "02:42:00:00:00:01", map[string]string{"k": "v"}, -3}
	var third Attachment
	if err := statefile.Decode(statefile.Encode(a.Members), third.Members); err != nil || !reflect.DeepEqual(&third, a) {
		t.Errorf("%+v, %v", third, err)
	}
}
