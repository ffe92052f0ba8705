package dockerspec

import (
	"strings"

	"bantam/internal/container/folder"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// namespaces are new ones, but for those that are the host's or another container's.
func namespaces(in Input) []specs.LinuxNamespace {
	h := &in.Record.Host
	list := []specs.LinuxNamespace{{Type: specs.MountNamespace}}
	for _, n := range [...]struct {
		kind specs.LinuxNamespaceType
		host bool
	}{
		{specs.UTSNamespace, h.UTSMode == "host"},
		{specs.PIDNamespace, h.PidMode == "host"},
		{specs.IPCNamespace, h.IpcMode == "host"},
		{specs.CgroupNamespace, h.CgroupnsMode == "host"},
		{specs.NetworkNamespace, h.NetworkMode == "host"},
	} {
		if !n.host {
			list = append(list, specs.LinuxNamespace{Type: n.kind, Path: in.Join[n.kind]})
		}
	}
	if h.IDSize > 0 {
		list = append(list, specs.LinuxNamespace{Type: specs.UserNamespace})
	}
	return list
}

// idMappings map the container's ids from 0 on to its range of the host's.
func idMappings(h *folder.HostConfig) []specs.LinuxIDMapping {
	if h.IDSize == 0 {
		return nil
	}
	return []specs.LinuxIDMapping{{ContainerID: 0, HostID: uint32(h.IDStart), Size: uint32(h.IDSize)}}
}

// CgroupPath is below docker's --cgroup-parent or a folder of our own.
func CgroupPath(r *folder.Record) string {
	parent := r.Host.CgroupParent
	if parent == "" {
		parent = "bantam"
	}
	return "/" + strings.Trim(parent, "/") + "/" + r.ID
}
