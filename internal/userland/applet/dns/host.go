package dns

import (
	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/socket"
)

// Host returns the first address of a host. It complains, in BusyBox's words, if
// there is none.
func Host(c *applet.Call, name string, family int) (ip socket.IP, ok bool) {
	ips, err := Load().Lookup(name, family)
	if err != nil {
		c.Complain("bad address '" + name + "'")
		return ip, false
	}
	return ips[0], true
}
