package rules

import (
	"cmp"
	"os"

	"bantam/internal/linux/cgroup/systemd"
	"bantam/internal/linux/netlink"
	"bantam/internal/linux/netlink/nft"

	"golang.org/x/sys/unix"
)

// firewalld rejects what comes from an interface in no zone of its, whatever other tables accept. So it is told that bridges are
// to be trusted: what passes them is the business of our tables. It is told so for now and for good, because at a reload it
// forgets all but the latter (FlushAllOnReload in firewalld.conf(5)), when nobody of us may run.

// Trust has firewalld, where it is at work, leave bridges alone. One that the user has put into another zone stays
// there. Who can't reach firewalld has to say it by hand, so an error is none here.
func Trust(bridges ...string) {
	zone(bridges, func(f firewall, bridge string) {
		if f.now("addInterface", bridge) == nil { // else it is known already, or in another zone
			f.always("addInterface", bridge)
		}
	})
}

// Distrust takes that back.
func Distrust(bridges ...string) {
	zone(bridges, func(f firewall, bridge string) {
		_ = f.now("removeInterface", bridge)
		f.always("removeInterface", bridge)
	})
}

// firewall is a connection to firewalld (firewalld.dbus(5)).
type firewall struct{ bus *systemd.Conn }

const (
	firewalldName = "org.fedoraproject.FirewallD1"
	firewalldPath = "/org/fedoraproject/FirewallD1"
	trusted       = "trusted"
)

func zone(bridges []string, do func(f firewall, bridge string)) {
	if len(bridges) == 0 || !firewalld() {
		return
	}
	c, err := systemd.Dial(cmp.Or(os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"), "unix:path=/run/dbus/system_bus_socket"))
	if err != nil {
		return
	}
	defer c.Close()
	for _, b := range bridges {
		do(firewall{c}, b)
	}
}

func (f firewall) now(method, bridge string) error {
	_, err := f.bus.Call(firewalldName, firewalldPath, firewalldName+".zone", method, systemd.String(trusted), systemd.String(bridge))
	return err
}

func (f firewall) always(method, bridge string) {
	at, err := f.bus.Call(firewalldName, firewalldPath+"/config", firewalldName+".config", "getZoneByName", systemd.String(trusted))
	if err == nil && len(at) == 1 {
		_, _ = f.bus.Call(firewalldName, at[0].Str, firewalldName+".config.zone", method, systemd.String(bridge))
	}
}

// firewalld says whether its table is in this network namespace.
func firewalld() bool {
	c, err := netlink.OpenProtocol(unix.NETLINK_NETFILTER)
	if err != nil {
		return false
	}
	defer c.CloseAside()
	n, err := nft.Rules(c, nft.Inet, "firewalld")
	return err == nil && n > 0
}
