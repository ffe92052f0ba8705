// Package vconfig is the applet vconfig.
package vconfig

import (
	"strings"
	"syscall"
	"unsafe"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is vconfig.
var Applet = applet.Applet{
	Names: "vconfig",
	Usage: "COMMAND [OPTIONS]",
	About: "Create and remove virtual ethernet devices.",
	Notes: `
	add IFACE VLAN_ID
	rem VLAN_NAME
	set_flag IFACE 0|1 VLAN_QOS
	set_egress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_ingress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_name_type NAME_TYPE

NAME_TYPE: VLAN_PLUS_VID (vlan0005), VLAN_PLUS_VID_NO_PAD (vlan5),
	DEV_PLUS_VID (eth0.0005), DEV_PLUS_VID_NO_PAD (eth0.5)`,
	Form: applet.Plain,
	Dir:  "/sbin",
	Run:  run,
}

// request is struct vlan_ioctl_args of linux/if_vlan.h.
type request struct {
	command int32
	device  [24]byte
	value   int32
	_       [20]byte
	qos     int16
	_       int16
}

const setVLAN = 0x8983 // SIOCSIFVLAN

// command returns the number of a command in the kernel and how many arguments it has.
func command(name string) (code int32, arguments int) {
	switch strings.ToLower(name) {
	case "add":
		return 0, 2
	case "rem":
		return 1, 1
	case "set_ingress_map":
		return 2, 3
	case "set_egress_map":
		return 3, 3
	case "set_name_type":
		return 6, 1
	case "set_flag":
		return 7, 3
	}
	return -1, -1
}

// nameType is the number of a way to name interfaces.
func nameType(name string) int32 {
	for i, n := range strings.Fields("vlan_plus_vid dev_plus_vid vlan_plus_vid_no_pad dev_plus_vid_no_pad") {
		if n == strings.ToLower(name) {
			return int32(i)
		}
	}
	return -1
}

func run(c *applet.Call) int {
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	verb, args := c.Args[0], c.Args[1:]
	code, count := command(verb)
	if len(args) != count {
		return c.UsageError("")
	}
	r := request{command: code}
	if code == 6 {
		if r.value = nameType(args[0]); r.value < 0 {
			return c.UsageError("")
		}
	} else if wrong := r.fill(args); wrong != "" {
		return c.Complain(wrong)
	}
	fd, err := socket.Control()
	if err != nil {
		return c.Warn("socket", err)
	}
	defer syscall.Close(fd)
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), setVLAN, uintptr(unsafe.Pointer(&r)))
	if e != 0 {
		return c.Warn("ioctl error for "+verb, e)
	}
	return 0
}

// fill reads the interface and the numbers.
func (r *request) fill(args []string) (wrong string) {
	copy(r.device[:15], args[0])
	most := int64(1<<31 - 1)
	switch r.command {
	case 0:
		most = 4095
	case 7:
		most = 1
	}
	if len(args) > 1 {
		n, wrong := number.Signed(args[1], 0, most)
		if wrong != "" {
			return wrong
		}
		r.value = int32(n)
	}
	if len(args) > 2 {
		n, wrong := number.Signed(args[2], 0, 7)
		if wrong != "" {
			return wrong
		}
		r.qos = int16(n)
	}
	return ""
}
