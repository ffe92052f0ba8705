// Package nslookup is the applet nslookup.
package nslookup

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is nslookup.
var Applet = applet.Applet{
	Names: "nslookup",
	Usage: "[-type=QUERY_TYPE] [-debug] [-port=N] [-retry=N] [-timeout=SEC] HOST [DNS_SERVER]",
	About: "Query DNS about HOST.",
	Notes: "QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any",
	Form:  applet.Plain,
	Dir:   "/usr/bin",
	Run:   run,
}

// types are the types of records in the order in which they are asked for.
const types = "SOA 6 NS 2 A 1 AAAA 28 CNAME 5 MX 15 TXT 16 SRV 33 PTR 12 ANY 255"

// server is one that is asked.
type server struct {
	name    string
	address socket.Addr
	replies int
}

// query is a question. It is nil when it was answered.
type query struct {
	name string
	text []byte
}

// lookup is one use of the applet.
type lookup struct {
	*applet.Call
	debug   bool
	port    int
	retry   int
	timeout time.Duration
	types   []uint16
	queries []query
	servers []server
	search  []string
	status  int
}

func run(c *applet.Call) int {
	x := &lookup{Call: c, port: 53, retry: 2, timeout: 5 * time.Second}
	args := c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if !x.option(args[0][1:]) {
			return 1
		}
		args = args[1:]
	}
	if len(args) == 0 || len(args) > 2 {
		return c.UsageError("")
	}
	if len(args) == 2 {
		if !x.addServer(args[1]) {
			return 1
		}
	} else {
		config := dns.Load()
		x.search = config.Search
		for _, ip := range config.Servers {
			x.servers = append(x.servers, server{name: ip.String(), address: socket.Addr{IP: ip, Port: x.port}})
		}
	}
	if !x.ask(args[0]) {
		return c.Complain("bad name '" + args[0] + "'")
	}
	return x.run()
}

func (x *lookup) addServer(name string) bool {
	ips, err := dns.Load().Lookup(name, 0)
	if err != nil {
		x.Complain("bad address '" + name + "'")
		return false
	}
	x.servers = append(x.servers, server{name: name, address: socket.Addr{IP: ips[0], Port: x.port}})
	return true
}

// option reads NAME=VALUE; the name may be shortened.
func (x *lookup) option(text string) bool {
	name, value, _ := strings.Cut(text, "=")
	full := ""
	for _, o := range strings.Fields("type querytype port retry debug timeout") {
		if name != "" && strings.HasPrefix(o, name) && (full == "" || o == name) {
			full = o
		}
	}
	if name == "t" {
		full = "timeout"
	}
	most, into := int64(1<<31-1), &x.retry
	seconds := 0
	switch full {
	case "debug":
		x.debug = true
		return true
	case "type", "querytype":
		words := strings.Fields(types)
		for i := 0; i < len(words); i += 2 {
			if strings.EqualFold(words[i], value) {
				n, _ := strconv.Atoi(words[i+1])
				x.types = append(x.types, uint16(n))
				return true
			}
		}
		x.Complain("invalid query type \"" + value + "\"")
		return false
	case "port":
		most, into = 65535, &x.port
	case "retry":
	case "timeout":
		most, into = (1<<31-1)/1000, &seconds
	default:
		x.UsageError("")
		return false
	}
	n, wrong := number.Signed(value, 1, most)
	if wrong != "" {
		x.Complain(wrong)
		return false
	}
	*into = int(n)
	if seconds > 0 {
		x.timeout = time.Duration(seconds) * time.Second
	}
	return true
}

// ask makes the questions about a name.
func (x *lookup) ask(name string) bool {
	if len(x.types) == 0 {
		if ip, ok := socket.ParseIP(name); ok {
			return x.add(dns.PTR, dns.Reverse(ip.Unmap()))
		}
		return x.addAll(dns.A, name) && x.addAll(dns.AAAA, name)
	}
	words := strings.Fields(types)
	for i := 1; i < len(words); i += 2 {
		n, _ := strconv.Atoi(words[i])
		for _, t := range x.types {
			if int(t) == n {
				if !x.addAll(t, name) {
					return false
				}
				break
			}
		}
	}
	return true
}

// addAll asks about a name in all domains that are searched, if it has no dot.
func (x *lookup) addAll(kind uint16, name string) bool {
	if kind == dns.PTR || len(x.search) == 0 || x.search[0] == "." || strings.Contains(name, ".") {
		return x.add(kind, name)
	}
	for _, domain := range x.search {
		if !x.add(kind, name+"."+domain) {
			return false
		}
	}
	return true
}

