package cgroup

import "errors"

// New names the group of a container. It touches nothing (with a nil
// Config.Host it reads where the hierarchies are).
func New(c Config) (*Group, error) {
	if c.ID == "" {
		return nil, errors.New("cgroup: the container's id is empty")
	}
	if err := checkName(c.Path); err != nil {
		return nil, err
	}
	host := c.Host
	if host == nil {
		found, err := Discover()
		if err != nil {
			return nil, err
		}
		host = found
	}
	g := &Group{host: host, dir: -1}
	g.state = State{Mode: host.Mode, Rootless: c.Rootless, Explicit: c.Path != ""}
	if c.Disabled {
		g.disabled = true
		return g, nil
	}
	if c.Systemd {
		return g, g.nameUnit(c)
	}
	g.state.Members = make([]Member, len(host.Hierarchies))
	for i := range host.Hierarchies {
		h := &host.Hierarchies[i]
		p := place(h, host.Mode, c.Path, c.ID)
		if p == "/" || p == h.Own {
			return nil, errors.New("cgroupsPath " + quote(c.Path) + " is the root or the runtime's own cgroup: name one below it")
		}
		g.state.Members[i] = Member{h.Controllers, h.Mount + p}
	}
	return g, nil
}
