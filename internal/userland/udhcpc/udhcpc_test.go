package udhcpc

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/testenv"
	"bantam/internal/userland/applet/socket"
)

func TestWrap(t *testing.T) {
	m := newMessage(discover, 0x01020304, []byte{2, 0, 0, 0, 0, 1}, 5)
	m.add(optMaxSize, 1, 2)
	m.finish()
	p := wrap(m)
	if socket.Checksum(p[:ipSize]) != 0 || pseudoSum(p) != 0xffff {
		t.Error("checksums")
	}
	p[21], p[23] = p[23], p[21] // the ports, as an answer has them; the sum stays
	if got := unwrap(p, false); !bytes.Equal(got, m) {
		t.Errorf("%x", got)
	}
	p[40] ^= 1
	if unwrap(p, false) != nil || unwrap(p, true) == nil {
		t.Error("a wrong checksum")
	}
}

func TestOptions(t *testing.T) {
	m := newMessage(ack, 1, make([]byte, 6), 0)
	m.add(optSubnet, 255, 255, 255, 0)
	m.add(3, 10, 0, 0, 1, 10, 0, 0, 2)
	m.add(12, []byte("ho$st")...)
	m.add(15, []byte("dom.ain")...)
	m.add(2, 0xff, 0xff, 0xff, 0xfe)
	m.add(26, 5, 220)
	m.add(119, []byte("\x03foo\x03bar\x00\x01x\xc0\x04")...)
	m.add(121, 24, 10, 1, 2, 10, 0, 0, 9, 0, 10, 0, 0, 8)
	m.add(200, 1, 0xab)
	m.add(66, []byte("a")...)
	m.add(66, []byte("b")...)
	m.finish()
	copy(m[atYours:], "\x0a\x00\x00\x05")
	copy(m[atFile:], "boot")
	got := strings.Join(m.environment(), "|")
	want := "opt53=05|subnet=255.255.255.0|mask=24|router=10.0.0.1 10.0.0.2|hostname=bad|domain=dom.ain|timezone=-2|mtu=1500|" +
		"search=foo.bar x.bar|staticroutes=10.1.2.0/24 10.0.0.9 0.0.0.0/0 10.0.0.8|opt200=01ab|tftp=ab|ip=10.0.0.5|boot_file=boot"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestEncode(t *testing.T) {
	for word, want := range map[string]string{
		"hostname:bbox": "0c 62626f78", "lease:3600": "33 00000e10", "0x3d:0100BEEF": "3d 0100beef", "0x3d:01:00": "3d 0100",
		`200:"text"`: "c8 74657874", "router:1.2.3.4,5.6.7.8": "03 0102030405060708", "mtu:1500": "1a 05dc",
		"foo:1": "", "hostname": "", "mtu:70000": "", "router:x": "", "61:0": "", "0:1": "", "255:01": "",
	} {
		code, value, ok := encode(word)
		if got := fmt.Sprintf("%02x %x", code, value); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s %v", word, got, ok)
		}
	}
}

func FuzzReply(f *testing.F) {
	m := newMessage(ack, 1, make([]byte, 6), 0)
	m.add(119, []byte("\x03foo\x03bar\x00\x01x\xc0\x04")...)
	m.add(121, 24, 10, 1, 2, 10, 0, 0, 9)
	m.add(212, bytes.Repeat([]byte{1}, 22)...)
	m.add(optOverload, 3)
	m.finish()
	p := wrap(m)
	p[21], p[23] = p[23], p[21]
	f.Add(p)
	f.Add(p[:100])
	f.Fuzz(func(t *testing.T, p []byte) {
		m := unwrap(p, true)
		if len(m) < atOptions {
			m.isFor(1, make([]byte, 6))
			return
		}
		m.isFor(m.xid(), m[atHardware:atHardware+6])
		m.number(optLease)
		for _, v := range m.environment() {
			name, value, _ := strings.Cut(v, "=")
			if (name == "hostname" || name == "domain" || name == "search") && strings.ContainsAny(value, "$`;\n") {
				t.Errorf("%q", v)
			}
		}
	})
}

