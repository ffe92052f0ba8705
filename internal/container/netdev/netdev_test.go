package netdev

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestLoopback(t *testing.T) {
	c, err := dial(-1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if i, err := c.index("lo"); err != nil || i < 1 {
		t.Errorf("lo: %d %v", i, err)
	}
	if _, err := c.index("no-such-device"); err != unix.ENODEV {
		t.Errorf("no such device: %v", err)
	}
	if _, err := c.addresses(1); err != nil {
		t.Errorf("addresses: %v", err)
	}
}

func TestSettableKeepsWhatMayBeSet(t *testing.T) {
	m := &message{make([]byte, unix.SizeofIfAddrmsg)}
	m.attribute(unix.IFA_LOCAL, []byte{10, 0, 0, 1})
	m.attribute(unix.IFA_CACHEINFO, make([]byte, 16))
	m.text(unix.IFA_LABEL, "eth0")
	m.attribute(unix.IFA_ADDRESS, []byte{10, 0, 0, 2})
	got := settable(m.b)
	if want := unix.SizeofIfAddrmsg + 16; len(got) != want {
		t.Errorf("%d bytes, want %d: %v", len(got), want, got)
	}
	for n := range m.b {
		if n >= unix.SizeofIfAddrmsg {
			settable(m.b[:n]) // a cut message is no reason to panic
		}
	}
}

func TestAnswers(t *testing.T) {
	if _, err := answers([]byte{200, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false, nil); err == nil {
		t.Error("a cut answer is taken")
	}
	if _, err := answers([]byte{16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false, nil); err == nil {
		t.Error("a cut error is taken")
	}
}
