package resolver

import (
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Upstream is a name server.
type Upstream struct {
	Addr netip.Addr
	// Host is asked from the host's network namespace: it is on the host's loopback.
	Host bool

	at int // its port where that isn't 53, for tests
}

// maxUpstreams is how many name servers a resolv.conf may have (resolv.conf(5)).
const maxUpstreams = 3

// Fixed makes upstreams of the addresses that a user gave. They are asked from the container.
func Fixed(addrs []string) func() []Upstream {
	var list []Upstream
	for _, a := range addrs {
		if ip, err := netip.ParseAddr(a); err == nil {
			list = append(list, Upstream{Addr: ip.Unmap()})
		}
	}
	return func() []Upstream { return list }
}

// Host follows the host's resolv.conf: it is read again when it has changed.
func Host(path string) func() []Upstream {
	var list []Upstream
	var read unix.Stat_t
	var looked time.Time
	return func() []Upstream {
		if time.Since(looked) < lookEvery {
			return list
		}
		looked = time.Now()
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil {
			return list
		}
		if st.Ino == read.Ino && st.Mtim == read.Mtim && st.Size == read.Size && st.Ctim == read.Ctim {
			return list
		}
		if b, err := os.ReadFile(path); err == nil {
			list, read = nameservers(string(b)), st
		}
		return list
	}
}

// lookEvery is how often the file is looked at while there are queries.
const lookEvery = 100 * time.Millisecond

// nameservers reads the servers of a resolv.conf; without any it is the host itself (resolv.conf(5)).
func nameservers(text string) []Upstream {
	var list []Upstream
	for _, l := range strings.Split(text, "\n") {
		f := strings.Fields(l)
		if len(f) < 2 || f[0] != "nameserver" || len(list) == maxUpstreams {
			continue
		}
		if ip, err := netip.ParseAddr(f[1]); err == nil {
			ip = ip.Unmap()
			// A link-local server is reached through an interface of the host's.
			list = append(list, Upstream{Addr: ip, Host: ip.IsLoopback() || ip.Zone() != "" || ip.IsLinkLocalUnicast()})
		}
	}
	return list
}

// port is the port that upstreams listen on.
func (u Upstream) port() int {
	if u.at != 0 {
		return u.at
	}
	return port
}
