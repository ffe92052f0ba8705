// Package whois is the applet whois.
package whois

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/number"
	"bantam/internal/userland/applet/socket"
)

// Applet is whois.
var Applet = applet.Applet{
	Names: "whois",
	Usage: "[-i] [-h SERVER] [-p PORT] NAME...",
	About: "Query WHOIS info about NAME.",
	Options: `
-i	Show redirect results too
-h SERVER	Server to query
-p PORT	and its port
`,
	AtLeast: 1,
	Dir:     "/usr/bin",
	Run:     run,
}

// Bounds against servers that never end: of an answer, and of redirections.
const (
	mostAnswer       = 32 << 10
	mostRedirections = 16
	limit            = 60 * time.Second
)

func run(c *applet.Call) int {
	host, port := "whois.iana.org", 43
	if h, given := c.Given("h"); given {
		host = h
	}
	if text, given := c.Given("p"); given {
		n, wrong := number.Signed(text, 0, 65535)
		if wrong != "" {
			return c.Complain(wrong)
		}
		port = int(n)
	}
	for _, name := range c.Args {
		if !follow(c, host, port, name) {
			return 1
		}
	}
	return 0
}

// follow asks a server, and those that it names, about a name.
func follow(c *applet.Call, host string, port int, name string) bool {
	for range mostRedirections {
		next, ok := query(c, host, port, name)
		if !ok || next == "" {
			return ok
		}
		c.Out.Print("[Redirected to ", next, "]\n")
		host, port = next, 43
	}
	c.Complain("too many redirections")
	return false
}

// query asks one server, in the second form if the first doesn't bring an answer.
func query(c *applet.Call, host string, port int, name string) (redirected string, ok bool) {
	var text string
	for _, prefix := range [2]string{"", "domain "} {
		c.Out.Print("[Querying ", host, ":", strconv.Itoa(port), " '", prefix, name, "']\n")
		if text, ok = exchange(c, host, port, prefix+name+"\r\n"); !ok {
			return "", false
		}
		var success bool
		if redirected, success = examine(text); success {
			break
		}
	}
	if redirected == host {
		redirected = ""
	}
	if redirected == "" || c.Has("i") {
		c.Out.Print("[", host, "]\n", text)
	}
	return redirected, true
}

// examine looks whether an answer is about a domain, and for the server that knows more.
func examine(text string) (redirected string, success bool) {
	for line := range strings.Lines(text) {
		line = strings.ToLower(strings.TrimSpace(line))
		switch {
		case !success:
			success = strings.HasPrefix(line, "domain:") || strings.HasPrefix(line, "domain name:")
		case redirected == "":
			rest, found := strings.CutPrefix(line, "whois server:")
			if !found {
				rest, found = strings.CutPrefix(line, "whois:")
			}
			if found {
				redirected = strings.TrimSpace(rest)
			}
		}
	}
	return redirected, success
}

// exchange sends a question and returns the answer, its lines ended by newlines alone.
func exchange(c *applet.Call, host string, port int, question string) (string, bool) {
	ip, ok := dns.Host(c, host, 0)
	if !ok {
		return "", false
	}
	fd, err := socket.Dial(socket.Addr{IP: ip, Port: port}, syscall.SOCK_STREAM, limit)
	if err != nil {
		what := "can't connect to remote host"
		if ip.Is4() {
			what += " (" + ip.String() + ")"
		}
		c.Warn(what, err)
		return "", false
	}
	conn := socket.Conn{Fd: fd, Limit: limit}
	defer conn.Close()
	if _, err := conn.Write([]byte(question)); err != nil {
		c.Warn("write error", err)
		return "", false
	}
	var answer []byte
	buf := make([]byte, 4096)
	for len(answer) < mostAnswer {
		n, err := conn.Read(buf)
		if err != nil {
			break
		}
		answer = append(answer, buf[:n]...)
	}
	text := strings.ReplaceAll(string(answer), "\r\n", "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return strings.ReplaceAll(text, "\r", "\n"), true
}
