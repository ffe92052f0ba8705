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
func resolves(host string, r *folder.Record, dns *network.DNS) bool {
	own := false
	for i := range r.Networks {
		if answers(r.Networks[i].NetworkName) {
			return true
		}
		own = true
	}
	return own && len(r.Host.DNS)+len(dns.Servers) == 0 && !slices.ContainsFunc(lines(host, "nameserver"), reachable)
}

// pluginDNS is what CNI's plugins say of name servers, the first of them that does.
func pluginDNS(endpoints []network.Endpoint) *network.DNS {
	d := new(network.DNS)
	for i := range endpoints {
		e := &endpoints[i].DNS
		d.Servers, d.Search, d.Options = first(d.Servers, e.Servers), first(d.Search, e.Search), first(d.Options, e.Options)
	}
	return d
}

// first is the first list that has something.
func first(lists ...[]string) []string {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}

// reachable says of a name server of the host's whether a container can ask it.
func reachable(server string) bool {
	ip, err := netip.ParseAddr(server)
	return err == nil && !ip.IsLoopback() && ip.Zone() == ""
}

// resolvConf lays --dns, --dns-search and --dns-option over the plugins' word, and that over the host's configuration.
func resolvConf(host string, r *folder.Record, dns *network.DNS, resolves bool) string {
	h := &r.Host
	servers, search, options := lines(host, "nameserver"), first(h.DNSSearch, dns.Search, searches(host)), first(h.DNSOptions, dns.Options, lines(host, "options"))
	switch {
	case resolves:
		servers = []string{resolver.Address.String()}
	case len(h.DNS)+len(dns.Servers) > 0:
		servers = first(h.DNS, dns.Servers)
	case len(r.Networks) > 0:
		servers = slices.DeleteFunc(servers, func(s string) bool { return !reachable(s) })
	case len(h.DNSSearch)+len(h.DNSOptions) == 0:
		return host // as it is, with its comments
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
