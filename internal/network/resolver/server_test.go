package resolver

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"bantam/internal/linux/namespace"
	"bantam/internal/network"
	"bantam/internal/statefile"
	"bantam/internal/testenv"

	"golang.org/x/sys/unix"
)

// world is a network namespace with a resolver in it and name servers on its loopback.
type world struct {
	t     *testing.T
	netns int
	nets  network.Folder
	ups   []Upstream
}

func newWorld(t *testing.T) *world {
	testenv.Root(t)
	w := &world{t: t}
	ns, err := namespace.Thread(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() (int, error) {
		if err := up("lo"); err != nil {
			return -1, err
		}
		return unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.netns = ns
	t.Cleanup(func() { unix.Close(ns) })
	s := &network.Store{Root: t.TempDir()}
	l, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Free()
	n := &network.Network{ID: statefile.NewID(), Name: "nest"}
	if err := s.Create(n); err != nil {
		t.Fatal(err)
	}
	w.nets = s.Folder(n.ID)
	return w
}

// up is ip link set up.
func up(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}

// run starts the resolver.
func (w *world) run() {
	s, err := Listen(w.netns)
	if err != nil {
		w.t.Fatal(err)
	}
	ns, err := unix.FcntlInt(uintptr(w.netns), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	server, err := New(Config{
		Networks: func() []Network {
			return []Network{{Folder: w.nets, Name: "nest", NameOf: func(id string) string { return id }}}
		},
		Upstreams: func() []Upstream { return w.ups },
	}, s, ns)
	if err != nil {
		w.t.Fatal(err)
	}
	server.Run()
	w.t.Cleanup(server.Close)
}

// upstream runs a name server that answers each message with those that reply makes of it.
func (w *world) upstream(reply func(b []byte, tcp bool) [][]byte) {
	var at int
	fds := make([]int, 2)
	_, err := namespace.Thread(func() error { return enter(w.netns) }, func() (int, error) {
		for i, kind := range []int{unix.SOCK_DGRAM, unix.SOCK_STREAM} {
			fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return -1, err
			}
			fds[i] = fd
			if err := unix.Bind(fd, &unix.SockaddrInet4{Port: at, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
				return -1, err
			}
			a, err := unix.Getsockname(fd)
			if err != nil {
				return -1, err
			}
			at = a.(*unix.SockaddrInet4).Port
		}
		return 0, unix.Listen(fds[1], 16)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	udp, err := net.FilePacketConn(os.NewFile(uintptr(fds[0]), "udp"))
	if err != nil {
		w.t.Fatal(err)
	}
	tcp, err := net.FileListener(os.NewFile(uintptr(fds[1]), "tcp"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { udp.Close(); tcp.Close() })
	w.ups = append(w.ups, Upstream{Addr: netip.MustParseAddr("127.0.0.1"), at: at})
	go func() {
		for {
			b := make([]byte, 4096)
			n, from, err := udp.ReadFrom(b)
			if err != nil {
				return
			}
			go func() {
				for _, out := range reply(b[:n], false) {
					udp.WriteTo(out, from)
				}
			}()
		}
	}()
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			f, _ := c.(*net.TCPConn).File()
			c.Close()
			go func() {
				defer f.Close()
				fd := int(f.Fd())
				if b, err := readMessage(fd, time.Now().Add(time.Minute)); err == nil {
					for _, out := range reply(b, true) {
						writeMessage(fd, out, time.Now().Add(time.Minute))
					}
				}
			}()
		}
	}()
}

// zone answers names of a zone: NAME.corp.example has one address of each family, long.corp.example 60.
func zone(b []byte, tcp bool) [][]byte {
	q, code, ok := parse(b)
	switch {
	case !ok || code != noError:
		return nil
	case q.name == "long.corp.example":
		var list []netip.Addr
		for i := range 60 {
			list = append(list, netip.AddrFrom4([4]byte{10, 9, 0, byte(i)}))
		}
		limit := q.size
		if tcp {
			limit = maxMessage
		}
		return [][]byte{q.addresses(list, limit)}
	case q.name == "x.corp.example", q.name == "other.corp.example":
		return [][]byte{q.addresses([]netip.Addr{netip.MustParseAddr("10.9.1.1"), netip.MustParseAddr("fd00:9::1")}, q.size)}
	}
	return [][]byte{q.refuse(3)}
}

// inside runs a program in the world, with that resolv.conf.
func (w *world) inside(conf string, argv ...string) string {
	file := filepath.Join(w.t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		w.t.Fatal(err)
	}
	var out bytes.Buffer
	_, err := namespace.Thread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return err
		}
		if err := unix.Mount(file, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
			return err
		}
		return enter(w.netns)
	}, func() (int, error) {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stdout, cmd.Stderr = &out, &out
		return 0, cmd.Run()
	})
	if err != nil {
		w.t.Errorf("%v: %v: %s", argv[1:], err, out.String())
	}
	return out.String()
}

// clients compiles the program with each C library that there is.
func clients(t *testing.T) map[string]string {
	list := map[string]string{}
	for lib, how := range map[string][]string{"musl": {"musl-gcc", "-static"}, "glibc": {"gcc"}} {
		compiler := testenv.Find(how[0])
		if compiler == "" {
			continue
		}
		program := filepath.Join(t.TempDir(), lib)
		args := append(append([]string{}, how[1:]...), "-O1", "-o", program, "testdata/lookup.c")
		if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", compiler, err, out)
		}
		list[lib] = program
	}
	testenv.Need(t, "a C compiler (musl-tools, gcc)", len(list) > 0)
	return list
}

