package httpd

import (
	"bytes"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet"
	"bantam/internal/userland/applet/dns"
	"bantam/internal/userland/applet/socket"
)

// cgi runs the program that a URL names, with what follows its name as PATH_INFO, and
// copies the request's body to it and its output to the client.
func (r *request) cgi(url string) {
	script, info := url, ""
	for i := 1; i < len(url); i++ {
		var st syscall.Stat_t
		if url[i] == '/' && (syscall.Stat(url[1:i], &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFDIR) {
			script, info = url[:i], url[i:]
			break
		}
	}
	slash := strings.LastIndexByte(script, '/')
	dir, name := "."+script[:slash], script[slash+1:]
	argv := []string{name}
	if interpreter, found := find(r.config.scripts, suffix(name)); found {
		argv = []string{interpreter, name}
	}
	var in, out [2]int
	if syscall.Pipe2(in[:], syscall.O_CLOEXEC) != nil {
		r.fail(500)
		return
	}
	if syscall.Pipe2(out[:], syscall.O_CLOEXEC) != nil {
		syscall.Close(in[0])
		syscall.Close(in[1])
		r.fail(500)
		return
	}
	// Not looked for on PATH: a name without a slash is one in the script's folder.
	pid, err := applet.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Dir: dir, Env: r.environment(script, info), Files: []uintptr{uintptr(in[0]), uintptr(out[1]), 2},
	})
	syscall.Close(in[0])
	syscall.Close(out[1])
	if err != nil {
		syscall.Close(in[1])
		syscall.Close(out[0])
		if r.verbose > 0 {
			r.log(r.who, "can't execute '"+argv[0]+"': "+applet.Reason(err))
		}
		r.fail(404)
		return
	}
	go applet.Wait(pid)
	// The copier must have ended before the connection's descriptor is closed: the number
	// may be another connection's then.
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		r.feed(in[1], &stop)
		close(done)
	}()
	r.pump(out[0])
	syscall.Close(out[0])
	stop.Store(true)
	<-done
}

// feed copies the body to a program and closes the pipe.
func (r *request) feed(to int, stop *atomic.Bool) {
	defer syscall.Close(to)
	syscall.SetNonblock(to, true)
	ready := func(fd int, events int16) bool {
		for !stop.Load() {
			if err := socket.Wait(fd, events, 100*time.Millisecond); err != syscall.ETIMEDOUT {
				return err == nil
			}
		}
		return false
	}
	p := r.buf[:min(int64(len(r.buf)), r.length)]
	left := r.length - int64(len(p))
	buf := make([]byte, 8192)
	for len(p) > 0 || left > 0 {
		if len(p) == 0 {
			if !ready(r.in, unix.POLLIN) {
				return
			}
			n, err := applet.ReadFd(r.in, buf[:min(int64(len(buf)), left)])
			if err != nil || n == 0 {
				return
			}
			p, left = buf[:n], left-int64(n)
		}
		if !ready(to, unix.POLLOUT) {
			return
		}
		n, err := syscall.Write(to, p)
		if err != nil && err != syscall.EAGAIN && err != syscall.EINTR {
			return
		}
		p = p[max(n, 0):]
	}
}

// pump copies a program's output to the client, with the first line of an answer if
// the program didn't write it: "Status: 404 x" stands for "HTTP/1.1 404 x".
func (r *request) pump(from int) {
	const ok = "HTTP/1.1 200 OK\r\n"
	buf := make([]byte, 8192)
	var head []byte
	begun := false
	for {
		n, err := applet.ReadFd(from, buf)
		p := buf[:n]
		if !begun {
			p = append(head, p...)
			head = p
			ended := err != nil || n == 0
			status := []byte("Status: ")
			switch {
			case len(p) < len(status) && bytes.HasPrefix(status, p) && !ended:
				continue
			case bytes.HasPrefix(p, status):
				p = append([]byte(ok[:9]), p[len(status):]...)
			case !bytes.HasPrefix(p, []byte("HTTP")) && len(p) > 0:
				p = append([]byte(ok), p...)
			}
			begun = true
		}
		if len(p) > 0 && applet.WriteFd(r.out, p) != nil || err != nil || n == 0 {
			return
		}
	}
}

