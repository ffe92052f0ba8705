package names

import (
	"net/netip"
	"slices"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/resolver"
)

// resolves says whether a resolver answers in the container's network namespace: on networks
// whose containers have names, and on the default bridge where the host's name servers are on its loopback,
// where no container reaches them. (Docker writes public servers into resolv.conf there.)
func resolves(host string, r *folder.Record) bool {
	own := false
	for i := range r.Networks {
		if r.Networks[i].NetworkName != network.DefaultName {
			return true
		}
		own = true
	}
	return own && len(r.Host.DNS) == 0 && !slices.ContainsFunc(lines(host, "nameserver"), reachable)
}

// reachable says of a name server of the host's whether a container can ask it.
func reachable(server string) bool {
	ip, err := netip.ParseAddr(server)
	return err == nil && !ip.IsLoopback() && ip.Zone() == ""
}

// resolvConf lays --dns, --dns-search and --dns-option over the host's configuration.
func resolvConf(host string, r *folder.Record, resolves bool) string {
	h := &r.Host
	servers, search, options := lines(host, "nameserver"), searches(host), lines(host, "options")
	switch {
	case resolves:
		servers = []string{resolver.Address.String()}
	case len(h.DNS) > 0:
		servers = h.DNS
	case len(r.Networks) > 0:
		servers = slices.DeleteFunc(servers, func(s string) bool { return !reachable(s) })
	case len(h.DNSSearch)+len(h.DNSOptions) == 0:
		return host // as it is, with its comments
	}
	if len(h.DNSSearch) > 0 {
		search = h.DNSSearch
	}
	if len(h.DNSOptions) > 0 {
		options = h.DNSOptions
	}
	if resolves && !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "ndots:") }) {
		// Names of a network have no dots: ask for them as they are.
		options = append(slices.Clone(options), "ndots:0")
	}
	var b strings.Builder
	for _, s := range servers {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(search) > 0 && !slices.Equal(search, []string{"."}) {
		b.WriteString("search " + strings.Join(search, " ") + "\n")
	}
	if len(options) > 0 {
		b.WriteString("options " + strings.Join(options, " ") + "\n")
	}
	return b.String()
}

// lines collects the words of the lines with that keyword (resolv.conf(5)); of a name server the first one.
func lines(text, key string) (words []string) {
	for _, l := range strings.Split(text, "\n") {
		f := strings.Fields(l)
		if len(f) < 2 || f[0] != key {
			continue
		}
		if key == "nameserver" {
			f = f[:2]
		}
		words = append(words, f[1:]...)
	}
	return words
}

// searches is the search list: the last line of either kind counts.
func searches(text string) (list []string) {
	for _, l := range strings.Split(text, "\n") {
		if f := strings.Fields(l); len(f) > 1 && (f[0] == "search" || f[0] == "domain") {
			list = f[1:]
		}
	}
	return list
}
