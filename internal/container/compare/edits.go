package compare

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"bantam/internal/container/dockerspec"
	"bantam/internal/container/folder"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Layer stands for the number of a layer that docker would draw.
const Layer = "LAYER"

func mergedRoot(s *Subject) { s.Theirs.Root.Path = s.Docker.Root + "/overlay2/" + Layer + "/merged" }

func isOwnFile(m *specs.Mount) bool {
	return m.Destination == "/etc/resolv.conf" || m.Destination == "/etc/hostname" || m.Destination == "/etc/hosts"
}

func ownFilesBelow(s *Subject) {
	for i := range s.Theirs.Mounts {
		if m := &s.Theirs.Mounts[i]; isOwnFile(m) && path.Base(path.Dir(m.Source)) == s.Record.ID {
			m.Source = path.Join(s.Docker.Root, "containers", s.Record.ID, path.Base(m.Source))
		}
	}
}

// volumesBelow moves named and anonymous volumes to docker's place, and leaves their propagation as docker does: where nobody
// names one it is the root's, rslave.
func volumesBelow(s *Subject) {
	for i := range s.Record.Mounts {
		v := &s.Record.Mounts[i]
		if !isVolume(v) {
			continue
		}
		for k := range s.Theirs.Mounts {
			if m := &s.Theirs.Mounts[k]; m.Destination == v.Destination {
				m.Source = volumePlace(s.Docker.Root, v)
				if v.Propagation == "" {
					m.Options = slices.DeleteFunc(m.Options, func(o string) bool { return o == "rprivate" })
				}
			}
		}
	}
}

func isVolume(m *folder.Mount) bool { return m.Type == "volume" }

func volumePlace(root string, v *folder.Mount) string {
	return path.Join(root, "volumes", cmp.Or(v.Name, "NAME"), "_data")
}

// sharedCgroupNamespace: docker's default-cgroupns-mode is private on cgroup v2 alone.
func sharedCgroupNamespace(s *Subject) {
	if s.Record.Host.CgroupnsMode == "" && !s.Docker.CgroupV2 {
		dropNamespace(s.Theirs, specs.CgroupNamespace)
	}
}

func dropNamespace(s *specs.Spec, kind specs.LinuxNamespaceType) {
	s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
}

// dockersGroup: daemon/oci_linux.go, WithCgroups.
func dockersGroup(s *Subject) {
	parent := s.Record.Host.CgroupParent
	if s.Docker.CgroupDriver == "systemd" {
		if parent == "" {
			parent = "system.slice"
		}
		s.Theirs.Linux.CgroupsPath = parent + ":docker:" + s.Record.ID
		return
	}
	if parent == "" {
		parent = "/docker"
	}
	s.Theirs.Linux.CgroupsPath = path.Join(parent, s.Record.ID)
}

func noUserNamespace(s *Subject) {
	if s.Record.Host.IDSize == 0 {
		return
	}
	l := s.Theirs.Linux
	dropNamespace(s.Theirs, specs.UserNamespace)
	l.UIDMappings, l.GIDMappings = nil, nil
	if l.Sysctl["net.ipv4.ip_unprivileged_port_start"] != "" && s.Record.Host.Sysctls["net.ipv4.ping_group_range"] == "" {
		l.Sysctl["net.ipv4.ping_group_range"] = "0 2147483647"
	}
}

func isSystemdFolder(m specs.Mount) bool { return slices.Contains(m.Options, "tmpcopyup") }

func noSystemd(s *Subject) {
	if !s.Record.Host.Systemd {
		return
	}
	s.Theirs.Mounts = slices.DeleteFunc(s.Theirs.Mounts, isSystemdFolder)
	for i := range s.Theirs.Mounts {
		if m := &s.Theirs.Mounts[i]; m.Type == "cgroup" && !s.Record.Host.Privileged {
			m.Options = append(slices.Clone(m.Options), "ro")
		}
	}
}

