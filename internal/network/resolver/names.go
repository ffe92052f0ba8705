package resolver

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	"bantam/internal/network"
)

// Network is one that the container is on.
type Network struct {
	network.Folder
	Name  string
	Links map[string]string // alias for this container alone, in lower case: the other's name on the network
	// NameOf finds the name of a container by its id, for the way back from an address.
	NameOf func(id string) string
}

// lookup finds a name on the networks: NAME, or NAME.NETWORK. known is false for a name that
// nobody has. It is the other containers' whatever type is asked for.
func lookup(networks []Network, name string) (list []netip.Addr, known bool) {
	for i := range networks {
		n := &networks[i]
		asked := name
		if other, ok := n.Links[name]; ok {
			asked = other
		} else if first, rest, ok := strings.Cut(name, "."); ok && strings.EqualFold(rest, n.Name) {
			asked = first
		}
		found, err := n.Lookup(asked)
		if err == nil && len(found) > 0 {
			list, known = append(list, found...), true
		}
	}
	if len(list) > 1 { // so that clients that take the first one spread
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return list, known
}

// reverse finds whose an address is: NAME.NETWORK, as docker answers.
func reverse(networks []Network, name string) (string, bool) {
	addr, ok := arpa(name)
	if !ok {
		return "", false
	}
	for i := range networks {
		n := &networks[i]
		if id, ok := n.Holder(addr); ok && n.NameOf != nil {
			if of := n.NameOf(id); of != "" {
				return of + "." + n.Name, true
			}
		}
	}
	return "", false
}

// arpa reads the name by which an address is asked for.
func arpa(name string) (netip.Addr, bool) {
	if text, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		part := strings.Split(text, ".")
		if len(part) != 4 {
			return netip.Addr{}, false
		}
		a, err := netip.ParseAddr(part[3] + "." + part[2] + "." + part[1] + "." + part[0])
		return a, err == nil
	}
	text, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok || len(text) != 63 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i := range 32 {
		digit, err := strconv.ParseUint(text[2*i:2*i+1], 16, 8)
		if err != nil || i < 31 && text[2*i+1] != '.' {
			return netip.Addr{}, false
		}
		b[15-i/2] |= byte(digit) << (4 * (i % 2))
	}
	return netip.AddrFrom16(b), true
}
