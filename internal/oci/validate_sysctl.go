package oci

import (
	"errors"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// sysctls lets through only what belongs to a namespace that the container does
// not share with the host: another one would change the host.
func sysctls(l *specs.Linux, domain string) error {
	for name := range l.Sysctl {
		if err := sysctl(name, l, domain); err != nil {
			return err
		}
	}
	return nil
}

func sysctl(name string, l *specs.Linux, domain string) error {
	key := SysctlKey(name)
	if !levels(swapSeparators(key)) {
		return errors.New("sysctl " + quote(name) + " is not a name")
	}
	if key == "kernel.hostname" {
		return errors.New("sysctl " + quote(name) + " is not allowed as it conflicts with the OCI 'hostname' field")
	}
	if key == "kernel.domainname" && domain != "" && l.Sysctl[name] != domain {
		return errors.New("sysctl " + quote(name) + " conflicts with the OCI 'domainname' field: leave one of them out")
	}
	kind, where := sysctlNamespace(key)
	if kind == "" {
		return errors.New("sysctl " + quote(name) + " is not in a separate kernel namespace")
	}
	if namespaceOf(l, kind) == nil {
		return errors.New("sysctl " + quote(name) + " is not allowed in the hosts " + where + " namespace")
	}
	return nil
}

// levels says that a path below /proc/sys goes only down.
func levels(path string) bool {
	for level := range strings.SplitSeq(path, "/") {
		if level == "" || level == "." || level == ".." {
			return false
		}
	}
	return true
}

// sysctlNamespace says which namespace a sysctl belongs to, or empty.
func sysctlNamespace(key string) (kind specs.LinuxNamespaceType, where string) {
	switch key {
	case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
		"kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
		return specs.IPCNamespace, "ipc"
	case "kernel.domainname":
		return specs.UTSNamespace, "uts"
	}
	switch {
	case strings.HasPrefix(key, "fs.mqueue."):
		return specs.IPCNamespace, "ipc"
	case strings.HasPrefix(key, "net."):
		return specs.NetworkNamespace, "network"
	case strings.HasPrefix(key, "user."):
		return specs.UserNamespace, "user"
	}
	return "", ""
}

// SysctlKey writes a sysctl's name with dots. A name may be written with slashes instead, where a dot
// is then part of a level's name ("net/ipv4/conf/eth0.1/rp_filter"), as sysctl.d(5) says: the
// separator that comes first decides. With dots a slash stands for the dot.
func SysctlKey(name string) string {
	if i := strings.IndexAny(name, "./"); i < 0 || name[i] == '.' {
		return name
	}
	return swapSeparators(name)
}

// SysctlPath is the file of a sysctl below /proc/sys.
func SysctlPath(name string) string { return swapSeparators(SysctlKey(name)) }

func swapSeparators(name string) string {
	b := []byte(name)
	for i, c := range b {
		switch c {
		case '.':
			b[i] = '/'
		case '/':
			b[i] = '.'
		}
	}
	return string(b)
}
