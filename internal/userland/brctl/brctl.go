// Package brctl is the applet brctl.
package brctl

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/socket"
)

// Applet is brctl.
var Applet = applet.Applet{
	Names: "brctl",
	Usage: "COMMAND [BRIDGE [ARGS]]",
	About: "Manage ethernet bridges.",
	Notes: `Commands:
	show [BRIDGE]...	Show bridges
	addbr BRIDGE		Create BRIDGE
	delbr BRIDGE		Delete BRIDGE
	addif BRIDGE IFACE	Add IFACE to BRIDGE
	delif BRIDGE IFACE	Delete IFACE from BRIDGE
	showmacs BRIDGE			List MAC addresses
	showstp	BRIDGE			Show STP info
	stp BRIDGE 1/yes/on|0/no/off	Set STP on/off
	setageing BRIDGE SECONDS	Set ageing time
	setfd BRIDGE SECONDS		Set bridge forward delay
	sethello BRIDGE SECONDS		Set hello time
	setmaxage BRIDGE SECONDS	Set max message age
	setbridgeprio BRIDGE PRIO	Set bridge priority
	setportprio BRIDGE IFACE PRIO	Set port priority
	setpathcost BRIDGE IFACE COST	Set path cost`,
	Form: applet.Plain,
	Dir:  "/usr/sbin",
	Run:  run,
}

const class = "/sys/class/net/"

// needs says how many operands a command needs; 0 for show, -1 for what is no command.
func needs(verb string) int {
	switch verb {
	case "show":
		return 0
	case "addbr", "delbr", "showmacs", "showstp":
		return 1
	case "addif", "delif", "stp", "setageing", "setfd", "sethello", "setmaxage", "setbridgeprio":
		return 2
	case "setpathcost", "setportprio":
		return 3
	}
	return -1
}

func run(c *applet.Call) int {
	if len(c.Args) == 0 {
		return c.UsageError("")
	}
	verb, args := c.Args[0], c.Args[1:]
	n := needs(verb)
	if n < 0 {
		return c.Complain("invalid argument '" + verb + "' to 'brctl'")
	}
	if len(args) < n {
		return c.UsageError("")
	}
	for _, name := range args {
		if strings.IndexByte(name, '/') >= 0 {
			return c.Complain("bridge " + name + " does not exist")
		}
	}
	b := bridge{c}
	switch verb {
	case "show":
		return b.show(args)
	case "addbr":
		return b.nameIoctl(unix.SIOCBRADDBR, args[0])
	case "delbr":
		return b.nameIoctl(unix.SIOCBRDELBR, args[0])
	case "addif":
		return b.port(unix.SIOCBRADDIF, args[0], args[1])
	case "delif":
		return b.port(unix.SIOCBRDELIF, args[0], args[1])
	case "showmacs":
		return b.showMACs(args[0])
	case "showstp":
		return b.showSTP(args[0])
	case "setpathcost":
		return b.set(args[1], "brport/path_cost", args[2])
	case "setportprio":
		return b.set(args[1], "brport/priority", args[2])
	case "setbridgeprio":
		return b.set(args[0], "bridge/priority", args[1])
	case "stp":
		return b.stp(args[0], args[1])
	}
	return b.setTime(verb, args[0], args[1])
}

// bridge is one use of the applet.
type bridge struct{ *applet.Call }

func (b bridge) nameIoctl(request uint, name string) int {
	fd, err := socket.Control()
	if err != nil {
		return b.Warn("socket", err)
	}
	defer syscall.Close(fd)
	p := make([]byte, unix.IFNAMSIZ)
	copy(p[:unix.IFNAMSIZ-1], name)
	if err := socket.RawIoctl(fd, request, p); err != nil {
		return b.Warn("bridge "+name, err)
	}
	return 0
}

func (b bridge) port(request uint, name, port string) int {
	index, err := socket.Index(port)
	if err != nil {
		return b.Warn("iface "+port, err)
	}
	var r [40]byte
	copy(r[:unix.IFNAMSIZ-1], name)
	*(*int32)(unsafe.Pointer(&r[16])) = int32(index)
	fd, err := socket.Control()
	if err == nil {
		err = socket.RawIoctl(fd, request, r[:])
		syscall.Close(fd)
	}
	if err != nil {
		return b.Warn("bridge "+name, err)
	}
	return 0
}

