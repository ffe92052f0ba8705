package wget

import (
	"io"
	"strconv"
	"strings"
)

// response reads a line that the server says, of which only what is before the
// first control character counts: nobody's terminal is to obey a server.
func (w *wget) response(s *stream, indent string) (string, bool) {
	line, err := s.line()
	if err == io.EOF {
		err = nil
		line = "\x00"
	}
	if err != nil || line == "\x00" {
		return "", w.fail("error getting response", err)
	}
	line = strings.ReplaceAll(clean(line), "\t", " ")
	if w.Has("S") && indent != "-" {
		w.log.Print(indent, line, "\n")
	}
	return line, true
}

// request writes the request.
func (w *wget) request(u, proxy *address) string {
	method, target := "GET", "/"+u.path
	if w.hasPost {
		method = "POST"
	}
	if proxy != nil && u.scheme != "https" {
		target = u.scheme + "://" + u.host + "/" + u.path
	}
	r := method + " " + strings.ReplaceAll(target, " ", "%20") + " HTTP/1.1\r\n"
	add := func(name, value string) {
		if !strings.Contains(":"+w.userHas, ":"+strings.ToLower(name)+":") {
			r += name + ": " + value + "\r\n"
		}
	}
	add("Host", u.host)
	add("User-Agent", w.agent)
	r += "Connection: close\r\n"
	if u.user != "" {
		add("Authorization", "Basic "+base64(u.user))
	}
	if proxy != nil && proxy.user != "" && u.scheme != "https" {
		add("Proxy-Authorization", "Basic "+base64(proxy.user))
	}
	if w.begin != 0 {
		add("Range", "bytes="+itoa(w.begin)+"-")
	}
	for _, h := range w.Values("header") {
		r += h + "\r\n"
	}
	if w.hasPost {
		add("Content-Type", "application/x-www-form-urlencoded")
		add("Content-Length", strconv.Itoa(len(w.post)))
	}
	return r + "\r\n"
}

// open connects for a URL of HTTP, through a proxy if there is one.
func (w *wget) open(u, proxy *address) (*stream, bool) {
	if u.scheme == "https" && !encrypts {
		return nil, w.fail("https is not in this build: use box:tls", nil)
	}
	server := u
	if proxy != nil {
		server = proxy
	}
	s, ok := w.connect(server)
	if !ok || u.scheme != "https" {
		return s, ok
	}
	if proxy != nil && !w.tunnel(s, u, proxy) {
		s.Close()
		return nil, false
	}
	inner, err := secure(w, s.link, u.name)
	if err != nil {
		s.Close()
		return nil, w.fail(err.Error(), nil)
	}
	s.ReadWriteCloser = inner
	return s, true
}

// tunnel asks a proxy for a connection to a server of HTTPS: RFC 9110 9.3.6.
func (w *wget) tunnel(s *stream, u, proxy *address) bool {
	to := u.host
	if !strings.HasSuffix(to, ":"+strconv.Itoa(u.port)) {
		to += ":" + strconv.Itoa(u.port)
	}
	r := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n"
	if proxy.user != "" {
		r += "Proxy-Authorization: Basic " + base64(proxy.user) + "\r\n"
	}
	if _, err := s.Write([]byte(r + "\r\n")); err != nil {
		return w.fail("write error", err)
	}
	line, ok := w.response(s, "  ")
	if !ok {
		return false
	}
	if status(line)/100 != 2 {
		return w.fail("server returned error: "+line, nil)
	}
	for line != "" && ok {
		line, ok = w.response(s, "  ")
	}
	return ok
}

// status is the number in a response's first line, 0 if there is none.
func status(line string) int {
	words := strings.Fields(line)
	if len(words) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(words[1])
	return n
}

const mostRedirections = 16

// http downloads a URL of HTTP, following redirections.
func (w *wget) http(u, proxy *address) bool {
	for range mostRedirections {
		s, ok := w.open(u, proxy)
		if !ok {
			return false
		}
		next, ok := w.exchange(s, u, proxy)
		if next == nil || !ok {
			s.Close()
			return ok
		}
		s.Close()
		if next.host != u.host || next.scheme != u.scheme {
			// The name and password are for the server that they were meant for.
			if proxy, ok = w.proxyFor(next); !ok {
				return false
			}
		} else if next.user == "" {
			next.user = u.user
		}
		if u = next; u.scheme == "ftp" && proxy == nil {
			return w.ftp(u)
		}
	}
	return w.fail("too many redirections", nil)
}

// exchange sends the request and reads the response. It returns where that redirects to.
func (w *wget) exchange(s *stream, u, proxy *address) (next *address, ok bool) {
	w.hasLength, w.chunked = false, false
	request := w.request(u, proxy)
	// A server that answers before it read everything may close: its answer counts.
	if _, err := s.Write(append([]byte(request), w.post...)); err != nil && !w.hasPost {
		return nil, w.fail("write error", err)
	}
	for {
		line, ok := w.response(s, "  ")
		if !ok {
			return nil, false
		}
		code := status(line)
		switch {
		case code == 0 || code == 100:
			for line != "" {
				if line, ok = w.response(s, "  "); !ok {
					return nil, false
				}
			}
			continue
		case code >= 200 && code <= 204:
			if w.begin != 0 {
				w.restart()
			}
		case code == 206 && w.begin != 0:
		case code >= 300 && code <= 303, code == 307, code == 308:
		case code == 416 && w.begin != 0:
			// Nothing is left to get: RFC 9110 15.5.17. BusyBox takes it for an error.
			return nil, w.fail("server returned error: "+line, nil)
		default:
			return nil, w.fail("server returned error: "+line, nil)
		}
		location, ok := w.headers(s, code)
		if !ok {
			return nil, false
		}
		if location != "" {
			next, ok = w.redirected(u, location)
			return next, ok
		}
		return nil, w.save(s)
	}
}

// headers reads the response's headers and returns the location of a redirection.
func (w *wget) headers(s *stream, code int) (location string, ok bool) {
	for {
		line, ok := w.response(s, "  ")
		if !ok {
			return "", false
		}
		if line == "" {
			return location, true
		}
		name, value, found := strings.Cut(line, ":")
		if !found || strings.ContainsAny(name, " ") {
			return "", w.fail("bad header line: "+line, nil)
		}
		value = strings.Trim(value, " ")
		switch strings.ToLower(name) {
		case "content-length":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 {
				return "", w.fail("content-length "+value+" is garbage", nil)
			}
			w.length, w.hasLength = n, true
		case "transfer-encoding":
			if strings.ToLower(value) != "chunked" {
				return "", w.fail("transfer encoding '"+strings.ToLower(value)+"' is not supported", nil)
			}
			w.chunked = true
		case "location":
			if code >= 300 {
				location = value
			}
		}
	}
}

// redirected is the URL of a location, which may be only a path.
func (w *wget) redirected(u *address, location string) (*address, bool) {
	if strings.HasPrefix(location, "//") {
		location = u.scheme + ":" + location
	}
	if location[0] == '/' {
		next := *u
		next.path, _, _ = strings.Cut(location[1:], "#")
		return &next, true
	}
	if !strings.Contains(location, "://") {
		// Relative to the path, as RFC 9110 10.2.2 allows.
		next := *u
		path, _, _ := strings.Cut(u.path, "?")
		next.path = path[:strings.LastIndexByte(path, '/')+1] + location
		return &next, true
	}
	return w.parse(location)
}

// save writes the body of a response to the output.
func (w *wget) save(s *stream) bool {
	if w.Has("spider") {
		w.say("remote file exists\n")
		return true
	}
	return w.openOutput() && w.retrieve(s)
}
