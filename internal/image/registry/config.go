package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
)

// Config is the file registries.json. Two keys are those of docker's daemon.json.
type Config struct {
	// RegistryMirrors are asked before Docker Hub.
	RegistryMirrors []string `json:"registry-mirrors,omitempty"`
	// InsecureRegistries are hosts, hosts with ports, or networks ("10.0.0.0/8").
	InsecureRegistries []string `json:"insecure-registries,omitempty"`
	// Mirrors are asked before any registry: domain to addresses.
	Mirrors map[string][]string `json:"mirrors,omitempty"`
}

// LoadConfig reads the first of the files that is there.
func LoadConfig(files ...string) (Config, error) {
	var c Config
	for _, file := range files {
		b, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = c.read(b)
		}
		if err == nil {
			err = c.check()
		}
		if err != nil {
			return c, fmt.Errorf("read %s: %w", file, err)
		}
		return c, nil
	}
	return c, nil
}

// read refuses unknown keys: a mirror that is mistyped would not be asked.
func (c *Config) read(b []byte) error {
	if err := json.Unmarshal(b, c); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(&Config{})
}

func (c *Config) check() error {
	all := slices.Clone(c.RegistryMirrors)
	for _, m := range c.Mirrors {
		all = append(all, m...)
	}
	for _, m := range all {
		u, err := url.Parse(m)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" && u.Path != "/" {
			return fmt.Errorf("invalid mirror %q: want http://HOST[:PORT] or https://HOST[:PORT]", m)
		}
	}
	return nil
}

func (c *Config) mirrors(domain string) []string {
	if domain == hubDomain {
		return append(slices.Clone(c.Mirrors[domain]), c.RegistryMirrors...)
	}
	return c.Mirrors[domain]
}

// insecure says whether an address needs no verified TLS: the machine itself, and what
// the file lists.
func (c *Config) insecure(address string) bool {
	name := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		name = h
	}
	if name == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err == nil && ip.IsLoopback() {
		return true
	}
	for _, entry := range c.InsecureRegistries {
		if entry == address || entry == name {
			return true
		}
		if network, bad := netip.ParsePrefix(entry); bad == nil && err == nil && network.Contains(ip) {
			return true
		}
	}
	return false
}
