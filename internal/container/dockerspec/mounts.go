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
	for _, m := range slices.Concat(kernelMounts(&r.Host), ownFiles(in.Names, r.Host.ReadonlyRootfs)) {
		if !taken(r, m.Destination) {
			out = append(out, m)
		}
	}
	var own []specs.Mount
	if r.Host.Systemd {
		own = systemdFolders(r)
	}
	for to, opts := range r.Host.Tmpfs {
		own = append(own, tmpfs(to, opts))
	}
	for _, m := range r.Mounts {
		if m.Type == "tmpfs" {
			own = append(own, readonly(tmpfs(m.Destination, m.Options), m.ReadOnly))
			continue
		}
		own = append(own, bind(m))
	}
	if in.Init != "" {
		own = append(own, specs.Mount{Destination: initPath, Type: "bind", Source: in.Init, Options: []string{"bind", "ro", "nosuid", "nodev"}})
	}
	// Parents before what lies below them.
	slices.SortStableFunc(own, func(a, b specs.Mount) int {
		return strings.Count(a.Destination, "/") - strings.Count(b.Destination, "/")
	})
	return append(out, own...)
}

// systemdFolders are those that systemd wants in memory, as Podman mounts them.
func systemdFolders(r *folder.Record) (list []specs.Mount) {
	for _, to := range [...]string{"/run", "/run/lock", "/tmp", "/var/log/journal"} {
		mode := "mode=755"
		if to == "/tmp" {
			mode = "mode=1777"
		}
		if !taken(r, to) {
			list = append(list, specs.Mount{Destination: to, Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "tmpcopyup", mode}})
		}
	}
	return list
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
	shm := specs.Mount{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=" + strconv.FormatInt(size, 10)}}
	mqueue := specs.Mount{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}}
	if h.IpcMode == "host" {
		shm = specs.Mount{Destination: "/dev/shm", Type: "bind", Source: "/dev/shm", Options: []string{"rbind", "rprivate"}}
	}
	if strings.HasPrefix(h.IpcMode, "container:") { // a tree that the monitor opens (plan.Options.Trees)
		shm = specs.Mount{Destination: "/dev/shm", Type: "bind", Source: "/dev/shm", Options: []string{"bind", "rprivate", "nosuid", "noexec", "nodev"}}
	}
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev"}},
		mqueue, shm,
	}
	if h.IpcMode == "none" {
		list = list[:len(list)-1]
	}
	if !h.Privileged {
		for i := range list {
			if strings.HasPrefix(list[i].Destination, "/sys") && !(h.Systemd && list[i].Type == "cgroup") {
				list[i].Options = append(list[i].Options, "ro")
			}
		}
	}
	return list
}

// ownFiles come from the container's folder, so that they are no part of its layer. They are as read-only as its root.
func ownFiles(f folder.Folder, ro bool) []specs.Mount {
	var list []specs.Mount
	for _, n := range [...]string{"resolv.conf", "hostname", "hosts"} {
		m := specs.Mount{Destination: "/etc/" + n, Type: "bind", Source: f.Path(n), Options: []string{"rbind", "rprivate"}}
		list = append(list, readonly(m, ro))
	}
	return list
}

func bind(m folder.Mount) specs.Mount {
	propagation := m.Propagation
	if propagation == "" {
		propagation = "rprivate"
	}
	opts := []string{"rbind", propagation}
	if m.Options == "nonrecursive" {
		opts[0] = "bind"
	}
	if m.ReadOnly {
		opts = append(opts, "ro")
		// Since docker 25 what is mounted below the source is read-only, too.
		if m.Options != "nonrecursive" && m.Options != "writable" {
			opts = append(opts, "rro")
		}
	}
	return specs.Mount{Destination: m.Destination, Type: "bind", Source: m.Source, Options: opts}
}

// initPath is docker's place for the init of --init.
const initPath = "/sbin/docker-init"

func readonly(m specs.Mount, on bool) specs.Mount {
	if on {
		m.Options = append(m.Options, "ro")
	}
	return m
}

func tmpfs(to, opts string) specs.Mount {
	list := []string{"noexec", "nosuid", "nodev"}
	if opts != "" {
		list = append(list, strings.Split(opts, ",")...)
	}
	return specs.Mount{Destination: to, Type: "tmpfs", Source: "tmpfs", Options: list}
}
