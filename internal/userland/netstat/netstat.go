// Package netstat is the applet netstat.
package netstat

import (
	"strconv"
	"strings"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/pad"
	"bantam/internal/userland/applet/routes"
	"bantam/internal/userland/applet/socket"
)

// Applet is netstat.
var Applet = applet.Applet{
	Names: "netstat",
	Usage: "[-rial] [-tuwx] [-enWp]",
	About: "Display networking information.",
	Options: `
-r	Routing table
-i	Interface table
-a	All sockets
-l	Listening sockets
	Else: connected sockets
-t	TCP sockets
-u	UDP sockets
-w	Raw sockets
-x	Unix sockets
	Else: all socket types
-e	Other/more information
-n	Don't resolve names
-W	Wide display
-p	Show PID/program name for sockets
`,
	Run: run,
}

// netstat is one use of the applet.
type netstat struct {
	*applet.Call
	connected, listening bool
	width                int
	names                routes.Resolver
	programs             map[uint64]string // by inode
}

func run(c *applet.Call) int {
	x := &netstat{Call: c, connected: true, width: 23, names: routes.Resolver{Numeric: c.Has("n")}}
	if c.Has("l") {
		x.connected, x.listening = false, true
	}
	if c.Has("a") {
		x.connected, x.listening = true, true
	}
	if c.Has("r") {
		return routes.Show4(c, &x.names, !c.Has("e"))
	}
	if c.Has("i") {
		return x.interfaces()
	}
	if c.Has("W") {
		x.width = 51 // an IPv6 address and a port
	}
	banner := ""
	if c.Has("p") {
		banner = "PID/Program name    "
		x.loadPrograms()
	}
	every := c.Last("t", "u", "w", "x") == ""
	wants := func(option string) bool { return every || c.Has(option) }
	if wants("t") || wants("u") || wants("w") {
		c.Out.Print("Active Internet connections ", x.which(), "\nProto Recv-Q Send-Q ", pad.Right("Local Address", x.width), " ",
			pad.Right("Foreign Address", x.width), " State       ", banner, "\n")
	}
	for _, p := range [3][2]string{{"t", "tcp"}, {"u", "udp"}, {"w", "raw"}} {
		if wants(p[0]) {
			x.file("/proc/net/"+p[1], func(f []string, _ string) bool { return x.inet(p[1], f) })
			x.file("/proc/net/"+p[1]+"6", func(f []string, _ string) bool { return x.inet(p[1], f) })
		}
	}
	if wants("x") {
		c.Out.Print("Active UNIX domain sockets ", x.which(), "\nProto RefCnt Flags       Type       State         I-Node ", banner, "Path\n")
		x.file("/proc/net/unix", x.unix)
	}
	return 0
}

func (x *netstat) which() string {
	switch {
	case x.connected && x.listening:
		return "(servers and established)"
	case x.listening:
		return "(only servers)"
	}
	return "(w/o servers)"
}

// file calls f for every line but the first.
func (x *netstat) file(path string, f func(fields []string, line string) bool) {
	in, err := applet.Open(path)
	if err != nil {
		x.CantOpen(path, err)
		return
	}
	defer in.Close()
	for n := 1; ; n++ {
		line, ok := in.Line()
		if !ok {
			return
		}
		if n > 1 && len(line) > 0 && !f(strings.Fields(string(line)), string(line)) {
			x.Complain(path + ": bogus data on line " + strconv.Itoa(n))
		}
	}
}

// address reads ADDRESS:PORT in hexadecimal, where each word of the address is in the
// machine's order.
func address(s string) (ip socket.IP, port int, ok bool) {
	text, portText, _ := strings.Cut(s, ":")
	n, err := strconv.ParseUint(portText, 16, 16)
	if err != nil || len(text) != 8 && len(text) != 32 {
		return ip, 0, false
	}
	var b [16]byte
	size := len(text) / 2
	for i := range size {
		v, err := strconv.ParseUint(text[2*i:2*i+2], 16, 8)
		if err != nil {
			return ip, 0, false
		}
		b[i&^3+3-i&3] = byte(v)
	}
	return socket.From(b[:size]), int(n), true
}

const states = ". ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING SYN_RECV"

