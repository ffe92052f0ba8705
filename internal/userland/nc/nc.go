// Package nc is the applet nc.
package nc

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is nc.
var Applet = applet.Applet{
	Names: "nc",
	Usage: "[OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen",
	About: "Copy standard input to a connection, and what comes from it to standard output.",
	Options: `
-e PROG	Run PROG after connect (must be last)
-l	Listen mode, for inbound connects
-k	With -l -e, provides persistent server
-p PORT	Local port
-s ADDR	Local address
-w SEC	Timeout for connects and final net reads
-i SEC	Delay interval for lines sent
-n	Don't do DNS resolution
-u	UDP mode
-b	Allow broadcasts
-v	Verbose
-o FILE	Hex dump traffic
-z	Zero-I/O mode (scanning)
`,
	Form: applet.Plain,
	Dir:  "/usr/bin",
	Run:  run,
}

// netcat is one use of nc.
type netcat struct {
	*applet.Call
	program  []string
	verbose  int
	udp      bool
	wait     time.Duration // 0 is forever
	interval time.Duration
	peer     socket.Addr
	hasPeer  bool
	local    socket.Addr
	fd       int
	dump     *dump
	// sent and received count bytes.
	sent, received int64
}

// cutProgram takes "-e PROG ARGS" off the end, where -e may end a cluster of options.
func cutProgram(args []string) (options, program []string) {
	for i, a := range args {
		if len(a) < 2 || a[0] != '-' || a[len(a)-1] != 'e' || strings.Trim(a[1:len(a)-1], "nuvlkz") != "" {
			continue
		}
		options = append(options, args[:i]...)
		if len(a) > 2 {
			options = append(options, a[:len(a)-1])
		}
		return options, args[i+1:]
	}
	return args, nil
}

func run(c *applet.Call) int {
	options, program := cutProgram(c.Args)
	hasProgram := len(options) != len(c.Args) || program != nil
	if !c.Reparse(options) {
		return 1
	}
	if len(c.Args) > 2 || hasProgram && len(program) == 0 {
		return c.UsageError("")
	}
	n := &netcat{Call: c, program: program, verbose: c.Count("v"), udp: c.Has("u")}
	if !n.times() || !n.addresses() {
		return 1
	}
	if path, given := c.Given("o"); given && program == nil {
		out, err := applet.Create(path, 0o666)
		if err != nil {
			return c.CantOpen(path, err)
		}
		defer out.Close()
		n.dump = &dump{out: out}
	}
	c.Out.Unbuffered()
	status := 0
	switch {
	case c.Has("l"):
		status = n.listen()
	case !n.hasPeer:
		return c.UsageError("")
	default:
		status = n.connect()
	}
	if n.verbose > 1 {
		c.Err.Print("sent ", itoa(n.sent), ", rcvd ", itoa(n.received), "\n")
	}
	return status
}

// times reads -w and -i.
func (n *netcat) times() bool {
	for _, o := range [2]string{"w", "i"} {
		text, given := n.Given(o)
		if !given {
			continue
		}
		low := int64(0)
		if o == "i" {
			low = 1
		}
		value, wrong := number.Signed(text, low, 0xffff)
		if wrong != "" {
			n.Complain(wrong)
			return false
		}
		if o == "w" {
			n.wait = time.Duration(value) * time.Second
		} else {
			n.interval = time.Duration(value) * time.Second
		}
	}
	return true
}

// port reads a port, "" being none.
func (n *netcat) port(text string) (int, bool) {
	protocol := "tcp"
	if n.udp {
		protocol = "udp"
	}
	port, ok := 0, true
	if text != "" {
		if port, ok = socket.Port(text, protocol); !ok {
			n.Complain("bad port '" + text + "'")
		}
	}
	return port, ok
}

func (n *netcat) host(name string, family int) (socket.IP, bool) {
	if ip, ok := socket.ParseIP(strings.Trim(name, "[]")); ok || n.Has("n") {
		if !ok || family != 0 && ip.Family() != family {
			n.Complain("bad address '" + name + "'")
			return ip, false
		}
		return ip, true
	}
	return dns.Host(n.Call, name, family)
}

// addresses finds out which addresses were given, and binds a socket.
func (n *netcat) addresses() bool {
	ok := true
	if n.local.Port, ok = n.port(n.Value("p")); !ok {
		return false
	}
	if args := n.Args; len(args) > 0 {
		if len(args) > 1 {
			if n.peer.Port, ok = n.port(args[1]); !ok {
				return false
			}
		}
		if n.peer.IP, ok = n.host(args[0], 0); !ok {
			return false
		}
		n.hasPeer = true
	}
	switch text, given := n.Given("s"); {
	case given:
		if n.local.IP, ok = n.host(text, n.peer.IP.Family()); !ok {
			return false
		}
	case n.hasPeer && n.peer.IP.Is4():
		n.local.IP = socket.V4(0)
	default:
		n.local.IP = socket.From(make([]byte, 16))
	}
	return n.bind()
}

