package brctl

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
)

// folder is an interface's folder of values.
type folder string

func (f folder) text(name string) string { return applet.ReadString(string(f) + name) }

func (f folder) number(name string) uint64 {
	n, _ := strconv.ParseUint(f.text(name), 0, 64)
	return n
}

func (f folder) time(name string) string { return hundredths(f.number(name)) }

func (f folder) decimal(name string) string { return pad.Int(int64(f.number(name)), 4) }

func (f folder) hex(name string) string {
	s := strconv.FormatUint(f.number(name), 16)
	return strings.Repeat("0", max(0, 4-len(s))) + s
}

// flag is a word if the value isn't 0.
func (f folder) flag(name, word string) string {
	if f.text(name) == "0" {
		return ""
	}
	return word
}

// showSTP shows what a bridge knows of the spanning tree.
func (b bridge) showSTP(name string) int {
	f := folder(class + name + "/bridge/")
	id := f.text("bridge_id")
	if id == "" {
		return b.Complain("bridge " + name + " does not exist")
	}
	b.Out.Print(name, "\n bridge id\t\t", id, "\n designated root\t", f.text("root_id"),
		"\n root port\t\t", f.decimal("root_port"), "\t\t\tpath cost\t\t", f.decimal("root_path_cost"),
		"\n max age\t\t", f.time("max_age"), "\t\t\tbridge max age\t\t", f.time("max_age"),
		"\n hello time\t\t", f.time("hello_time"), "\t\t\tbridge hello time\t", f.time("hello_time"),
		"\n forward delay\t\t", f.time("forward_delay"), "\t\t\tbridge forward delay\t", f.time("forward_delay"),
		"\n ageing time\t\t", f.time("ageing_time"),
		"\n hello timer\t\t", f.time("hello_timer"), "\t\t\ttcn timer\t\t", f.time("tcn_timer"),
		"\n topology change timer\t", f.time("topology_change_timer"), "\t\t\tgc timer\t\t", f.time("gc_timer"),
		"\n flags\t\t\t", f.flag("topology_change", "TOPOLOGY_CHANGE "),
		f.flag("topology_change_detected", "TOPOLOGY_CHANGE_DETECTED "), "\n\n\n")
	ports, _ := applet.ReadDir(class + name + "/brif")
	for _, p := range ports {
		b.showPort(p.Name)
	}
	return 0
}

func (b bridge) showPort(name string) {
	f := folder(class + name + "/brport/")
	states := []string{"disabled", "listening", "learning", "forwarding", "blocking"}
	state := f.text("state")
	if n := f.number("state"); n < uint64(len(states)) {
		state = states[n]
	}
	b.Out.Print(name, " (", strconv.FormatUint(f.number("port_no"), 10), ")\n port id\t\t", f.hex("port_id"),
		"\t\t\tstate\t\t", pad.Left(state, 15),
		"\n designated root\t", f.text("designated_root"), "\tpath cost\t\t", f.decimal("path_cost"),
		"\n designated bridge\t", f.text("designated_bridge"), "\tmessage age timer\t", f.time("message_age_timer"),
		"\n designated port\t", f.hex("designated_port"), "\t\t\tforward delay timer\t", f.time("forward_delay_timer"),
		"\n designated cost\t", f.decimal("designated_cost"), "\t\t\thold timer\t\t", f.time("hold_timer"),
		"\n flags\t\t\t", f.flag("config_pending", "CONFIG_PENDING "), f.flag("change_ack", "TOPOLOGY_CHANGE_ACK "),
		f.flag("hairpin_mode", "\n hairpin mode\t\t"+f.decimal("hairpin_mode")), "\n\n")
}
