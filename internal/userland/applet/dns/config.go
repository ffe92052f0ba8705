package dns

import (
	"strconv"
	"strings"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// Config is what /etc/resolv.conf says: resolv.conf(5).
type Config struct {
	Servers  []socket.IP
	Search   []string
	Ndots    int
	Timeout  time.Duration
	Attempts int
	Rotate   bool
	// Hosts is the table of names and addresses, /etc/hosts.
	Hosts string
	// Port is the servers'.
	Port int
}

// Load reads the system's configuration.
func Load() *Config {
	c := Parsed(applet.ReadString("/etc/resolv.conf"))
	c.Hosts = "/etc/hosts"
	return c
}

// Parsed reads the text of a resolv.conf. Without a server it is the one on this host.
func Parsed(text string) *Config {
	c := &Config{Ndots: 1, Timeout: 5 * time.Second, Attempts: 2, Port: 53}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || line[0] == '#' || line[0] == ';' {
			continue
		}
		switch words[0] {
		case "nameserver":
			// MAXNS of resolv.h.
			if ip, ok := socket.ParseIP(words[1]); ok && len(c.Servers) < 3 {
				c.Servers = append(c.Servers, ip)
			}
		case "domain":
			c.Search = words[1:2]
		case "search":
			c.Search = words[1:]
		case "options":
			for _, o := range words[1:] {
				c.option(o)
			}
		}
	}
	if len(c.Servers) == 0 {
		c.Servers = []socket.IP{socket.V4(127<<24 | 1)}
	}
	return c
}

// option reads one of the words after "options". The limits are resolv.conf(5)'s.
func (c *Config) option(word string) {
	name, value, _ := strings.Cut(word, ":")
	n, err := strconv.Atoi(value)
	if name == "rotate" {
		c.Rotate = true
	}
	if err != nil || n < 0 {
		return
	}
	switch name {
	case "ndots":
		c.Ndots = min(n, 15)
	case "timeout":
		c.Timeout = time.Duration(max(1, min(n, 30))) * time.Second
	case "attempts":
		c.Attempts = max(1, min(n, 5))
	}
}

// hosts looks a name up in the table of hosts.
func (c *Config) hosts(name string, family int) (found []socket.IP) {
	c.eachHost(func(ip socket.IP, names []string) bool {
		for _, n := range names {
			if strings.EqualFold(n, name) && (family == 0 || ip.Family() == family) {
				found = append(found, ip)
				break
			}
		}
		return true
	})
	return found
}

// hostName returns the first name of an address in the table, "" if there is none.
func (c *Config) hostName(want socket.IP) (name string) {
	c.eachHost(func(ip socket.IP, names []string) bool {
		if ip == want {
			name = names[0]
		}
		return name == ""
	})
	return name
}

func (c *Config) eachHost(f func(ip socket.IP, names []string) bool) {
	if c.Hosts == "" {
		return
	}
	in, err := applet.Open(c.Hosts)
	if err != nil {
		return
	}
	defer in.Close()
	for {
		line, ok := in.Line()
		if !ok {
			return
		}
		text, _, _ := strings.Cut(string(line), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		if ip, ok := socket.ParseIP(words[0]); ok && !f(ip, words[1:]) {
			return
		}
	}
}
