package dockerspec

import (
	"slices"
	"strconv"
	"strings"

	"bantam/internal/container/folder"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// defaultShm is docker's size of /dev/shm.
const defaultShm = 64 << 20

// mounts lists docker's default mounts, the container's own files and what the
// user asked for. A destination that the user takes replaces the default one.
func mounts(in Input) []specs.Mount {
	r := in.Record
	var out []specs.Mount
	for _, m := range slices.Concat(kernelMounts(&r.Host), ownFiles(in.Folder)) {
		if !taken(r, m.Destination) {
			out = append(out, m)
		}
	}
	var own []specs.Mount
	for to, opts := range r.Host.Tmpfs {
		own = append(own, tmpfs(to, opts))
	}
	for _, m := range r.Mounts {
		own = append(own, bind(m))
	}
	// Parents before what lies below them.
	slices.SortStableFunc(own, func(a, b specs.Mount) int {
		return strings.Count(a.Destination, "/") - strings.Count(b.Destination, "/")
	})
	return append(out, own...)
}

func taken(r *folder.Record, destination string) bool {
	_, ok := r.Host.Tmpfs[destination]
	return ok || slices.ContainsFunc(r.Mounts, func(m folder.Mount) bool { return m.Destination == destination })
}

func kernelMounts(h *folder.HostConfig) []specs.Mount {
	size := h.ShmSize
	if size == 0 {
		size = defaultShm
	}
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=" + strconv.FormatInt(size, 10)}},
	}
	if !h.Privileged {
		for i := range list {
			if strings.HasPrefix(list[i].Destination, "/sys") {
				list[i].Options = append(list[i].Options, "ro")
			}
		}
	}
	return list
}

// ownFiles come from the container's folder, so that they are no part of its layer.
func ownFiles(f folder.Folder) []specs.Mount {
	var list []specs.Mount
	for _, n := range [...]string{"resolv.conf", "hostname", "hosts"} {
		list = append(list, specs.Mount{Destination: "/etc/" + n, Type: "bind", Source: f.Path(n), Options: []string{"rbind", "rprivate"}})
	}
	return list
}

func bind(m folder.Mount) specs.Mount {
	propagation := m.Propagation
	if propagation == "" {
		propagation = "rprivate"
	}
	opts := []string{"rbind", propagation}
	if m.ReadOnly {
		opts = append(opts, "ro")
	}
	return specs.Mount{Destination: m.Destination, Type: "bind", Source: m.Source, Options: opts}
}

func tmpfs(to, opts string) specs.Mount {
	list := []string{"noexec", "nosuid", "nodev"}
	if opts != "" {
		list = append(list, strings.Split(opts, ",")...)
	}
	return specs.Mount{Destination: to, Type: "tmpfs", Source: "tmpfs", Options: list}
}
