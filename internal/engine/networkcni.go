package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"bantam/internal/container/connect"
	"bantam/internal/network"
	"bantam/internal/network/cni"
	"bantam/internal/statefile"
)

// findCNI finds a network of CNI, as it was found before or anew. Its record keeps the folders that the environment named,
// for whoever starts or stops a container later has another.
func (e *Engine) findCNI(h *connect.Host, name string, n *network.Network, err error) (*network.Network, error) {
	var missing *network.NotFound
	if err != nil && !errors.As(err, &missing) {
		return nil, err
	}
	folders := cniFolders()
	if err == nil && (len(folders) == 0 || sameFolders(n.Options, folders)) {
		return n, nil
	}
	if checkNetworkName(strings.TrimPrefix(name, cni.Prefix)) != nil {
		return nil, &network.NotFound{Name: name}
	}
	lock, err := h.Networks.Lock()
	if err != nil {
		return nil, err
	}
	defer lock.Free()
	if n, err = h.Networks.Find(name); err != nil {
		n = &network.Network{ID: statefile.NewID(), Name: name, Created: time.Now().UTC(), Driver: "cni", IPAM: network.IPAM{Driver: "cni"}}
	}
	n.Options = folders
	if find := cni.Find(h.Networks.Folder(n.ID), n); find != nil {
		return nil, fmt.Errorf("network %s not found: %w", name, find)
	}
	if err != nil {
		return n, h.Networks.Create(n)
	}
	return n, h.Networks.Write(n)
}

// cniFolders are the folders of configurations and plugins that the environment names.
func cniFolders() map[string]string {
	m := map[string]string{}
	for _, name := range [...]string{cni.OptionConf, cni.OptionPath} {
		if v := os.Getenv(name); v != "" {
			m[name] = v
		}
	}
	return m
}

func sameFolders(a, b map[string]string) bool {
	return a[cni.OptionConf] == b[cni.OptionConf] && a[cni.OptionPath] == b[cni.OptionPath]
}
