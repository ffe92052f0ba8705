package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"bantam/internal/container/folder"
)

// sharing is the prefix of a namespace that is another container's.
const sharing = "container:"

// modes checks with whom the container shares its namespaces.
func (o *RunOptions) modes(h *folder.HostConfig) error {
	if strings.HasPrefix(h.NetworkMode, sharing) {
		if err := o.sharedNetwork(); err != nil {
			return err
		}
	}
	if special(h.NetworkMode) {
		if err := o.unconnected(h.NetworkMode); err != nil {
			return err
		}
	}
	for i := range o.Endpoints {
		if err := o.Endpoints[i].check(); err != nil {
			return err
		}
	}
	for _, m := range [...]struct {
		option, value string
		words         []string
	}{
		{"pid", h.PidMode, []string{"", "host", sharing}},
		{"ipc", h.IpcMode, []string{"", "private", "shareable", "none", "host", sharing}},
		{"uts", h.UTSMode, []string{"", "host", sharing}},
		{"cgroupns", h.CgroupnsMode, []string{"", "private", "host"}},
	} {
		if !isMode(m.value, m.words) {
			return fmt.Errorf("--%s: invalid %s mode %q", m.option, strings.ToUpper(m.option), m.value)
		}
	}
	if err := checkUserNS(h); err != nil {
		return err
	}
	if (h.UTSMode != "") && (o.Hostname != "" || o.Domainname != "") {
		return errors.New("conflicting options: hostname and the UTS mode")
	}
	return nil
}

func isMode(value string, words []string) bool {
	for _, w := range words {
		if w != sharing && value == w || w == sharing && len(value) > len(w) && strings.HasPrefix(value, w) {
			return true
		}
	}
	return false
}

// sharedNetwork: what belongs to a network namespace is the other container's.
func (o *RunOptions) sharedNetwork() error {
	switch {
	case o.Hostname != "":
		return errors.New("conflicting options: hostname and the network mode")
	case len(o.DNS)+len(o.DNSSearch)+len(o.DNSOptions) > 0:
		return errors.New("conflicting options: dns and the network mode")
	case len(o.AddHosts) > 0:
		return errors.New("conflicting options: custom host-to-IP mapping and the network mode")
	case len(o.Links) > 0:
		return errors.New("conflicting options: container type network can't be used with links. This would result in undefined behavior")
	case len(o.Publish)+len(o.Bindings) > 0 || o.PublishAll:
		return errors.New("conflicting options: port publishing and the container type network mode")
	case len(o.Expose) > 0:
		return errors.New("conflicting options: port exposing and the container type network mode")
	case o.Endpoints[0].MAC != "":
		return errors.New("conflicting options: mac-address and the network mode")
	}
	return nil
}

// unconnected refuses what only a network can give.
func (o *RunOptions) unconnected(mode string) error {
	e := &o.Endpoints[0]
	switch {
	case len(e.Aliases) > 0:
		return errors.New("network-scoped aliases are only supported for user-defined networks")
	case e.IPv4 != "" || e.IPv6 != "" || len(e.LinkLocal) > 0:
		return errors.New("user-specified IP address is supported on user-defined networks only")
	case len(o.Links) > 0:
		return errors.New("conflicting options: " + mode + " type networking can't be used with links. This would result in undefined behavior")
	case e.MAC != "" && mode == "host":
		return errors.New("conflicting options: mac-address and the network mode")
	case e.MAC != "":
		return errors.New("a MAC address is of an interface, and --network " + mode + " has none")
	}
	return nil
}

// peers replaces the names of other containers by their ids. They must run, as with
// docker, when the container is started; here they must exist.
func (e *Engine) peers(s *folder.Store, r *folder.Record) error {
	h := &r.Host
	for _, mode := range [...]*string{&h.NetworkMode, &h.PidMode, &h.IpcMode, &h.UTSMode} {
		name, shared := strings.CutPrefix(*mode, sharing)
		if !shared {
			continue
		}
		f, err := s.Find(name)
		if err != nil {
			return err
		}
		*mode = sharing + f.ID()
		if mode == &h.NetworkMode {
			// The name belongs to the network: /etc/hosts and /etc/hostname are the other's, too.
			other, err := f.ReadRecord()
			if err != nil {
				return err
			}
			r.Config.Hostname, r.Config.Domainname = other.Config.Hostname, other.Config.Domainname
		}
	}
	return nil
}

// names checks what goes into /etc/hosts and /etc/resolv.conf, and the kernel's settings.
func (o *RunOptions) names(h *folder.HostConfig) error {
	for _, a := range o.AddHosts {
		name, ip, ok := strings.Cut(a, ":")
		if n, i, eq := strings.Cut(a, "="); eq && !strings.Contains(n, ":") {
			name, ip, ok = n, i, true
		}
		ip = strings.Trim(ip, "[]")
		if _, err := netip.ParseAddr(ip); !ok || name == "" || err != nil && ip != "host-gateway" {
			return fmt.Errorf("bad format for add-host: %q", a)
		}
		h.ExtraHosts = append(h.ExtraHosts, name+":"+ip)
	}
	for _, d := range o.DNS {
		if _, err := netip.ParseAddr(d); err != nil {
			return fmt.Errorf("invalid DNS address: %s", d)
		}
	}
	h.DNS, h.DNSSearch = o.DNS, o.DNSSearch
	h.Sysctls, h.Annotations = Pairs(o.Sysctls), Pairs(o.Annotations)
	for key := range h.Sysctls {
		if err := checkSysctl(key, h); err != nil {
			return err
		}
	}
	return nil
}

// checkSysctl allows the settings that belong to a namespace of the container's own.
func checkSysctl(key string, h *folder.HostConfig) error {
	switch {
	case strings.HasPrefix(key, "net."):
		if h.NetworkMode == "host" {
			return fmt.Errorf("sysctl '%s' not allowed in host network namespace", key)
		}
		return nil
	case key == "kernel.domainname" || key == "kernel.hostname":
		if h.UTSMode == "host" {
			return fmt.Errorf("sysctl '%s' not allowed in host UTS namespace", key)
		}
		return nil
	}
	for _, ipc := range [...]string{"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "fs.mqueue."} {
		if key == ipc || strings.HasSuffix(ipc, ".") && strings.HasPrefix(key, ipc) {
			if h.IpcMode == "host" {
				return fmt.Errorf("sysctl '%s' not allowed in host IPC namespace", key)
			}
			return nil
		}
	}
	return fmt.Errorf("sysctl '%s' is not allowed: it isn't kept per namespace", key)
}

// restart reads --restart: no, always, unless-stopped, on-failure[:MAX].
func (o *RunOptions) restart(h *folder.HostConfig) error {
	name, text, has := strings.Cut(o.Restart, ":")
	switch name {
	case "", "no", "always", "unless-stopped":
		if has {
			return fmt.Errorf("invalid restart policy: maximum retry count can only be used with 'on-failure'")
		}
	case "on-failure":
		if has {
			n, err := strconv.Atoi(text)
			if err != nil {
				return errors.New("invalid restart policy format: maximum retry count must be an integer")
			}
			if n < 0 {
				return errors.New("invalid restart policy: maximum retry count cannot be negative")
			}
			h.MaximumRetryCount = n
		}
	default:
		return fmt.Errorf("invalid restart policy: unknown policy '%s'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'", name)
	}
	h.RestartPolicy = name
	return nil
}
