package engine

import (
	"fmt"
	"slices"
	"strings"

	"bantam/internal/container/connect"
	"bantam/internal/network"
	"bantam/internal/network/link"
	"bantam/internal/network/rules"
)

// NetworkRemove removes a network to which no running container is connected.
func (e *Engine) NetworkRemove(name string) error {
	h, err := e.networks()
	if err != nil {
		return err
	}
	n, err := h.Networks.Find(name)
	if predefined(name) || err == nil && predefined(n.Name) {
		return &Conflict{fmt.Errorf("%s is a pre-defined network and cannot be removed", name)}
	}
	if err != nil {
		return err
	}
	lock, err := h.Networks.Lock()
	if err != nil {
		return err
	}
	defer lock.Free()
	if err := e.removeNetwork(h, n); err != nil {
		return &Conflict{fmt.Errorf("error while removing network: %w", err)}
	}
	return nil
}

// removeNetwork has the lock.
func (e *Engine) removeNetwork(h *connect.Host, n *network.Network) error {
	f := h.Networks.Folder(n.ID)
	if err := h.Collect(n); err != nil {
		return err
	}
	if !f.Close() {
		f.Sweep(h.Reap)
		if !f.Close() {
			return fmt.Errorf("network %s has active endpoints (%s)", n.Name, e.active(f))
		}
	}
	if err := h.Networks.Remove(n); err != nil {
		return err
	}
	e.networkEvent("destroy", n)
	if err := link.Down(f, n); err != nil || n.Driver != "bridge" {
		return err
	}
	rules.Distrust(n.Interface)
	return h.Rebuild()
}

// active names the containers that are connected.
func (e *Engine) active(f network.Folder) string {
	ids, _ := f.Containers()
	var list []string
	if s, err := e.containers(); err == nil {
		for _, id := range ids {
			if r, err := s.Folder(id).ReadRecord(); err == nil {
				list = append(list, fmt.Sprintf("name:%q id:%q", r.Name, id[:12]))
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// NetworkPrune removes the networks that no container is connected to or made for, and returns their names.
func (e *Engine) NetworkPrune(f Filters) (removed []string, err error) {
	if err := f.Check("label", "label!", "until"); err != nil {
		return nil, err
	}
	before, err := f.until()
	if err != nil {
		return nil, err
	}
	h, err := e.networks()
	if err != nil {
		return nil, err
	}
	wanted, err := e.wantedNetworks()
	if err != nil {
		return nil, err
	}
	lock, err := h.Networks.Lock()
	if err != nil {
		return nil, err
	}
	defer lock.Free()
	list, err := h.Networks.List()
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		if predefined(n.Name) || wanted[n.ID] || !f.PruneLabels(n.Labels) || !before.IsZero() && n.Created.After(before) {
			continue
		}
		if e.removeNetwork(h, n) == nil {
			removed = append(removed, n.Name)
		}
	}
	e.event("network", "prune", "", map[string]string{"reclaimed": "0"})
	return removed, nil
}

// wantedNetworks are those of any container, whether it runs or not.
func (e *Engine) wantedNetworks() (map[string]bool, error) {
	s, err := e.containers()
	if err != nil {
		return nil, err
	}
	folders, err := s.List()
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, c := range folders {
		if r, err := c.ReadRecord(); err == nil {
			for _, a := range r.Networks {
				wanted[a.Network] = true
			}
		}
	}
	return wanted, nil
}