// inet prints a line of /proc/net/tcp, udp or raw: number local remote state
// tx:rx timer retransmits uid timeout inode.
func (x *netstat) inet(protocol string, f []string) bool {
	if len(f) < 10 {
		return false
	}
	local, localPort, ok := address(f[1])
	remote, remotePort, ok2 := address(f[2])
	state, err := strconv.ParseUint(f[3], 16, 8)
	tx, rx, queues := strings.Cut(f[4], ":")
	send, err2 := strconv.ParseUint(tx, 16, 64)
	receive, err3 := strconv.ParseUint(rx, 16, 64)
	if !ok || !ok2 || err != nil || !queues || err2 != nil || err3 != nil {
		return false
	}
	connected, text := !remote.IsZero(), ""
	switch protocol {
	case "tcp":
		connected = remotePort != 0
		if names := strings.Fields(states); state < uint64(len(names)) {
			text = names[state]
		}
	case "udp":
		switch text = "UNKNOWN"; state {
		case 1:
			text = "ESTABLISHED"
		case 7:
			text = ""
		}
	default:
		text = strconv.FormatUint(state, 10)
	}
	if connected && !x.connected || !connected && !x.listening {
		return true
	}
	x.Out.Print(protocol, "   ", pad.Int(int64(receive), 6), " ", pad.Int(int64(send), 6), " ",
		pad.Right(x.end(local, localPort, protocol), x.width), " ",
		pad.Right(x.end(remote, remotePort, protocol), x.width), " ", pad.Right(text, 12))
	if x.Has("p") {
		x.Out.Print(pad.Cut(x.program(f[9]), 20))
	}
	x.Out.Print("\n")
	return true
}

// end names an end of a connection.
func (x *netstat) end(ip socket.IP, port int, protocol string) string {
	name, service := ip.String(), strconv.Itoa(port)
	if !x.names.Numeric {
		if !ip.IsZero() {
			name = x.names.Name(ip)
		}
		if s := socket.Service(port, protocol); s != "" {
			service = s
		}
	}
	if port == 0 {
		service = "*"
	}
	return name + ":" + service
}

// unix prints a line of /proc/net/unix: pointer: references protocol flags type state
// inode [path].
func (x *netstat) unix(f []string, line string) bool {
	if len(f) < 7 {
		return false
	}
	var n [5]uint64 // references protocol flags type state
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(f[i+1], 16, 64); err != nil {
			return false
		}
	}
	const accepts, waits, noSpace = 1 << 16, 1 << 17, 1 << 18
	listens := n[4] == 1 && n[2]&accepts != 0
	if listens && !x.listening || !listens && !x.connected {
		return true
	}
	protocol := "unix"
	if n[1] != 0 {
		protocol = "??"
	}
	flags := "[ "
	for _, l := range [...]struct {
		bit  uint64
		text string
	}{{accepts, "ACC "}, {waits, "W "}, {noSpace, "N "}} {
		if n[2]&l.bit != 0 {
			flags += l.text
		}
	}
	state := choose("FREE  CONNECTING CONNECTED DISCONNECTING", n[4])
	if listens {
		state = "LISTENING"
	}
	x.Out.Print(pad.Right(protocol, 5), " ", pad.Right(strconv.FormatUint(n[0], 10), 6), " ", pad.Right(flags+"]", 11), " ",
		pad.Right(choose("UNKNOWN STREAM DGRAM RAW RDM SEQPACKET", n[3]), 10), " ", pad.Right(state, 13), " ", pad.Left(f[6], 6), " ")
	if x.Has("p") {
		x.Out.Print(pad.Right(x.program(f[6]), 20))
	}
	if len(f) > 7 {
		// The path is what follows the inode, with its spaces.
		_, path, _ := strings.Cut(line, " "+f[6]+" ")
		x.Out.Print(visible(path))
	}
	x.Out.Print("\n")
	return true
}

// choose returns the word of that number in a list with single spaces.
func choose(list string, n uint64) string {
	if words := strings.Split(list, " "); n < uint64(len(words)) {
		return words[n]
	}
	return "UNKNOWN"
}

// visible writes control characters as ^A.
func visible(s string) string {
	var b []byte
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ':
			b = append(b, '^', c|'@')
		case c == 0x7f:
			b = append(b, "^?"...)
		case c == 0x9b:
			b = append(b, '{') // what some terminals take for ESC [
		default:
			b = append(b, c)
		}
	}
	return string(b)
}
