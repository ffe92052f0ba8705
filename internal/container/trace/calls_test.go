package trace

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestAddress(t *testing.T) {
	sockaddr := func(family uint16, rest ...byte) []byte {
		b := append([]byte{byte(family), byte(family >> 8)}, rest...)
		return append(b, make([]byte, AddressSize-len(b))...)
	}
	for want, b := range map[string][]byte{
		"127.0.0.1:80":   sockaddr(unix.AF_INET, 0, 80, 127, 0, 0, 1),
		"[::1]:443":      sockaddr(unix.AF_INET6, append(append([]byte{1, 187}, make([]byte, 19)...), 1)...),
		"unix:/run/sock": sockaddr(unix.AF_UNIX, []byte("/run/sock")...),
		"unix:@name":     sockaddr(unix.AF_UNIX, []byte("\x00name")...),
		"netlink":        sockaddr(unix.AF_NETLINK),
		"":               sockaddr(unix.AF_UNSPEC),
		"family 99":      sockaddr(99),
	} {
		if got := Address(b); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