func (n *netcat) bind() bool {
	kind := syscall.SOCK_STREAM
	if n.udp {
		kind = syscall.SOCK_DGRAM
	}
	fd, err := socket.Open(n.local, kind, 0)
	if err == syscall.EAFNOSUPPORT && !n.hasPeer && n.local.IP.IsZero() {
		n.local.IP = socket.V4(0)
		fd, err = socket.Open(n.local, kind, 0)
	}
	if err != nil {
		n.Warn("socket", err)
		return false
	}
	n.fd = fd
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if n.Has("b") {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
	}
	if err := syscall.Bind(fd, n.local.Sockaddr()); err != nil {
		n.Warn("bind", err)
		return false
	}
	return true
}

func (n *netcat) limit() time.Duration {
	if n.wait == 0 {
		return socket.Forever
	}
	return n.wait
}

// connect is the client.
func (n *netcat) connect() int {
	name := n.Args[0] + " (" + n.peer.String() + ")"
	err := socket.Connect(n.fd, n.peer.Sockaddr(), n.limit())
	if err == nil && n.Has("z") && n.udp {
		err = n.probe()
	}
	if err != nil {
		if n.verbose > 1 || n.verbose == 1 && err != syscall.ECONNREFUSED {
			n.Warn(name, err)
		}
		return 1
	}
	if n.verbose > 0 {
		n.Err.Print(name, " open\n")
	}
	switch {
	case n.program != nil:
		return n.run(n.fd)
	case n.Has("z"):
		return 0
	}
	return n.shovel()
}

// probe sends two packets: if nobody listens, the answer to the first makes the
// second one fail.
func (n *netcat) probe() error {
	b := [1]byte{}
	if _, err := syscall.Write(n.fd, b[:]); err != nil {
		return err
	}
	wait := n.wait
	if wait == 0 {
		wait = time.Second
	}
	if socket.Wait(n.fd, unix.POLLIN, wait) == nil {
		if e, _ := syscall.GetsockoptInt(n.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); e != 0 {
			return syscall.Errno(e)
		}
	}
	_, err := syscall.Write(n.fd, b[:])
	return err
}

// run replaces the process with the program, whose input and output is the connection.
func (n *netcat) run(fd int) int {
	for _, to := range [2]int{0, 1} {
		if err := unix.Dup3(fd, to, 0); err != nil {
			return n.Warn("dup2", err)
		}
	}
	return n.Exec(n.program)
}

// listen is the server of one connection, or with -k -e of all.
func (n *netcat) listen() int {
	if !n.udp {
		if err := syscall.Listen(n.fd, 1); err != nil {
			return n.Warn("listen", err)
		}
	}
	if n.verbose > 0 {
		n.Err.Print("listening on ", socket.Local(n.fd).String(), " ...\n")
	}
	if n.udp {
		return n.listenUDP()
	}
	for {
		if err := socket.Wait(n.fd, unix.POLLIN, n.limit()); err != nil {
			return n.Complain("timeout")
		}
		fd, from, err := socket.Accept(n.fd)
		if err != nil {
			return n.Warn("accept", err)
		}
		if n.hasPeer && (from.IP.Unmap() != n.peer.IP || n.peer.Port != 0 && n.peer.Port != from.Port) {
			if n.verbose > 0 {
				n.Complain("connect from wrong ip/port " + from.String() + " ignored")
			}
			syscall.Close(fd)
			continue
		}
		n.announce(fd, from)
		switch {
		case n.program == nil:
			syscall.Close(n.fd)
			n.fd = fd
			return n.shovel()
		case n.Count("l") < 2 && !n.Has("k"):
			return n.run(fd)
		}
		pid, err := n.Start(n.program, [3]int{fd, fd, 2}, nil)
		syscall.Close(fd)
		if err != nil {
			n.Warn("can't execute '"+n.program[0]+"'", err)
			continue
		}
		go applet.Wait(pid)
	}
}

// listenUDP waits for a packet and then talks with whoever sent it.
func (n *netcat) listenUDP() int {
	if n.hasPeer {
		if err := syscall.Connect(n.fd, n.peer.Sockaddr()); err != nil {
			return n.Warn("connect", err)
		}
	}
	if err := socket.Wait(n.fd, unix.POLLIN, n.limit()); err != nil {
		return n.Complain("timeout")
	}
	_, from, err := syscall.Recvfrom(n.fd, make([]byte, 1), syscall.MSG_PEEK)
	if err == nil && !n.hasPeer {
		err = syscall.Connect(n.fd, from)
	}
	if err != nil {
		return n.Warn("recvfrom", err)
	}
	n.announce(n.fd, socket.Of(from))
	if n.program != nil {
		return n.run(n.fd)
	}
	return n.shovel()
}

// announce tells who connected to what.
func (n *netcat) announce(fd int, from socket.Addr) {
	if n.verbose == 0 {
		return
	}
	name := from.String()
	if !n.Has("n") {
		if host := dns.Load().Name(from.IP.Unmap()); host != "" {
			name = host
		}
	}
	n.Err.Print("connect to ", socket.Local(fd).String(), " from ", name, " (", from.String(), ")\n")
}