// network is a client's and a server's network namespace, joined by a pair.
type network struct {
	t      *testing.T
	box    string
	server int // packet socket of the server
	index  int
	mutex  sync.Mutex
	seen   []string // the messages that came
	lease  uint32
	answer func(kind byte) byte // the kind of the answer, 0 for none
}

func newNetwork(t *testing.T) *network {
	testenv.Root(t)
	n := &network{t: t, box: testenv.Bin(t, "box"), lease: 60}
	n.answer = func(kind byte) byte {
		return map[byte]byte{discover: offer, request: ack}[kind]
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	space := func() int {
		if err := syscall.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Skip("no network namespaces: ", err)
		}
		fd, err := syscall.Open("/proc/thread-self/ns/net", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	server := space()
	holder := exec.Command("sleep", "60")
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { holder.Process.Kill(); holder.Wait() })
	client := space()
	n.ip("link add v0 type veth peer name v1")
	n.ip(fmt.Sprint("link set v1 netns ", holder.Process.Pid))
	n.ip("link set v0 up")
	unix.Setns(server, unix.CLONE_NEWNET)
	n.ip("addr add 10.0.0.1/24 dev v1")
	n.ip("link set v1 up")
	n.index, _ = socket.Index("v1")
	var err error
	if n.server, err = openRaw(n.index); err != nil {
		t.Fatal(err)
	}
	unix.Setns(client, unix.CLONE_NEWNET)
	testenv.Until(t, "v0 has a carrier", func() bool { // what is sent before is lost
		out, _ := exec.Command(n.box, "ip", "link", "show", "v0").Output()
		return strings.Contains(string(out), "state UP")
	})
	go n.serve()
	return n
}

func (n *network) ip(words string) {
	n.t.Helper()
	if out, err := exec.Command(n.box, append([]string{"ip"}, strings.Fields(words)...)...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %s", words, out)
	}
}

// serve answers as a server does.
func (n *network) serve() {
	buf := make([]byte, 2048)
	for {
		k, err := syscall.Read(n.server, buf)
		if err != nil {
			return
		}
		p := buf[:k]
		if k < ipSize+udpSize+atOptions || p[9] != syscall.IPPROTO_UDP || p[23] != serverPort {
			continue
		}
		m := message(append([]byte(nil), p[ipSize+udpSize:]...))
		kind := m.option(optKind)
		n.mutex.Lock()
		n.seen = append(n.seen, fmt.Sprintf("%d requested=%v client=%v name=%s", kind[0],
			socket.From(m.option(optRequested)), m.address(atClient), m.option(12)))
		reply := n.answer(kind[0])
		n.mutex.Unlock()
		if reply == 0 {
			continue
		}
		r := newMessage(reply, m.xid(), m[atHardware:atHardware+6], 0)
		r[0] = 2
		copy(r[atYours:], "\x0a\x00\x00\x05")
		r.add(optServer, 10, 0, 0, 1)
		r.add(optLease, byte(n.lease>>24), byte(n.lease>>16), byte(n.lease>>8), byte(n.lease))
		r.add(optSubnet, 255, 255, 255, 0)
		r.add(3, 10, 0, 0, 1)
		r.finish()
		q := wrap(r)
		q[21], q[23] = q[23], q[21]
		syscall.Sendto(n.server, q, 0, socket.Packet(n.index, syscall.ETH_P_IP, []byte{255, 255, 255, 255, 255, 255}))
	}
}

// saw waits until messages came of which each has one of the texts, in order.
func (n *network) saw(texts ...string) {
	n.t.Helper()
	for range 200 {
		n.mutex.Lock()
		i := 0
		for _, s := range n.seen {
			if i < len(texts) && strings.Contains(s, texts[i]) {
				i++
			}
		}
		n.mutex.Unlock()
		if i == len(texts) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	n.t.Errorf("came: %q, want %q", n.seen, texts)
}

// script makes the script of events, which writes them to a file.
func (n *network) script() (path, log string) {
	dir := n.t.TempDir()
	path, log = filepath.Join(dir, "script"), filepath.Join(dir, "log")
	text := "#!/bin/sh\n{ echo \"$1 $interface $ip/$mask $router $serverid $lease\"; } >>" + log +
		"\n[ $1 != bound ] || " + n.box + " ip addr add $ip/$mask dev $interface\n"
	os.WriteFile(path, []byte(text), 0o700)
	return path, log
}

func (n *network) client(args ...string) *exec.Cmd {
	cmd := exec.Command(n.box, append([]string{"udhcpc", "-i", "v0", "-T", "1", "-A", "1"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { cmd.Process.Kill() })
	return cmd
}

func lines(path string) []string {
	p, _ := os.ReadFile(path)
	return strings.Split(strings.TrimSuffix(string(p), "\n"), "\n")
}

func TestLease(t *testing.T) {
	n := newNetwork(t)
	script, log := n.script()
	pid := filepath.Join(t.TempDir(), "pid")
	c := n.client("-f", "-R", "-s", script, "-p", pid, "-x", "hostname:me", "-r", "10.0.0.9")
	n.saw("1 requested=10.0.0.9 client=0.0.0.0 name=me", "3 requested=10.0.0.5")
	for range 100 {
		if len(lines(log)) == 2 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := strings.TrimSpace(string(must(os.ReadFile(pid)))); got != fmt.Sprint(c.Process.Pid) {
		t.Error("pid file: ", got)
	}
	time.Sleep(100 * time.Millisecond)
	c.Process.Signal(syscall.SIGUSR1)
	n.saw("requested=10.0.0.5", "3 requested= client=10.0.0.5")
	time.Sleep(300 * time.Millisecond)
	c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	n.saw("7 requested= client=10.0.0.5")
	want := []string{
		"deconfig v0 /   ", "bound v0 10.0.0.5/24 10.0.0.1 10.0.0.1 60", "renew v0 10.0.0.5/24 10.0.0.1 10.0.0.1 60", "deconfig v0 /   ",
	}
	if got := lines(log); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(pid); err == nil {
		t.Error("the pid file is left behind")
	}
}

func must[T any](v T, _ error) T { return v }

func TestNobodyAnswers(t *testing.T) {
	n := newNetwork(t)
	n.answer = func(byte) byte { return 0 }
	script, log := n.script()
	c := n.client("-f", "-n", "-t", "2", "-s", script)
	if c.Wait(); c.ProcessState.ExitCode() != 1 {
		t.Error(c.ProcessState)
	}
	n.saw("1 ", "1 ")
	if got := lines(log); !slices.Equal(got, []string{"deconfig v0 /   ", "leasefail v0 /   "}) {
		t.Errorf("%q", got)
	}
}

func TestQuit(t *testing.T) {
	n := newNetwork(t)
	script, _ := n.script()
	c := n.client("-q", "-s", script)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

func TestNak(t *testing.T) {
	n := newNetwork(t)
	n.answer = func(kind byte) byte {
		return map[byte]byte{discover: offer, request: nak}[kind]
	}
	script, log := n.script()
	n.client("-f", "-s", script)
	for range 100 {
		if got := lines(log); len(got) == 2 {
			if got[1] != "nak v0 10.0.0.5/24 10.0.0.1 10.0.0.1 60" {
				t.Errorf("%q", got)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%q", lines(log))
}

func TestBackground(t *testing.T) {
	n := newNetwork(t)
	script, log := n.script()
	pid := filepath.Join(t.TempDir(), "pid")
	c := n.client("-s", script, "-p", pid)
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	var other int
	for range 100 {
		if fmt.Sscan(string(must(os.ReadFile(pid))), &other); other != 0 && other != c.Process.Pid {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	if other == 0 || other == c.Process.Pid || syscall.Kill(other, syscall.SIGUSR1) != nil {
		t.Fatal("no process in the background: ", other)
	}
	n.saw("3 requested= client=10.0.0.5")
	syscall.Kill(other, syscall.SIGTERM)
	if got := lines(log); got[1] != "bound v0 10.0.0.5/24 10.0.0.1 10.0.0.1 60" {
		t.Errorf("%q", got)
	}
}

func TestInUse(t *testing.T) {
	n := newNetwork(t)
	index, _ := socket.Index("v0")
	_, own, _ := socket.Hardware("v0")
	if !inUse(index, own[:], socket.V4(10<<24|1), time.Second) {
		t.Error("the server's address is in use")
	}
	if inUse(index, own[:], socket.V4(10<<24|77), 200*time.Millisecond) {
		t.Error("nobody has this one")
	}
	_ = n
}
