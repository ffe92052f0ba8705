package names

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/resolver"

	"golang.org/x/sys/unix"
)

// Resolver answers a running container's queries. A nil one does nothing.
type Resolver struct {
	store  *folder.Store
	server *resolver.Server
	now    atomic.Pointer[connections]
	serves bool
}

// connections are what the answers come from.
type connections struct {
	networks []resolver.Network
	internal bool // nothing gets out of any of them
}

// Listen starts the resolver of the container whose first process is pid, if it is to have one. It
// answers as soon as Serve is called.
func Listen(s *folder.Store, r *folder.Record, endpoints []network.Endpoint, pid int) (*Resolver, error) {
	host, _ := os.ReadFile(hostResolv)
	dns := pluginDNS(endpoints)
	if len(endpoints) == 0 || !resolves(string(host), r, dns) {
		return nil, nil
	}
	path := "/proc/" + strconv.Itoa(pid) + "/ns/net"
	ns, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	sockets, err := resolver.Listen(ns)
	if err != nil {
		unix.Close(ns)
		return nil, err
	}
	n := &Resolver{store: s}
	n.Update(r, endpoints)
	upstreams := resolver.Host(hostResolv)
	if servers := first(r.Host.DNS, dns.Servers); len(servers) > 0 {
		upstreams = resolver.Fixed(servers)
	}
	n.server, err = resolver.New(resolver.Config{
		Networks: func() []resolver.Network { return n.now.Load().networks },
		Upstreams: func() []resolver.Upstream {
			if n.now.Load().internal {
				return nil
			}
			return upstreams()
		},
	}, sockets, ns)
	return n, err
}

// Update takes over the connections that the container has now.
func (n *Resolver) Update(r *folder.Record, endpoints []network.Endpoint) {
	if n == nil {
		return
	}
	c := &connections{internal: true}
	store := &network.Store{Root: n.store.Root}
	for i := range endpoints {
		e := &endpoints[i]
		f := store.Folder(e.Network)
		if net, err := f.Read(); err != nil || !net.Internal {
			c.internal = false
		}
		if answers(e.NetworkName) {
			c.networks = append(c.networks, resolver.Network{Folder: f, Name: e.NetworkName, Links: aliases(attachment(r, e.Network).Links), NameOf: n.nameOf})
		}
	}
	n.now.Store(c)
}

// aliases are the names of --link: the other container is known by its short id, too.
func aliases(links []string) map[string]string {
	var m map[string]string
	for _, l := range links {
		id, alias, _ := strings.Cut(l, ":")
		if m == nil {
			m = map[string]string{}
		}
		m[strings.ToLower(alias)] = id[:min(len(id), 12)]
	}
	return m
}

func (n *Resolver) nameOf(id string) string {
	r, err := n.store.Folder(id).ReadRecord()
	if err != nil {
		return ""
	}
	return r.Name
}

// Waiting is a descriptor that is readable when there is a first query; -1 once the
// resolver serves, or if there is none. Until then it costs no thread and no memory.
func (n *Resolver) Waiting() int {
	if n == nil {
		return -1
	}
	return n.server.Waiting()
}

// Serve answers from now on.
func (n *Resolver) Serve() {
	if n != nil && !n.serves {
		n.serves = true
		n.server.Run()
	}
}

// Close ends it.
func (n *Resolver) Close() {
	if n != nil {
		n.server.Close()
	}
}
