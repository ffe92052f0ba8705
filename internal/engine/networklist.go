package engine

import (
	"cmp"
	"slices"
	"strings"

	"bantam/internal/container/connect"
	"bantam/internal/network"
)

// Networks returns the networks that the filters let through, by name. Those that are always there are
// among them.
func (e *Engine) Networks(f Filters) ([]*network.Network, error) {
	if err := f.Check("dangling", "driver", "id", "label", "name", "scope", "type"); err != nil {
		return nil, err
	}
	h, err := e.networks()
	if err != nil {
		return nil, err
	}
	for _, name := range [...]string{network.DefaultName, network.HostName, network.NoneName} {
		if _, err := e.findNetwork(h, name); err != nil {
			return nil, err
		}
	}
	list, err := h.Networks.List()
	if err != nil {
		return nil, err
	}
	dangling, err := f.Bool("dangling")
	if err != nil {
		return nil, err
	}
	for _, v := range f["type"] {
		if v != "custom" && v != "builtin" {
			return nil, badFilter("type", v)
		}
	}
	list = slices.DeleteFunc(list, func(n *network.Network) bool {
		return !f.network(n) || dangling != nil && *dangling == used(h, n)
	})
	slices.SortFunc(list, func(a, b *network.Network) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

func (f Filters) network(n *network.Network) bool {
	kind := "custom"
	if predefined(n.Name) {
		kind = "builtin"
	}
	part := func(filter, of string) bool {
		return f.Any(filter, func(v string) bool { return strings.Contains(of, v) })
	}
	return part("name", n.Name) && part("id", n.ID) && f.Is("driver", n.Driver) && f.Is("scope", "local") && f.Is("type", kind) && f.Labels("label", n.Labels)
}

// used: containers are connected, or it is always there.
func used(h *connect.Host, n *network.Network) bool {
	list, _ := h.Networks.Folder(n.ID).Containers()
	return len(list) > 0 || predefined(n.Name)
}