func (x *lookup) add(kind uint16, name string) bool {
	var id [2]byte
	socket.Random(id[:])
	// The identifiers of one use have to differ.
	n := (uint16(id[0])<<8|uint16(id[1]))&^63 | uint16(len(x.queries)&63)
	text, err := dns.Query(n, name, kind)
	if err != nil {
		return false
	}
	x.queries = append(x.queries, query{name, text})
	return true
}

// run asks the servers until one answers.
func (x *lookup) run() int {
	answered := false
	for i := range x.servers {
		if x.exchange(&x.servers[i]) > 0 {
			answered = true
			break
		}
	}
	if !answered {
		x.Out.Print(";; connection timed out; no servers could be reached\n\n")
		return 1
	}
	missing := false
	for _, q := range x.queries {
		if q.text != nil {
			x.Out.Print("*** Can't find ", q.name, ": No answer\n")
			missing = true
		}
	}
	if missing {
		x.Out.Print("\n")
	}
	return x.status
}

// exchange asks one server everything and returns the number of answers, -1 if it
// can't be asked.
func (x *lookup) exchange(s *server) int {
	fd, err := socket.Dial(s.address, syscall.SOCK_DGRAM, x.timeout)
	if err != nil {
		x.Warn("can't connect to '"+s.name+"'", err)
		return -1
	}
	defer syscall.Close(fd)
	start := time.Now()
	interval := x.timeout / time.Duration(x.retry)
	var sent time.Time
	buf := make([]byte, 64<<10)
	replies, failures := 0, 0
	for time.Since(start) < x.timeout {
		if sent.IsZero() || time.Since(sent) >= interval {
			for _, q := range x.queries {
				if q.text == nil {
					continue
				}
				if _, err := syscall.Write(fd, q.text); err != nil {
					x.Warn("write to '"+s.name+"'", err)
					return -1
				}
			}
			sent, failures = time.Now(), 2*len(x.queries)
		}
		if socket.Wait(fd, unix.POLLIN, max(0, interval-time.Since(sent))) != nil {
			continue
		}
		n, err := syscall.Read(fd, buf)
		if err != nil {
			x.Warn("read", err)
			if err == syscall.ECONNREFUSED {
				time.Sleep(max(0, interval-time.Since(sent)))
			}
			continue
		}
		q := x.match(buf[:n])
		if q == nil {
			continue
		}
		if s.replies++; s.replies == 1 {
			x.Out.Print("Server:\t\t", s.name, "\nAddress:\t", s.address.String(), "\n\n")
		}
		// SERVFAIL may go away.
		if buf[3]&15 == 2 && failures > 0 {
			failures--
			syscall.Write(fd, q.text)
			continue
		}
		x.answer(s, q, buf[:n], time.Since(start))
		if replies++; replies == len(x.queries) {
			break
		}
	}
	return replies
}

// match finds the question that a packet answers.
func (x *lookup) match(p []byte) *query {
	if len(p) < 4 {
		return nil
	}
	for i := range x.queries {
		if q := &x.queries[i]; q.text != nil && q.text[0] == p[0] && q.text[1] == p[1] {
			return q
		}
	}
	return nil
}

const codes = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE 11 12 13 14 15"

// answer prints an answer. One that was cut off is asked for again by TCP.
func (x *lookup) answer(s *server, q *query, p []byte, took time.Duration) {
	question := q.text
	q.text = nil
	if x.debug {
		x.Out.Print("Query #", strconv.Itoa(x.index(q)), " completed in ", strconv.Itoa(int(took/time.Millisecond)), "ms:\n")
	}
	if code := p[3] & 15; code != 0 {
		x.Out.Print("** server can't find ", q.name, ": ", strings.Fields(codes)[code], "\n\n")
		x.status = 1
		return
	}
	m, err := dns.Parse(p)
	if err == nil && m.Truncated {
		if full, e := dns.Exchange(s.address, question, x.timeout); e == nil {
			m = full
		}
	}
	if p[2]&4 == 0 {
		x.Out.Print("Non-authoritative answer:\n")
	} else if x.debug {
		x.Out.Print("authoritative answer:\n")
	}
	if err != nil || !x.records(m) {
		x.Out.Print("*** Can't find ", q.name, ": Parse error\n")
		x.status = 1
	}
	x.Out.Print("\n")
}

func (x *lookup) index(q *query) int {
	for i := range x.queries {
		if &x.queries[i] == q {
			return i
		}
	}
	return -1
}
