// Package connect connects containers to networks. It puts together what package network and
// those below it know: leases of addresses, interfaces, packet filter, ports.
//
//	Start       leases, interfaces and addresses, ports of the host; beside the child's set-up
//	            (the container's state is written, with its endpoints)
//	Publish     the packet filter's part, which whoever rebuilds the tables now finds in the state
//	Stop        all of it back; the interfaces die with the namespace
//
// Killed anywhere in between, a container leaves leases, names and elements of the packet filter. [Host.Clear]
// takes them back; any command that finds such a container does so.
package connect

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"bantam/internal/container/folder"
	"bantam/internal/network"
	"bantam/internal/network/cni"
	"bantam/internal/network/link"
	"bantam/internal/network/rules"
	"bantam/internal/statefile"
)

// Host is the networks and containers of one root, on this host.
type Host struct {
	Containers *folder.Store
	Networks   *network.Store
	Table      rules.Table
}

// On returns those of a root.
func On(root string) *Host {
	return &Host{&folder.Store{Root: root}, &network.Store{Root: root}, rules.Of(root)}
}

// Reap keeps a dead container dead: see [network.Reaper].
func (h *Host) Reap(container string) (free func(), dead bool) {
	f := h.Containers.Folder(container)
	lock, err := f.TryLock()
	if errors.Is(err, os.ErrNotExist) {
		return func() {}, true
	}
	if err != nil {
		return nil, false
	}
	if st, err := f.ReadState(); err == nil && st.Alive() {
		lock.Free()
		return nil, false
	}
	return lock.Free, true
}

// Up brings a network up: its bridge and its place in the packet filter, and with it all others' that
// somebody may have flushed.
func (h *Host) Up(n *network.Network) error {
	lock, err := h.Networks.Lock()
	if err != nil {
		return err
	}
	defer lock.Free()
	if err := link.Up(h.Networks.Folder(n.ID), n); err != nil {
		return err
	}
	return h.Rebuild()
}

// Rebuild makes the packet filter's tables anew, and tells the host's firewall of the bridges. The caller holds the lock of the networks.
func (h *Host) Rebuild() error {
	facts, err := h.facts()
	if err != nil {
		return err
	}
	if err := h.Table.Rebuild(facts); err != nil {
		return err
	}
	var bridges []string
	for _, n := range facts.Networks {
		bridges = append(bridges, n.Interface)
	}
	rules.Trust(bridges...)
	return nil
}

// facts collects networks and running containers.
func (h *Host) facts() (*rules.Facts, error) {
	list, err := h.Networks.List()
	if err != nil {
		return nil, err
	}
	f := new(rules.Facts)
	byID := map[string]*network.Network{}
	for _, n := range list {
		if n.Driver == "bridge" {
			f.Networks = append(f.Networks, n)
			byID[n.ID] = n
		}
	}
	containers, err := h.Containers.List()
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		st, err := c.ReadState()
		if err != nil || len(st.Networks) == 0 || !st.Alive() {
			continue // being removed, or not running
		}
		for i := range st.Networks {
			if n := byID[st.Networks[i].Network]; n != nil {
				f.Endpoints = append(f.Endpoints, rules.Live{Network: n, Endpoint: &st.Networks[i]})
			}
		}
	}
	return f, nil
}

// admit puts endpoints into the packet filter. Where it was flushed all of it is made anew: the
// endpoints stand in the container's state already.
func (h *Host) admit(list ...rules.Live) error {
	lock, err := statefile.ShareDir(h.Networks.Root + "/networks")
	if err != nil {
		return err
	}
	err = h.add(list)
	lock.Free()
	if err != rules.ErrGone {
		return err
	}
	if lock, err = h.Networks.Lock(); err != nil {
		return err
	}
	defer lock.Free()
	return h.Rebuild()
}

func (h *Host) add(list []rules.Live) error {
	for _, l := range list {
		if ok, err := h.Table.Intact(l.Network); err != nil {
			return fmt.Errorf("packet filter: %w", err)
		} else if !ok {
			return rules.ErrGone
		}
		if err := h.Table.Add(l); err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes an endpoint out of the packet filter. Tables that were flushed or rebuilt since have nothing
// of it any more.
func (h *Host) withdraw(l rules.Live) {
	if lock, err := statefile.ShareDir(h.Networks.Root + "/networks"); err == nil {
		_ = h.Table.Remove(l)
		lock.Free()
	}
}

// Clear takes back what a container that is dead, whose lock the caller holds, has left on networks. An error is a
// plugin's, and leaves the container among those that [Host.Collect] finds.
func (h *Host) Clear(id string, asked []network.Attachment, had []network.Endpoint) (err error) {
	for i := range had {
		e := &had[i]
		f := h.Networks.Folder(e.Network)
		n, gone := f.Read()
		if gone == nil && n.Driver == "bridge" {
			h.withdraw(rules.Live{Network: n, Endpoint: e})
		}
		f.Forget(id, e.Names)
		err = cmp.Or(err, h.release(e.Network, e.NetworkName, id))
	}
	for i := range asked {
		err = cmp.Or(err, h.release(asked[i].Network, asked[i].NetworkName, id))
	}
	return err
}

// release gives back what a dead container has on one network.
func (h *Host) release(network, name, container string) (err error) {
	f := h.Networks.Folder(network)
	if cni.Is(name) {
		if n, gone := f.Read(); gone == nil {
			err = cni.Del(f, n, container, "")
		}
	}
	f.Release(container)
	return err
}
