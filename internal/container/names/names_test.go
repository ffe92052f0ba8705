package names

import (
	"os"
	"strings"
	"testing"

	"bantam/internal/container/folder"
	"bantam/internal/network"
)

func on(names ...string) (list []network.Attachment) {
	for _, n := range names {
		list = append(list, network.Attachment{Network: "id-" + n, NetworkName: n})
	}
	return list
}

func TestResolvConf(t *testing.T) {
	const (
		far  = "# host\nnameserver 192.0.2.53\nnameserver 127.0.0.1\nsearch a.example b.example\noptions edns0\n"
		near = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n"
	)
	for _, c := range []struct {
		what, host, want string
		r                folder.Record
		dns              network.DNS
	}{
		{"host network", far, far, folder.Record{Host: folder.HostConfig{NetworkMode: "host"}}, network.DNS{}},
		{"host network, options", far, "nameserver 1.1.1.1\nsearch a.example b.example\noptions edns0\n", folder.Record{Host: folder.HostConfig{DNS: []string{"1.1.1.1"}}}, network.DNS{}},
		{"default bridge", far, "nameserver 192.0.2.53\nsearch a.example b.example\noptions edns0\n", folder.Record{Networks: on("bridge")}, network.DNS{}},
		{"default bridge, server on the loopback", near, "nameserver 127.0.0.11\noptions edns0 trust-ad ndots:0\n", folder.Record{Networks: on("bridge")}, network.DNS{}},
		{"default bridge, --dns", near, "nameserver 1.1.1.1\noptions edns0 trust-ad\n", folder.Record{Networks: on("bridge"), Host: folder.HostConfig{DNS: []string{"1.1.1.1"}}}, network.DNS{}},
		{"user network", far, "nameserver 127.0.0.11\nsearch a.example b.example\noptions edns0 ndots:0\n", folder.Record{Networks: on("nest")}, network.DNS{}},
		{"both", far, "nameserver 127.0.0.11\nsearch a.example b.example\noptions edns0 ndots:0\n", folder.Record{Networks: on("bridge", "nest")}, network.DNS{}},
		{"user network, options", far, "nameserver 127.0.0.11\nsearch s\noptions ndots:3\n", folder.Record{Networks: on("nest"), Host: folder.HostConfig{DNS: []string{"1.1.1.1"}, DNSSearch: []string{"s"}, DNSOptions: []string{"ndots:3"}}}, network.DNS{}},
		{"no search", far, "nameserver 127.0.0.11\noptions edns0 ndots:0\n", folder.Record{Networks: on("nest"), Host: folder.HostConfig{DNSSearch: []string{"."}}}, network.DNS{}},
		{"no file", "", "nameserver 127.0.0.11\noptions ndots:0\n", folder.Record{Networks: on("nest")}, network.DNS{}},
		{"CNI", far, "nameserver 10.0.0.53\nsearch b.example\noptions edns0\n", folder.Record{Networks: on("cni:net")}, network.DNS{Servers: []string{"10.0.0.53"}, Search: []string{"b.example"}}},
		{"CNI, server on the loopback", near, "nameserver 10.0.0.53\noptions edns0 trust-ad\n", folder.Record{Networks: on("cni:net")}, network.DNS{Servers: []string{"10.0.0.53"}}},
		{"CNI, options", far, "nameserver 1.1.1.1\nsearch a.example b.example\noptions o\n", folder.Record{Networks: on("cni:net"), Host: folder.HostConfig{DNS: []string{"1.1.1.1"}}}, network.DNS{Servers: []string{"10.0.0.53"}, Options: []string{"o"}}},
		{"CNI and user network", far, "nameserver 127.0.0.11\nsearch a.example b.example\noptions edns0 ndots:0\n", folder.Record{Networks: on("cni:net", "nest")}, network.DNS{Servers: []string{"10.0.0.53"}}},
	} {
		if got := resolvConf(c.host, &c.r, &c.dns, resolves(c.host, &c.r, &c.dns)); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func TestHosts(t *testing.T) {
	s, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &folder.Record{ID: "own", Networks: on("nest"), Config: folder.Config{Hostname: "hen", Domainname: "example"}, Host: folder.HostConfig{ExtraHosts: []string{"one:10.0.0.1", "up:host-gateway"}}}
	if err := os.MkdirAll(s.Folder("own").Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		b, err := os.ReadFile(s.Folder("own").Path("hosts"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(string(b), localhost)
	}
	endpoints := []network.Endpoint{{Network: "id-nest", NetworkName: "nest", IPv4: "172.18.0.2/16", IPv6: "fd00::2/64", Gateway: "172.18.0.1", Gateway6: "fd00::1"}}
	if err := Write(s, r, endpoints); err != nil {
		t.Fatal(err)
	}
	const want = "10.0.0.1\tone\n172.18.0.1\tup\nfd00::1\tup\n172.18.0.2\then.example hen\nfd00::2\then.example hen\n"
	if got := read(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// The file stays the same one: it is mounted in the container.
	before, _ := os.Stat(s.Folder("own").Path("hosts"))
	if err := WriteHosts(s, r, nil); err != nil {
		t.Fatal(err)
	}
	after, _ := os.Stat(s.Folder("own").Path("hosts"))
	if got := read(); got != "10.0.0.1\tone\n" || !os.SameFile(before, after) {
		t.Errorf("%q, the same file: %v", got, os.SameFile(before, after))
	}
}