// lately are the capabilities that docker did not know before version 23, which also asks for those alone that it holds.
var lately = [...]string{"CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"}

func oldCapabilities(s *Subject) {
	all := slices.ContainsFunc(s.Record.Host.CapAdd, func(c string) bool { return strings.EqualFold(c, "ALL") })
	if !all && !s.Record.Host.Privileged {
		return
	}
	asked, err := dockerspec.Capabilities(s.Record.Host.Privileged, s.Record.Host.CapAdd, s.Record.Host.CapDrop)
	if err != nil {
		return
	}
	asked = slices.DeleteFunc(asked, func(c string) bool { return slices.Contains(lately[:], c) })
	c := s.Theirs.Process.Capabilities
	for _, set := range [...]*[]string{&c.Bounding, &c.Effective, &c.Permitted} {
		if *set != nil {
			*set = asked
		}
	}
}

// later are calls that docker 20.10's profile does not know.
var later = [...]string{
	"cachestat", "clock_settime64", "fchmodat2", "futex_requeue", "futex_wait", "futex_wake", "getxattrat", "listmount", "listxattrat",
	"lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr", "map_shadow_stack", "mseal", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"removexattrat", "riscv_hwprobe", "set_mempolicy_home_node", "setxattrat", "statmount", "uretprobe",
}

// oldProfile is docker 20.10's (profiles/seccomp/default_linux.go), where the profile is docker's.
func oldProfile(s *Subject) {
	p := s.Theirs.Linux.Seccomp
	if p == nil || ownProfile(s) {
		return
	}
	refused := later[:]
	holds := func(c string) bool { return slices.Contains(s.Theirs.Process.Capabilities.Bounding, c) }
	if !holds("CAP_SYS_PTRACE") {
		refused = append(slices.Clone(refused), "process_vm_readv", "process_vm_writev")
	}
	if !holds("CAP_SYS_ADMIN") {
		refused = append(slices.Clone(refused), "name_to_handle_at")
	}
	old := *p
	old.Syscalls = nil
	for _, r := range p.Syscalls {
		if len(r.Args) > 0 && slices.Contains(r.Names, "socket") {
			continue
		}
		r.Names = slices.DeleteFunc(slices.Clone(r.Names), func(n string) bool { return slices.Contains(refused, n) })
		if len(r.Names) > 0 {
			old.Syscalls = append(old.Syscalls, r)
		}
	}
	old.Syscalls = append(old.Syscalls, specs.LinuxSyscall{
		Names: []string{"socket", "io_uring_enter", "io_uring_register", "io_uring_setup"}, Action: specs.ActAllow,
	})
	s.Theirs.Linux.Seccomp = &old
}

// ownProfile: the user has chosen one.
func ownProfile(s *Subject) bool {
	return slices.ContainsFunc(s.Record.Host.SecurityOpt, func(o string) bool { return strings.HasPrefix(o, "seccomp") })
}

func withoutMask(prefixes ...string) func(*Subject) {
	return func(s *Subject) {
		s.Theirs.Linux.MaskedPaths = slices.DeleteFunc(s.Theirs.Linux.MaskedPaths, func(p string) bool {
			return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p, prefix) })
		})
	}
}

func notRecursive(s *Subject) {
	for i := range s.Theirs.Mounts {
		m := &s.Theirs.Mounts[i]
		m.Options = slices.DeleteFunc(m.Options, func(o string) bool { return o == "rro" })
	}
}

func explicitScore(s *Subject) {
	if s.Theirs.Process.OOMScoreAdj == nil {
		s.Theirs.Process.OOMScoreAdj = new(int)
	}
}

func dockersInit(s *Subject) {
	if m := initMount(s.Theirs); m != nil {
		m.Source, m.Options = "docker-init", []string{"bind", "ro"}
	}
}

func initMount(s *specs.Spec) *specs.Mount {
	for i := range s.Mounts {
		if s.Mounts[i].Destination == "/sbin/docker-init" {
			return &s.Mounts[i]
		}
	}
	return nil
}
