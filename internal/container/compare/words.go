package compare

import (
	"path"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func rootText(s *Subject) (theirs, ours string) {
	return "an overlay that the daemon mounts on the host, " + s.Theirs.Root.Path, "an overlay in the container's mount namespace alone"
}

func ownFiles(s *specs.Spec) string {
	for i := range s.Mounts {
		if isOwnFile(&s.Mounts[i]) {
			return "hosts, hostname and resolv.conf in " + path.Dir(s.Mounts[i].Source)
		}
	}
	return ""
}

func volumesText(s *Subject) (theirs, ours string) {
	var a, b []string
	for i := range s.Record.Mounts {
		if v := &s.Record.Mounts[i]; isVolume(v) {
			a, b = append(a, volumePlace(s.Docker.Root, v)), append(b, volumePlace(s.Root, v))
		}
	}
	if a == nil {
		return "", ""
	}
	return strings.Join(a, " ") + ", and what the host mounts there later (rslave)", strings.Join(b, " ") + ", as it is at the start (rprivate)"
}

func hasNamespace(s *specs.Spec, kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
}

func cgroupNamespace(s *specs.Spec) string {
	if hasNamespace(s, specs.CgroupNamespace) {
		return "its own"
	}
	return "the host's"
}

// group writes SLICE:PREFIX:NAME as systemd has it on disk.
func group(s *specs.Spec) string {
	part := strings.Split(s.Linux.CgroupsPath, ":")
	switch {
	case len(part) == 3:
		return "/" + part[0] + "/" + part[1] + "-" + part[2] + ".scope, made by systemd"
	case !strings.HasPrefix(s.Linux.CgroupsPath, "/"):
		return s.Linux.CgroupsPath + " below the daemon's own"
	}
	return s.Linux.CgroupsPath
}

func userNamespace(s *specs.Spec) string {
	if !hasNamespace(s, specs.UserNamespace) {
		return "the host's: its root is the host's root"
	}
	m := s.Linux.UIDMappings[0]
	return "its own: its ids are " + strconv.FormatUint(uint64(m.HostID), 10) + " to " + strconv.FormatUint(uint64(m.HostID)+uint64(m.Size)-1, 10) + " of the host"
}

func systemdFolders(s *specs.Spec) string {
	var list []string
	for _, m := range s.Mounts {
		if isSystemdFolder(m) {
			list = append(list, m.Destination)
		}
	}
	if len(list) == 0 {
		return "nothing is prepared for it"
	}
	return "in memory " + strings.Join(list, " ") + ", and a writable control group"
}

func networkText(s *Subject) (theirs, ours string) {
	switch mode := s.Record.Host.NetworkMode; {
	case mode == "none" || mode == "host" || strings.HasPrefix(mode, "container:"):
		return "", ""
	case mode == "" || mode == "bridge" || mode == "default":
		return "docker0, joined in a hook by the daemon; rules of iptables for each container", "bantam0, joined from the first step on; sets of nftables"
	default:
		return "joined in a hook by the daemon; rules of iptables for each container", "joined from the first step on; sets of nftables"
	}
}

func portText(s *Subject) (theirs, ours string) {
	if len(s.Record.Host.PortBindings) == 0 && !s.Record.Host.PublishAllPorts {
		return "", ""
	}
	return "rules of iptables and a process docker-proxy for each", "an entry in nftables' sets, and a socket of the monitor"
}

func capabilities(s *specs.Spec) (list []string) {
	for _, c := range s.Process.Capabilities.Bounding {
		list = append(list, strings.ToLower(strings.TrimPrefix(c, "CAP_")))
	}
	return list
}

func allowedCalls(s *specs.Spec) (list []string) {
	if s.Linux.Seccomp == nil {
		return nil
	}
	for _, r := range s.Linux.Seccomp.Syscalls {
		for _, n := range r.Names {
			if n == "socket" && len(r.Args) == 0 {
				n = "socket(any family)"
			}
			if r.Action == specs.ActAllow {
				list = append(list, n)
			}
		}
	}
	slices.Sort(list)
	return list
}

func profileText(s *Subject) (theirs, ours string) {
	if s.Ours.Linux.Seccomp == nil || ownProfile(s) {
		return "", ""
	}
	return "the profile of docker " + strconv.Itoa(s.Docker.number[0]), "the profile of docker " + newest
}

func maskedPaths(s *specs.Spec) []string { return s.Linux.MaskedPaths }

func recursive(s *specs.Spec) string {
	var list []string
	for _, m := range s.Mounts {
		if slices.Contains(m.Options, "rro") {
			list = append(list, m.Destination)
		}
	}
	if list == nil {
		return "read-only itself, not what is mounted below it"
	}
	return "with all that is mounted below: " + strings.Join(list, " ")
}

func oomScore(s *specs.Spec) string {
	if p := s.Process.OOMScoreAdj; p != nil {
		return strconv.Itoa(*p)
	}
	return "that of whoever starts it"
}

func initProgram(s *specs.Spec) string {
	if m := initMount(s); m != nil {
		return path.Base(m.Source)
	}
	return ""
}

func logText(s *Subject) (theirs, ours string) {
	l := &s.Record.Host.LogConfig
	if len(l.Config) > 0 || l.Type != "json-file" {
		return "", ""
	}
	ours = "json-file, " + strconv.Itoa(l.MaxFile) + " files of " + strconv.FormatInt(l.MaxSize>>20, 10) + " MB"
	if s.Docker.LogDriver != "json-file" {
		return s.Docker.LogDriver + ", the daemon's default", ours
	}
	return "json-file, one file without a bound", ours
}

func runtimeText(s *Subject) (theirs, ours string) {
	if s.Record.Host.Runtime != "" {
		return "", ""
	}
	return "runc", "bantam-oci"
}