const conf = "nameserver 127.0.0.11\nsearch corp.example\noptions ndots:0\n"

// times is how often each name is asked for; the nightly run asks 20,000 times in all.
func times(n int) string {
	if os.Getenv("BANTAM_NIGHTLY") != "" {
		n = 20000 / 4
	}
	return fmt.Sprint(n)
}

// The names of a network and others, A and AAAA in parallel, search lists and long answers: the C libraries
// are never told anything else than what is there.
func TestCLibraries(t *testing.T) {
	w := newWorld(t)
	w.upstream(zone)
	w.nets.Announce("one", []string{"web", "dual"}, netip.MustParseAddr("10.1.0.5"))
	w.nets.Announce("two", []string{"dual"}, netip.MustParseAddr("10.1.0.6"), netip.MustParseAddr("fd00::6"))
	for i := range 60 {
		w.nets.Announce(fmt.Sprint("c", i), []string{"many"}, netip.AddrFrom4([4]byte{10, 1, 1, byte(i)}))
	}
	w.run()
	for lib, program := range clients(t) {
		names := []string{"web=any:1", "web=6:0", "dual=any:3", "web.nest=4:1", "x.corp.example=any:2", "nobody=any:0"}
		t.Logf("%s: %s", lib, w.inside(conf, append([]string{program, times(200)}, names...)...))
		// musl keeps 48 addresses of an answer; before 1.2.4 it speaks no TCP and takes what is in the first one.
		long := "60"
		if lib == "musl" {
			long = "25-48"
		}
		t.Logf("%s, over TCP: %s", lib, w.inside(conf, program, "20", fmt.Sprintf("many=4:%s", long), fmt.Sprintf("long.corp.example=4:%s", long)))
		// With ndots:1, a name is looked for in the search list first by glibc and by musl.
		t.Logf("%s, search list: %s", lib, w.inside("nameserver 127.0.0.11\nsearch corp.example\noptions ndots:1\n", program, "50", "other=any:2"))
	}
}

// Upstreams that say nothing, lie or fail: the next one is asked in time.
func TestBadUpstreams(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	w.upstream(func([]byte, bool) [][]byte { asked.Add(1); return nil }) // silent
	w.upstream(func(b []byte, tcp bool) [][]byte {
		q, _, _ := parse(b)
		lie, other := q.refuse(noError), bytes.Clone(b)
		binary.BigEndian.PutUint16(lie, binary.BigEndian.Uint16(b)+1)
		other[2] |= 0x80
		other[13] ^= 1
		if asked.Load()%2 == 0 {
			return [][]byte{{1}, lie, other, q.refuse(servFail)}
		}
		return append([][]byte{{1}, lie, other, b}, zone(b, tcp)...)
	})
	w.upstream(zone)
	w.run()
	for lib, program := range clients(t) {
		t.Logf("%s: %s", lib, w.inside(conf, program, "3", "x.corp.example=any:2"))
	}
}

func TestNoUpstreamIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.ups = []Upstream{{Addr: netip.MustParseAddr("192.0.2.1")}} // no route there
	w.run()
	if b := w.ask(ask(9, "x.example", typeA, 0)); b[3]&15 != servFail || b[1] != 9 {
		t.Errorf("%x", b)
	}
}

// ask sends a message to the resolver and returns the answer.
func (w *world) ask(b []byte) []byte {
	out := make([]byte, 4096)
	n, err := namespace.Thread(func() error { return enter(w.netns) }, func() (int, error) {
		fd, err := connect(Upstream{Addr: Address}, unix.SOCK_DGRAM)
		if err != nil {
			return -1, err
		}
		defer unix.Close(fd)
		if _, err := unix.Write(fd, b); err != nil {
			return -1, err
		}
		if err := wait(fd, unix.POLLIN, time.Now().Add(time.Minute)); err != nil {
			return -1, err
		}
		return unix.Read(fd, out)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out[:n]
}

// Go's resolver, over UDP and TCP, and addresses back to names.
func TestGoResolver(t *testing.T) {
	w := newWorld(t)
	w.upstream(zone)
	w.nets.Announce("one", []string{"web"}, netip.MustParseAddr("10.1.0.5"))
	n := &network.Network{ID: w.nets.ID(), Driver: "bridge", IPv4: true, IPAM: network.IPAM{Pools: []network.Pool{{Subnet: "10.1.0.0/24", Gateway: "10.1.0.1"}}}}
	want := network.Wanted{IPv4: netip.MustParseAddr("10.1.0.5")}
	if _, _, err := w.nets.Claim(n, "one", want, func(string) (func(), bool) { return nil, false }); err != nil {
		t.Fatal(err)
	}
	w.run()
	for _, proto := range []string{"udp", "tcp"} {
		r := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			var c net.Conn
			_, err := namespace.Thread(func() error { return enter(w.netns) }, func() (_ int, err error) {
				c, err = net.Dial(proto, "127.0.0.11:53")
				return 0, err
			})
			return c, err
		}}
		ctx := t.Context()
		for name, want := range map[string]string{"web.": "[10.1.0.5]", "long.corp.example.": "60"} {
			got, err := r.LookupHost(ctx, name)
			if text := fmt.Sprint(got); err != nil || text != want && fmt.Sprint(len(got)) != want {
				t.Errorf("%s: %s is %s, %v", proto, name, text, err)
			}
		}
		if _, err := r.LookupHost(ctx, "nobody."); err == nil || !err.(*net.DNSError).IsNotFound {
			t.Errorf("%s: nobody: %v", proto, err)
		}
		if names, err := r.LookupAddr(ctx, "10.1.0.5"); err != nil || names[0] != "one.nest." {
			t.Errorf("%s: back: %v, %v", proto, names, err)
		}
	}
}

// More queries than the resolver keeps in mind, to a server that says nothing: each is answered,
// and names of the networks meanwhile, too.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	w.upstream(func([]byte, bool) [][]byte { return nil })
	w.nets.Announce("one", []string{"web"}, netip.MustParseAddr("10.1.0.5"))
	w.run()
	const n = 2 * maxPending
	answered, err := namespace.Thread(func() error { return enter(w.netns) }, func() (int, error) {
		fd, err := connect(Upstream{Addr: Address}, unix.SOCK_DGRAM)
		if err != nil {
			return -1, err
		}
		defer unix.Close(fd)
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1<<20)
		for i := range n {
			unix.Write(fd, ask(uint16(i), fmt.Sprintf("x%d.example", i), typeA, 0))
		}
		unix.Write(fd, ask(n, "web", typeA, 0))
		got := map[uint16]byte{}
		b := make([]byte, 512)
		for len(got) <= n {
			if wait(fd, unix.POLLIN, time.Now().Add(time.Minute)) != nil {
				break
			}
			if size, err := unix.Read(fd, b); err == nil && size >= headerSize {
				got[binary.BigEndian.Uint16(b)] = b[3] & 15
			}
		}
		if code, ok := got[n]; !ok || code != noError {
			return -1, fmt.Errorf("the network's name: %d, %v", code, ok)
		}
		return len(got), nil
	})
	if err != nil || answered != n+1 {
		t.Errorf("%d of %d answered, %v", answered, n+1, err)
	}
	runtime.KeepAlive(w)
}
