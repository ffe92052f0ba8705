package ntpd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// fake is a clock that is off; nobody else's is touched.
type fake struct {
	off   time.Duration
	steps []time.Duration
	slews []time.Duration
}

func (f *fake) now() time.Time { return time.Now().Add(f.off).Round(0) }

func (f *fake) step(d time.Duration) error {
	f.off += d
	f.steps = append(f.steps, d)
	return nil
}

func (f *fake) slew(d time.Duration, _ int, _ bool) (int64, error) {
	f.off += d
	f.slews = append(f.slews, d)
	return 0, nil
}

// newDaemon makes a daemon as the options would, with a clock of its own.
func newDaemon(t *testing.T, port int, args ...string) (*daemon, *fake) {
	f := &fake{}
	var d *daemon
	a := Applet
	a.Run = func(c *applet.Call) int {
		d = &daemon{Call: c, clock: f, listener: -1, port: port, stratum: maxStratum, lastRun: time.Now(), verbose: c.Count("d")}
		if path, given := c.Given("k"); given && !d.readKeys(path) {
			return 1
		}
		d.addPeers()
		return 0
	}
	out := applet.Capture()
	new(applet.Call).Inside(&a, append([]string{"ntpd"}, args...), nil, applet.Memory(nil), out, out)
	if d == nil {
		t.Fatalf("%s", out.Captured())
	}
	return d, f
}

// startServer starts a server whose clock is right.
func startServer(t *testing.T) (port int) {
	d, _ := newDaemon(t, 0, "-l")
	fd, err := socket.Listen(socket.Addr{IP: socket.V4(127<<24 | 1)}, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.listener, d.stratum = fd, 2
	go func() {
		for {
			if socket.Wait(fd, 1, socket.Forever) != nil {
				return
			}
			d.serve()
		}
	}()
	return socket.Local(fd).Port
}

func until(d *daemon, limit time.Duration) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		next := end
		for _, p := range d.peers {
			d.act(p)
			next = earlier(next, p.next)
		}
		if d.wait(next) {
			return true
		}
	}
	return false
}

func TestStep(t *testing.T) {
	d, f := newDaemon(t, startServer(t), "-q", "-n", "-p", "127.0.0.1")
	f.off = -time.Hour
	if !until(d, 20*time.Second) || len(f.steps) != 1 || f.off.Abs() > 100*time.Millisecond || d.stratum != 3 {
		t.Error(f, d.stratum)
	}
}

func TestSlewAndScript(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "s")
	os.WriteFile(script, []byte("#!/bin/sh\necho $1 $stratum $poll_interval >>"+dir+"/log\n"), 0o700)
	d, f := newDaemon(t, startServer(t), "-q", "-n", "-S", script, "-p", "127.0.0.1")
	f.off = 300 * time.Millisecond
	if !until(d, 20*time.Second) || len(f.slews) != 1 || f.off.Abs() > 100*time.Millisecond {
		t.Error(f)
	}
	for range 100 {
		if p, _ := os.ReadFile(dir + "/log"); string(p) == "stratum 3 32\n" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	p, _ := os.ReadFile(dir + "/log")
	t.Errorf("%q", p)
}

func TestNeverSets(t *testing.T) {
	d, f := newDaemon(t, startServer(t), "-q", "-w", "-p", "127.0.0.1")
	f.off = time.Hour
	if !until(d, 20*time.Second) || len(f.steps)+len(f.slews) != 0 {
		t.Error(f)
	}
}

func TestSelection(t *testing.T) {
	mk := func(offset time.Duration) *peer {
		p := &peer{reach: 255, stratum: 2}
		for range 4 {
			p.add(sample{offset: offset, delay: 10 * time.Millisecond, when: time.Now()})
		}
		return p
	}
	a, b, liar := mk(0), mk(time.Millisecond), mk(time.Hour)
	b.stratum = 1
	if got := selected([]*peer{liar, a, b}); got != b {
		t.Error(got)
	}
	if got := selected([]*peer{liar, a}); got != nil {
		t.Error("without a majority: ", got)
	}
	a.reach = 1
	if got := selected([]*peer{a}); got != nil {
		t.Error("with one answer: ", got)
	}
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	os.WriteFile(path, []byte("# x\n7 MD5 secret\n8 SHA1 0102030405060708090a0b0c\n"), 0o600)
	d, _ := newDaemon(t, 1, "-k", path, "-p", "keyno:7:127.0.0.1")
	p := make([]byte, packetSize)
	for i := range d.keys {
		signed := d.keys[i].sign(p)
		if !d.keys[i].fits(signed) || d.keys[1-i].fits(signed) {
			t.Error(i)
		}
		signed[3] ^= 1
		if d.keys[i].fits(signed) {
			t.Error("a changed packet")
		}
	}
	if d.peers[0].key != &d.keys[0] || d.peers[0].name != "127.0.0.1" {
		t.Errorf("%+v", d.peers[0])
	}
}

func TestStamps(t *testing.T) {
	var p [8]byte
	for _, s := range []string{"2026-11-25T12:34:56.5Z", "1970-01-01T00:00:00Z", "2040-01-01T00:00:00.25Z"} {
		want, _ := time.Parse(time.RFC3339Nano, s)
		putStamp(p[:], want)
		if got := stamp(p[:]); got.Sub(want).Abs() > time.Microsecond {
			t.Error(s, got)
		}
	}
	if seconds(-1500*time.Millisecond) != "-1.500000" || seconds(time.Microsecond) != "+0.000001" {
		t.Error(seconds(-1500*time.Millisecond), seconds(time.Microsecond))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(strings.Repeat("\x24\x01", 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &peer{key: &key{id: 1}}
		p.read(b, time.Now())
		p.key = nil
		if s, wrong := p.read(b, time.Now()); wrong == "" {
			p.add(s)
			p.distance()
		}
		d := &daemon{clock: &fake{}, stratum: 2}
		if len(b) >= packetSize {
			d.reply(b, time.Now())
		}
	})
}