// environment is what a CGI program is told: RFC 3875.
func (r *request) environment(script, info string) []string {
	uri := r.path
	if r.hasQuery {
		uri += "?" + r.query
	}
	set := []pair{
		{"PATH_INFO", info}, {"REQUEST_METHOD", r.method}, {"REQUEST_URI", uri}, {"SCRIPT_NAME", script},
		{"QUERY_STRING", r.query}, {"SERVER_SOFTWARE", "box httpd/" + r.Version}, {"SERVER_PROTOCOL", "HTTP/1.1"},
		{"GATEWAY_INTERFACE", "CGI/1.1"}, {"REMOTE_ADDR", r.remote()},
		{"REMOTE_PORT", strconv.Itoa(r.from.Port)},
	}
	if strings.HasPrefix(r.home, "/") {
		set = append(set, pair{"SCRIPT_FILENAME", strings.TrimSuffix(r.home, "/") + script})
	}
	if r.length > 0 {
		set = append(set, pair{"CONTENT_LENGTH", itoa(r.length)})
	}
	if r.user != "" {
		set = append(set, pair{"REMOTE_USER", r.user}, pair{"AUTH_TYPE", "Basic"})
	}
	for _, h := range r.headers {
		name := variable(h.key)
		switch name {
		case "CONTENT_TYPE":
		case "PROXY":
			continue // as HTTP_PROXY it would send the program's own requests elsewhere
		default:
			name = "HTTP_" + name
		}
		set = append(set, pair{name, h.value})
	}
	env := append([]string(nil), r.environ...)
	for _, v := range set {
		env = setenv(env, v.key, v.value)
	}
	return env
}

// remote is the client's address, an IPv6 one in brackets.
func (r *request) remote() string {
	if r.from.IP.Is6() {
		return "[" + r.from.IP.String() + "]"
	}
	return r.from.IP.String()
}

// variable turns a header's name into a variable's.
func variable(name string) string {
	b := []byte(name)
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			b[i] = c &^ 0x20
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		default:
			b[i] = '_'
		}
	}
	return string(b)
}

func setenv(env []string, key, value string) []string {
	for i, v := range env {
		if strings.HasPrefix(v, key) && len(v) > len(key) && v[len(key)] == '=' {
			env[i] = key + "=" + value
			return env
		}
	}
	return append(env, key+"="+value)
}

// forward hands the connection on to another server.
func (r *request) forward(p proxy, first, url string) {
	if r.verbose > 1 {
		r.log(r.who, "proxy:"+url)
	}
	host, portText := socket.SplitPort(p.host)
	port := 80
	if portText != "" {
		port, _ = strconv.Atoi(portText)
	}
	ips, err := dns.Load().Lookup(host, 0)
	if err != nil {
		r.fail(500)
		return
	}
	fd, err := socket.Dial(socket.Addr{IP: ips[0], Port: port}, syscall.SOCK_STREAM, stallTime)
	if err != nil {
		r.fail(500)
		return
	}
	applet.WriteFd(fd, append([]byte(first), r.buf...))
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 8192)
		for {
			n, err := applet.ReadFd(r.in, buf)
			if err != nil || n == 0 || applet.WriteFd(fd, buf[:n]) != nil {
				syscall.Shutdown(fd, syscall.SHUT_WR)
				return
			}
		}
	}()
	buf := make([]byte, 8192)
	for {
		n, err := applet.ReadFd(fd, buf)
		if err != nil || n == 0 || applet.WriteFd(r.out, buf[:n]) != nil {
			break
		}
	}
	// Wake the other direction, and only then close what it uses.
	syscall.Shutdown(r.in, syscall.SHUT_RD)
	<-done
	syscall.Close(fd)
}
