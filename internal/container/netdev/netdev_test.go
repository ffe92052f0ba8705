package netdev

import (
	"testing"

	"bantam/internal/linux/netlink"

	"golang.org/x/sys/unix"
)

func TestLoopback(t *testing.T) {
	c, err := netlink.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := addresses(c, 1); err != nil {
		t.Errorf("addresses: %v", err)
	}
}

func TestSettableKeepsWhatMayBeSet(t *testing.T) {
	r := netlink.NewRequest(unix.RTM_NEWADDR, 0, make([]byte, unix.SizeofIfAddrmsg))
	r.Add(unix.IFA_LOCAL, []byte{10, 0, 0, 1})
	r.Add(unix.IFA_CACHEINFO, make([]byte, 16))
	r.AddString(unix.IFA_LABEL, "eth0")
	r.Add(unix.IFA_ADDRESS, []byte{10, 0, 0, 2})
	got := settable(netlink.Message{Body: r.Fixed()})
	if want := unix.SizeofIfAddrmsg + 16; len(got) != want {
		t.Errorf("%d bytes, want %d: %v", len(got), want, got)
	}
	for n := range r.Fixed() {
		if n >= unix.SizeofIfAddrmsg {
			settable(netlink.Message{Body: r.Fixed()[:n]}) // a cut message is no reason to panic
		}
	}
}