// write writes a number into a file of an interface.
func (b bridge) write(name, leaf string, n uint64) int {
	fd, err := applet.OpenFile(class+name+"/"+leaf, syscall.O_WRONLY, 0)
	if err != nil {
		return b.CantOpen(name+"/"+leaf, err)
	}
	defer syscall.Close(fd)
	if err := applet.WriteFd(fd, append(strconv.AppendUint(nil, n, 10), '\n')); err != nil {
		return b.Warn(name, err)
	}
	return 0
}

func (b bridge) set(name, leaf, text string) int {
	n, wrong := number.Signed(text, 0, 1<<31-1)
	if wrong != "" {
		return b.Complain(wrong)
	}
	return b.write(name, leaf, uint64(n))
}

func (b bridge) stp(name, word string) int {
	switch word {
	case "0", "off", "n", "no":
		return b.write(name, "bridge/stp_state", 0)
	case "1", "on", "y", "yes":
		return b.write(name, "bridge/stp_state", 1)
	}
	return b.Complain("invalid argument '" + word + "' to 'brctl'")
}

// setTime sets a time, which the kernel counts in hundredths of a second.
func (b bridge) setTime(verb, name, text string) int {
	d, wrong := number.Duration(text)
	if wrong != "" || strings.Trim(text, "0123456789.") != "" {
		return b.Complain("invalid argument '" + text + "' to 'timespec'")
	}
	leaf := map4(verb)
	return b.write(name, "bridge/"+leaf, min(uint64(d/1e7), 1<<31-1))
}

func map4(verb string) string {
	switch verb {
	case "setageing":
		return "ageing_time"
	case "setfd":
		return "forward_delay"
	case "sethello":
		return "hello_time"
	}
	return "max_age"
}

// show lists bridges and their ports.
func (b bridge) show(names []string) int {
	all, status, header := names, 0, true
	if len(names) == 0 {
		entries, err := applet.ReadDir(class)
		if err != nil {
			return b.CantOpen(class, err)
		}
		for _, e := range entries {
			all = append(all, e.Name)
		}
	}
	for _, name := range all {
		dir := class + name
		id := applet.ReadString(dir + "/bridge/bridge_id")
		if id == "" {
			if len(names) > 0 {
				status = b.Complain("bridge " + name + " does not exist")
			}
			continue
		}
		if header {
			b.Out.Print("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n")
			header = false
		}
		state := applet.ReadString(dir + "/bridge/stp_state")
		switch state {
		case "0":
			state = "no"
		case "1":
			state = "yes"
		}
		b.Out.Print(name, "\t\t", id, "\t", state)
		ports, _ := applet.ReadDir(dir + "/brif")
		for i, p := range ports {
			if i > 0 {
				b.Out.Print("\t\t\t\t\t")
			}
			b.Out.Print("\t\t", p.Name, "\n")
		}
		if len(ports) == 0 {
			b.Out.Print("\n")
		}
	}
	return status
}

// entrySize is struct __fdb_entry's: address, port, local, timer, port's upper part.
const entrySize = 16

// showMACs lists the addresses that a bridge has learnt.
func (b bridge) showMACs(name string) int {
	data, err := applet.ReadFile(class + name + "/brforward")
	if err == syscall.ENOENT {
		return b.Complain("bridge " + name + " does not exist")
	}
	if err != nil {
		return b.Warn("can't read bridge "+name+" forward db", err)
	}
	var entries []string // sorted by their addresses, which they begin with
	for ; len(data) >= entrySize; data = data[entrySize:] {
		entries = append(entries, string(data[:entrySize]))
	}
	slices.Sort(entries)
	b.Out.Print("port no\tmac addr\t\tis local?\tageing timer\n")
	for _, e := range entries {
		local := "no"
		if e[7] != 0 {
			local = "yes"
		}
		const digits = "0123456789abcdef"
		var mac []byte
		for i := range 6 {
			if i > 0 {
				mac = append(mac, ':')
			}
			mac = append(mac, digits[e[i]>>4], digits[e[i]&15])
		}
		timer := uint64(e[8]) | uint64(e[9])<<8 | uint64(e[10])<<16 | uint64(e[11])<<24
		b.Out.Print(pad.Int(int64(e[6]), 3), "\t", string(mac), "\t", local, "\t\t", hundredths(timer), "\n")
	}
	return 0
}

// hundredths writes hundredths of a second: "   1.50".
func hundredths(n uint64) string {
	return pad.Int(int64(n/100), 4) + "." + strconv.Itoa(int(100 + n%100))[1:]
}
