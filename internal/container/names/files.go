// Package names is how a container knows names: its hosts, hostname and resolv.conf, and the resolver that
// answers in its network namespace. The files are in the container's folder and bind-mounted,
// so they are changed where they are: a new file in their place would not be seen.
package names

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/cni"

	"golang.org/x/sys/unix"
)

// hostResolv is where the host says who its name servers are.
const hostResolv = "/etc/resolv.conf"

// sharing is the mode of a network that is another container's: so are these files.
const sharing = "container:"

// Write writes all three files; endpoints are the container's connections, if it has them already.
func Write(s *folder.Store, r *folder.Record, endpoints []network.Endpoint) error {
	if strings.HasPrefix(r.Host.NetworkMode, sharing) {
		return nil
	}
	if err := WriteHosts(s, r, endpoints); err != nil {
		return err
	}
	if err := write(s, r, "hostname", r.Config.Hostname+"\n"); err != nil {
		return err
	}
	host, err := os.ReadFile(hostResolv)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read the host's resolver configuration: %w", err)
	}
	dns := pluginDNS(endpoints)
	return write(s, r, "resolv.conf", resolvConf(string(host), r, dns, resolves(string(host), r, dns)))
}

// write changes a file's content where it is, if it isn't that already.
func write(s *folder.Store, r *folder.Record, name, text string) error {
	path := s.Folder(r.ID).Path(name)
	if b, err := os.ReadFile(path); err == nil && string(b) == text {
		return nil
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	// Shortened at the end, for a running container never to find it empty.
	_, err = unix.Write(fd, []byte(text))
	if err == nil {
		err = unix.Ftruncate(fd, int64(len(text)))
	}
	if err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

const localhost = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"

// WriteHosts writes the hosts file anew, after a change of the connections.
func WriteHosts(s *folder.Store, r *folder.Record, endpoints []network.Endpoint) error {
	if strings.HasPrefix(r.Host.NetworkMode, sharing) {
		return nil
	}
	text := localhost
	if r.Host.NetworkMode == network.HostName {
		if b, err := os.ReadFile("/etc/hosts"); err == nil {
			text = string(b)
		}
	}
	return write(s, r, "hosts", text+extraHosts(r, endpoints)+links(s, r, endpoints)+ownNames(r, endpoints))
}

// extraHosts are the lines of --add-host. host-gateway is the host as the container reaches it.
func extraHosts(r *folder.Record, endpoints []network.Endpoint) string {
	var b strings.Builder
	for _, x := range r.Host.ExtraHosts {
		name, ip, _ := strings.Cut(x, ":")
		list := []string{ip}
		if ip == "host-gateway" {
			list = gateways(r, endpoints)
		}
		for _, ip := range list {
			b.WriteString(ip + "\t" + name + "\n")
		}
	}
	return b.String()
}

func gateways(r *folder.Record, endpoints []network.Endpoint) []string {
	if r.Host.NetworkMode == network.HostName {
		return []string{"127.0.0.1"}
	}
	for i := range endpoints {
		var list []string
		for _, ip := range [...]string{endpoints[i].Gateway, endpoints[i].Gateway6} {
			if ip != "" {
				list = append(list, ip)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// ownNames are the container's own, one line for each address.
func ownNames(r *folder.Record, endpoints []network.Endpoint) string {
	name := r.Config.Hostname
	if r.Config.Domainname != "" {
		name = name + "." + r.Config.Domainname + " " + name
	}
	var b strings.Builder
	for i := range endpoints {
		for _, cidr := range [...]string{endpoints[i].IPv4, endpoints[i].IPv6} {
			if ip, _, _ := strings.Cut(cidr, "/"); ip != "" {
				b.WriteString(ip + "\t" + name + "\n")
			}
		}
	}
	return b.String()
}

// links are the lines of --link on the default bridge, where nobody answers for names.
func links(s *folder.Store, r *folder.Record, endpoints []network.Endpoint) string {
	var b strings.Builder
	for i := range endpoints {
		if answers(endpoints[i].NetworkName) {
			continue
		}
		for _, l := range attachment(r, endpoints[i].Network).Links {
			id, alias, _ := strings.Cut(l, ":")
			other, err := s.Folder(id).ReadRecord()
			if err != nil {
				continue
			}
			st, err := s.Folder(id).ReadState()
			if err != nil {
				continue
			}
			for j := range st.Networks {
				if ip, _, _ := strings.Cut(st.Networks[j].IPv4, "/"); ip != "" && st.Networks[j].Network == endpoints[i].Network {
					b.WriteString(ip + "\t" + alias + " " + other.Config.Hostname + " " + other.Name + "\n")
				}
			}
		}
	}
	return b.String()
}

func attachment(r *folder.Record, id string) *network.Attachment {
	for i := range r.Networks {
		if r.Networks[i].Network == id {
			return &r.Networks[i]
		}
	}
	return &network.Attachment{}
}

// answers says whether names of a network are resolved: not on the default bridge, as with docker, and on those of CNI a
// plugin does it.
func answers(name string) bool { return name != network.DefaultName && !cni.Is(name) }
