// Package httpd is the applet httpd: a server for files and CGI programs.
package httpd

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/background"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/signals"
	"bantam/internal/userland/applet/socket"
	"bantam/internal/userland/applet/users"
)

// Applet is httpd.
var Applet = applet.Applet{
	Names: "httpd",
	Usage: "[-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]\nhttpd -d/-e/-m STRING",
	About: "Listen for incoming HTTP requests.",
	Options: `
-i	Inetd mode
-f	Run in foreground
-v	Verbose
-p [IP:]PORT	Bind to IP:PORT (default *:80)
-u USER[:GRP]	Set uid/gid after binding to port
-r REALM	Authentication Realm for Basic Authentication
-h HOME	Home directory (default .)
-c FILE	Configuration file (default {/etc,HOME}/httpd.conf)
-m STRING	MD5 crypt STRING
-e STRING	HTML encode STRING
-d STRING	URL decode STRING
`,
	AtMost: applet.None,
	Dir:    "/usr/sbin",
	Run:    run,
}

// server is one use of the applet. Its configuration is replaced as a whole.
type server struct {
	*applet.Call
	home    string
	realm   string
	verbose int
	config  *config
	environ []string
}

func run(c *applet.Call) int {
	if text, given := c.Given("d"); given {
		decoded, _ := unescape(text, false)
		c.Out.Print(decoded)
		return 0
	}
	if text, given := c.Given("e"); given {
		c.Out.Print(encode(text))
		return 0
	}
	if text, given := c.Given("m"); given {
		c.Out.Print(encrypted(text), "\n")
		return 0
	}
	state, again := background.Inherited(c)
	s := &server{Call: c, home: c.Value("h"), realm: "Web Server Authentication", verbose: c.Count("v"), environ: c.Environ()}
	if r, given := c.Given("r"); given {
		s.realm = r
	}
	if !s.enter() {
		return 1
	}
	if c.Has("i") {
		if !s.configure(true) {
			return 1
		}
		s.serve(0, 1, socket.Peer(0))
		return 0
	}
	if again {
		fd, _ := strconv.Atoi(state)
		if !s.configure(true) {
			return 1
		}
		return s.loop(fd)
	}
	fd := s.open()
	if fd < 0 || !s.setUser() || !s.configure(true) {
		return 1
	}
	if c.Has("f") {
		return s.loop(fd)
	}
	if _, err := background.Again(c, s.arguments(), "3", fd); err != nil {
		return c.Warn("can't run in the background", err)
	}
	return 0
}

// arguments are those of the process in the background: it finds itself in the home
// folder, and as the user, already.
func (s *server) arguments() (args []string) {
	s.Each(func(key, value string) {
		switch key {
		case "h":
			// A relative one would be looked for below itself.
			if strings.HasPrefix(value, "/") {
				args = append(args, "-h", value)
			}
		case "c", "r":
			args = append(args, "-"+key, value)
		case "v":
			args = append(args, "-v")
		}
	})
	return args
}

// enter goes to the home folder.
func (s *server) enter() bool {
	if s.home == "" {
		s.home, _ = syscall.Getwd()
		return true
	}
	if err := syscall.Chdir(s.home); err != nil {
		s.Warn("can't change directory to '"+s.home+"'", err)
		return false
	}
	return true
}

// open opens the socket that is listened on.
func (s *server) open() int {
	text, given := s.Given("p")
	if !given {
		text = "80"
	}
	fd, err := -1, error(nil)
	if port, e := strconv.ParseUint(text, 10, 16); e == nil && port > 0 {
		fd, err = socket.ListenAny(int(port), syscall.SOCK_STREAM, 128)
	} else {
		host, portText := socket.SplitPort(text)
		port := 80
		if portText != "" {
			p, ok := socket.Port(portText, "tcp")
			if !ok {
				s.Complain("bad port '" + portText + "'")
				return -1
			}
			port = p
		}
		ip, ok := dns.Host(s.Call, host, 0)
		if !ok {
			return -1
		}
		fd, err = socket.Listen(socket.Addr{IP: ip, Port: port}, syscall.SOCK_STREAM, 128)
	}
	if err != nil {
		s.Warn("bind", err)
		return -1
	}
	return fd
}

// setUser gives root's rights up.
func (s *server) setUser() bool {
	text, given := s.Given("u")
	if !given {
		return true
	}
	uid, gid, unknown := users.Owner(text)
	if unknown != "" {
		s.Complain("unknown user/group " + text)
		return false
	}
	const none = 1<<32 - 1
	if gid == none {
		if u := users.ByUID(uid); u != nil {
			gid = u.GID
		}
	}
	err := error(nil)
	if gid != none {
		if err = syscall.Setgroups([]int{int(gid)}); err == nil {
			err = syscall.Setgid(int(gid))
		}
	}
	if err == nil && uid != none {
		err = syscall.Setuid(int(uid))
	}
	if err != nil {
		s.Warn("setuid", err)
		return false
	}
	return true
}

// mostConnections bounds the connections at one time: each has a thread of the kernel,
// and more wait in the queue of the socket.
const mostConnections = 500

// loop serves for ever. SIGHUP reads the configuration again.
func (s *server) loop(listener int) int {
	hangup, err := signals.Pipe(syscall.SIGHUP)
	if err != nil {
		return s.Warn("pipe", err)
	}
	unix.CloseOnExec(listener)
	syscall.SetNonblock(listener, true)
	free := make(chan struct{}, mostConnections)
	fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}, {Fd: int32(hangup), Events: unix.POLLIN}}
	for {
		free <- struct{}{}
		for {
			if _, err := socket.Poll(fds, socket.Forever); err != nil {
				return s.Warn("poll", err)
			}
			if fds[1].Revents != 0 {
				applet.ReadFd(hangup, make([]byte, 64))
				next := *s
				if next.configure(false) {
					s = &next
				}
			}
			if fds[0].Revents != 0 {
				break
			}
		}
		fd, from, err := socket.Accept(listener)
		if err != nil {
			<-free
			continue // out of descriptors, or the client went away
		}
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
		go func(s *server) {
			defer func() {
				syscall.Close(fd)
				<-free
			}()
			s.serve(fd, fd, from)
		}(s)
	}
}

// log tells about a connection on standard error.
//
//go:noinline
func (s *server) log(who, text string) {
	s.Err.WriteString(who + ": " + text + "\n")
}

// encode writes what isn't a letter or a digit as &#NUMBER;.
func encode(text string) string {
	var b []byte
	for i := range len(text) {
		if c := text[i]; c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			b = append(b, c)
		} else {
			b = append(b, "&#"...)
			b = append(strconv.AppendUint(b, uint64(c), 10), ';')
		}
	}
	return string(b)
}

// unescape resolves %41, and "+" is a space if not strict. Strictly, a "%" without
// two digits is wrong.
func unescape(s string, strict bool) (text string, ok bool) {
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+' && !strict:
			c = ' '
		case c == '%':
			n, err := uint64(0), error(syscall.EINVAL)
			if i+2 < len(s) {
				n, err = strconv.ParseUint(s[i+1:i+3], 16, 8)
			}
			if err == nil {
				c = byte(n)
				i += 2
			} else if strict {
				return "", false
			}
		}
		b = append(b, c)
	}
	return string(b), true
}
