package script

import (
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// syslogds are the packets that the sockets of a script have got, by name.
type syslogds map[string]chan string

// syslogd NETWORK NAME listens: unixgram at the path NAME, udp and tcp at an address
// that becomes the variable NAME.
func syslogd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: syslogd unixgram|udp|tcp NAME")
	}
	packets := make(chan string, 1000)
	ts.Value("syslogds").(syslogds)[args[1]] = packets
	switch args[0] {
	case "unixgram":
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(ts.Getenv("WORK"), args[1]), Net: "unixgram"})
		ts.Check(err)
		ts.Defer(func() { c.Close() })
		go receive(c, packets)
	case "udp":
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { c.Close() })
		ts.Setenv(args[1], c.LocalAddr().String())
		go receive(c.(net.Conn), packets)
	case "tcp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { l.Close() })
		ts.Setenv(args[1], l.Addr().String())
		go func() {
			if c, err := l.Accept(); err == nil {
				defer c.Close()
				receive(c, packets)
			}
		}()
	}
}

func receive(c net.Conn, to chan<- string) {
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		select {
		case to <- string(b[:n]):
		default: // more than any script asks for
		}
	}
}

// received NAME N waits for N packets and makes them the standard output.
func received(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: received NAME N")
	}
	var all strings.Builder
	for range args[1][0] - '0' {
		select {
		case p := <-ts.Value("syslogds").(syslogds)[args[0]]:
			all.WriteString(strings.TrimSuffix(p, "\n") + "\n")
		case <-time.After(time.Minute):
			ts.Fatalf("%s got no packet; so far: %s", args[0], all.String())
		}
	}
	_, err := ts.Stdout().Write([]byte(all.String()))
	ts.Check(err)
}
