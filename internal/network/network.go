// Package network keeps networks: what they are, who is connected and who has which address.
//
//	ROOT/networks/ID/network.json           the network (Network); replaced by rename
//	ROOT/networks/ID/leases/ADDRESS         symbolic link whose text is the container's ID: creation is exclusive and atomic
//	ROOT/networks/ID/endpoints/CONTAINER    symbolic link whose text are its addresses, "172.18.0.2 fd00::2";
//	                                        made before the leases and removed after them, so that no lease is ever lost
//	ROOT/networks/ID/names/NAME/CONTAINER   symbolic link with the same text: what the resolver answers
//	ROOT/network-names/NAME                 symbolic link whose text is the network's ID
//
// What the user asked for when connecting a container is an [Attachment] in the container's
// record, and what came of it an [Endpoint] in its state: name of the interface, MAC and IP
// addresses, gateways, the names by which others find it. For the resolver: [Folder.Lookup] answers a name
// on one network, [Folder.Holder] says whose an address is.
//
// Leases are held by containers, not processes. Whoever finds one of a container that is
// dead takes it away, holding that container's lock meanwhile ([Reaper]).
package network

import "time"

// The names of the networks that are always there. DefaultName is where a container is connected by default.
const (
	DefaultName = "bridge"
	HostName    = "host"
	NoneName    = "none"
)

// Network is what a network was created with.
type Network struct {
	ID      string
	Name    string
	Created time.Time
	// Driver is bridge, macvlan, ipvlan, host, null or cni.
	Driver     string
	IPv4       bool
	IPv6       bool
	Internal   bool // nothing gets out
	Attachable bool // docker's word for swarm; kept for its inspect
	Options    map[string]string
	Labels     map[string]string
	IPAM       IPAM
	// Interface is the bridge, or the parent of macvlan and ipvlan; "" for the others.
	Interface string
	MTU       int // 0 is the kernel's own
}

// The options of docker's drivers that are known here.
const (
	OptionBridge     = "com.docker.network.bridge.name"
	OptionMasquerade = "com.docker.network.bridge.enable_ip_masquerade"
	OptionICC        = "com.docker.network.bridge.enable_icc"
	OptionHostIP     = "com.docker.network.bridge.host_binding_ipv4"
	OptionMTU        = "com.docker.network.driver.mtu"
	OptionDefault    = "com.docker.network.bridge.default_bridge"
)

// IPAM is the address plan.
type IPAM struct {
	Driver  string // default or null
	Options map[string]string
	Pools   []Pool // at most one of each family gives addresses away; as docker does, the first
}

// Pool is one subnet. Its texts are canonical: 172.18.0.0/16.
type Pool struct {
	Subnet  string
	Range   string // of the addresses to give away, within the subnet; "" is all of it
	Gateway string
	Aux     map[string]string // addresses that others have, by host name
	// Given says that the user gave the subnet; others may move to make place.
	Given bool
}

// Attachment is how a container is to be connected to a network.
type Attachment struct {
	Network     string // ID
	NetworkName string
	Aliases     []string
	Links       []string // CONTAINER-ID:ALIAS
	IPv4        string   // asked for
	IPv6        string
	LinkLocal   []string
	MAC         string
	DriverOpts  map[string]string
	GwPriority  int
}

// Endpoint is how a running container is connected to a network.
type Endpoint struct {
	Network     string // ID
	NetworkName string
	Driver      string
	ID          string
	Interface   string // in the container
	Peer        string // its other end on the host, "" where there is none
	MAC         string
	IPv4        string // with the prefix: 172.18.0.2/16
	IPv6        string
	Gateway     string
	Gateway6    string
	// Names are what others on the network call it, in lower case: container name, aliases, short ID. None on the default bridge.
	Names []string
	Ports []Port
	DNS   DNS
}

// DNS is what a plugin of CNI says of name servers.
type DNS struct{ Servers, Search, Options []string }

// Port is a published port as it is bound.
type Port struct {
	Proto     string // tcp, udp, sctp
	Container int    // 0 where nothing is published
	HostIP    string // 0.0.0.0 and :: are all addresses
	Host      int
}
