package plan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func sorted(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// own says that the container has a namespace of its own kind, new or joined.
func (c *compiler) own(kind specs.LinuxNamespaceType) bool {
	for _, ns := range c.linux.Namespaces {
		if ns.Type == kind {
			return true
		}
	}
	return false
}

// checkSysctl lets pass only settings that a namespace of the container's confines.
func (c *compiler) checkSysctl(name string) error {
	dotted := strings.ReplaceAll(sysctlPath(name), "/", ".")
	switch {
	case strings.HasPrefix(dotted, "net."):
		if c.own(specs.NetworkNamespace) {
			return nil
		}
		return fmt.Errorf("sysctl %s is the host's: the container has no network namespace", name)
	case strings.HasPrefix(dotted, "fs.mqueue."), isIPC(dotted):
		if c.own(specs.IPCNamespace) {
			return nil
		}
		return fmt.Errorf("sysctl %s is the host's: the container has no ipc namespace", name)
	case dotted == "kernel.domainname":
		if c.own(specs.UTSNamespace) {
			return nil
		}
		return fmt.Errorf("sysctl %s is the host's: the container has no uts namespace", name)
	case dotted == "kernel.hostname":
		return fmt.Errorf("sysctl kernel.hostname conflicts with the spec's own hostname field")
	case strings.HasPrefix(dotted, "user.") && c.userNS:
		return nil
	}
	return fmt.Errorf("sysctl %s is not in a separate kernel namespace", name)
}

func isIPC(name string) bool {
	switch name {
	case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
		return true
	}
	return false
}

// identity sets names and settings of the container's namespaces.
func (c *compiler) identity() error {
	for _, n := range [...]struct {
		nr   int
		name string
		why  Why
	}{{unix.SYS_SETHOSTNAME, c.spec.Hostname, WhyHostname}, {unix.SYS_SETDOMAINNAME, c.spec.Domainname, WhyHostname}} {
		if n.name == "" {
			continue
		}
		if !c.own(specs.UTSNamespace) {
			return errors.New("hostname and domainname need a uts namespace: without one they would change the host's")
		}
		c.about(n.why, n.name)
		c.call(n.nr, c.path(n.name), imm(len(n.name)))
	}
	if c.made&unix.CLONE_NEWNET != 0 {
		c.loopback()
	}
	if len(c.linux.NetDevices) > 0 {
		if !c.own(specs.NetworkNamespace) {
			return errors.New("linux.netDevices needs a network namespace")
		}
		c.about(WhyNetDevices, "")
		c.sync(SyncNetDev, NoReg)
	}
	return c.sysctls()
}

// loopback brings up lo in a new network namespace, as every runtime does.
func (c *compiler) loopback() {
	c.about(WhyLoopback, "")
	ifreq := make([]byte, 40) // struct ifreq (netdevice(7)): name, flags
	copy(ifreq, "lo")
	binary.NativeEndian.PutUint16(ifreq[16:], unix.IFF_UP|unix.IFF_RUNNING)
	fd, _ := c.get(unix.SYS_SOCKET, imm(unix.AF_INET), imm(uint64(unix.SOCK_DGRAM|unix.SOCK_CLOEXEC)), imm(0))
	c.call(unix.SYS_IOCTL, reg(fd), imm(unix.SIOCSIFFLAGS), ptr(c.bytes(ifreq)))
}
