package link

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"bantam/internal/linux/netlink"
	"bantam/internal/network"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// BenchmarkFloor is what the kernel's part of a container's network costs: see "What a bridge costs" in ARCHITECTURE.md.
// The smallest time of each step is its own; the rest is other work of the machine.
func BenchmarkFloor(b *testing.B) {
	testenv.Root(b)
	runtime.LockOSThread() // never unlocked: the thread ends with its namespaces
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		b.Fatal(err)
	}
	n := &network.Network{ID: strings.Repeat("ab", 32), Name: "nest", Driver: "bridge", Interface: "nest0", IPAM: network.IPAM{Pools: []network.Pool{{Subnet: "10.9.0.0/16", Gateway: "10.9.0.1"}}}}
	if err := Up(network.Folder{Dir: b.TempDir()}, n); err != nil {
		b.Fatal(err)
	}
	host, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		b.Fatal(err)
	}
	defer host.Close()
	steps := map[string][]time.Duration{}
	step := func(name string, f func() error) {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		steps[name] = append(steps[name], time.Since(start))
	}
	for b.Loop() {
		step("namespace", func() error { return unix.Unshare(unix.CLONE_NEWNET) })
		ns, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			b.Fatal(err)
		}
		step("setns", func() error { return unix.Setns(int(host.Fd()), unix.CLONE_NEWNET) })
		var s *Sandbox
		step("sockets", func() (err error) { s, err = Enter(int(ns.Fd())); return err })
		e := &network.Endpoint{ID: strings.Repeat("cd", 32), Interface: "eth0", MAC: "02:42:0a:09:00:02", IPv4: "10.9.0.2/16", Gateway: "10.9.0.1"}
		e.Peer = Peer(e.ID)
		j := &Joint{Network: n, Endpoint: e, Default4: true}
		step("veth", func() error { return s.make(j) })
		step("configure", func() error { return s.configure(j) })
		s.Close()
		step("close", func() error { return ns.Close() })
		waitGone(b, e.Peer)
	}
	for name, list := range steps {
		b.ReportMetric(float64(slices.Min(list).Microseconds()), name+"-µs")
	}
}

// waitGone waits until the kernel has taken a namespace's end of a veth away, beside which none of the same name can be made.
func waitGone(b *testing.B, name string) {
	c, err := netlink.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for {
		if _, err := c.Index(name); err == unix.ENODEV {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
